namespace Dfu.Silo.Cluster.Storage;

/// <summary>The tables of a cluster. Only the name and columns of <c>orleansquery</c> are Orleans' choice; the others are known to <see cref="PostgresQueries"/> alone.</summary>
internal static class PostgresTables
{
    public const int Version = 1;

    public const string Create = """
        CREATE TABLE dfu_schema (
            version integer NOT NULL,
            created timestamptz NOT NULL DEFAULT now()
        );

        CREATE TABLE orleansquery (
            querykey text PRIMARY KEY,
            querytext text NOT NULL
        );

        CREATE TABLE dfu_cluster (
            cluster text PRIMARY KEY,
            version integer NOT NULL DEFAULT 0,
            changed timestamptz NOT NULL DEFAULT now()
        );

        CREATE TABLE dfu_member (
            cluster text NOT NULL REFERENCES dfu_cluster,
            address text NOT NULL,
            port integer NOT NULL,
            generation integer NOT NULL,
            silo text NOT NULL,
            host text NOT NULL,
            status integer NOT NULL,
            gateway_port integer NOT NULL,
            suspicions text,
            started timestamptz NOT NULL,
            alive timestamptz NOT NULL,
            PRIMARY KEY (cluster, address, port, generation)
        );

        CREATE TABLE dfu_state (
            service text NOT NULL,
            name text NOT NULL,
            n0 bigint NOT NULL,
            n1 bigint NOT NULL,
            key text NOT NULL,
            version integer NOT NULL,
            changed timestamptz NOT NULL DEFAULT now(),
            payload bytea,
            PRIMARY KEY (service, name, n0, n1, key)
        ) WITH (fillfactor = 75);

        CREATE TABLE dfu_reminder (
            service text NOT NULL,
            grain text NOT NULL,
            name text NOT NULL,
            hash integer NOT NULL,
            version integer NOT NULL DEFAULT 0,
            start timestamptz NOT NULL,
            period bigint NOT NULL,
            PRIMARY KEY (service, grain, name)
        );

        CREATE INDEX dfu_reminder_hash ON dfu_reminder (service, hash);
        """;
}
