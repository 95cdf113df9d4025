-- Only the name and the columns of orleansquery are Orleans' choice; the other tables are known to the queries of 0002 alone.

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
