using Dfu.Protocol.Errors;
using Npgsql;

namespace Dfu.Silo.Cluster.Storage;

/// <summary>What <see cref="PostgresSchema.InitAsync"/> found and did.</summary>
public enum PostgresSchemaResult
{
    Created,
    AlreadyThere,
}

/// <summary>The tables of a cluster in a PostgreSQL database.</summary>
public static class PostgresSchema
{
    // Any number, but the same in every version: two that make the tables at once must meet.
    private const long Lock = 0x6466755F_64620001;

    /// <summary>Makes the tables in one transaction, all or none; leaves them alone when they are there. May run several times at once.</summary>
    /// <exception cref="DfuException">DatabaseUnavailable, DatabaseForeign, or InvalidArgument for a connection string that is none.</exception>
    public static Task<PostgresSchemaResult> InitAsync(string connectionString, CancellationToken cancellationToken)
    {
        var database = new PostgresConnection(connectionString);
        return database.WithAsync(
            async connection =>
            {
                await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
                await ExecuteAsync(connection, "SELECT pg_advisory_xact_lock($1)", [Lock], cancellationToken);
                if (await VersionAsync(connection, cancellationToken) is { } version)
                {
                    Check(database, version);
                    return PostgresSchemaResult.AlreadyThere;
                }

                if (await ScalarAsync(connection, "SELECT to_regclass('orleansquery')::text", cancellationToken) is string)
                    throw new DfuException(DfuError.DatabaseForeign, $"the database '{database.Database}' on {database.Server} has the tables of another Orleans application");
                await ExecuteAsync(connection, PostgresTables.Create, [], cancellationToken);
                foreach (var (key, text) in PostgresQueries.All)
                    await ExecuteAsync(connection, "INSERT INTO orleansquery (querykey, querytext) VALUES ($1, $2)", [key, text], cancellationToken);
                await ExecuteAsync(connection, "INSERT INTO dfu_schema (version) VALUES ($1)", [PostgresTables.Version], cancellationToken);
                await transaction.CommitAsync(cancellationToken);
                return PostgresSchemaResult.Created;
            },
            cancellationToken);
    }

    /// <summary>Returns when the tables are there and are this version's.</summary>
    /// <exception cref="DfuException">DatabaseUnavailable, DatabaseNotInitialized, DatabaseForeign, or InvalidArgument for a connection string that is none.</exception>
    public static Task CheckAsync(string connectionString, CancellationToken cancellationToken)
    {
        var database = new PostgresConnection(connectionString);
        return database.WithAsync(
            async connection =>
            {
                var version = await VersionAsync(connection, cancellationToken) ?? throw new DfuException(
                    DfuError.DatabaseNotInitialized,
                    $"the database '{database.Database}' on {database.Server} has no tables of this program; make them with: {database.InitCommand}");
                Check(database, version);
                return version;
            },
            cancellationToken);
    }

    private static void Check(PostgresConnection database, int version)
    {
        if (version > PostgresTables.Version)
        {
            throw new DfuException(
                DfuError.DatabaseForeign,
                $"the database '{database.Database}' on {database.Server} has schema {version}; this program knows schemas up to {PostgresTables.Version}");
        }
    }

    /// <summary>Null when the tables are not there.</summary>
    private static async Task<int?> VersionAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        await ScalarAsync(connection, "SELECT to_regclass('dfu_schema')::text", cancellationToken) is string
            ? await ScalarAsync(connection, "SELECT max(version) FROM dfu_schema", cancellationToken) as int?
            : null;

    private static async Task<object?> ScalarAsync(NpgsqlConnection connection, string text, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(text, connection);
        return await command.ExecuteScalarAsync(cancellationToken);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string text, object[] values, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(text, connection);
        foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
