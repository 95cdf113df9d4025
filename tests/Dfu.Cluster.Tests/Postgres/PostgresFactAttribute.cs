namespace Dfu.Cluster.Tests.Postgres;

/// <summary>A test that needs <see cref="PostgresServer"/>; reported as skipped, with the reason, where there can be none.</summary>
public sealed class PostgresFactAttribute : FactAttribute
{
    public PostgresFactAttribute() => Skip = PostgresServer.Missing;
}
