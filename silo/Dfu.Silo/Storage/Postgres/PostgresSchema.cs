using System.Runtime.ExceptionServices;
using DbUp;
using DbUp.Engine;
using DbUp.Postgresql;
using Dfu.Protocol.Errors;
using Npgsql;

namespace Dfu.Silo.Storage.Postgres;

/// <summary>What <see cref="PostgresSchema.InitAsync"/> found and did.</summary>
public enum PostgresSchemaResult
{
    Created,
    AlreadyThere,
}

/// <summary>The tables of a cluster in a PostgreSQL database, made step by step; <c>dfu_step</c> there names the steps that were taken.</summary>
/// <remarks>A step is a file in <c>Steps</c>. A released one never changes: what is to be different is done by a new one.</remarks>
public static class PostgresSchema
{
    private const string Journal = "dfu_step";

    /// <summary>What previews of this program wrote their version into.</summary>
    private const string PreviewJournal = "dfu_schema";

    // Any number, but the same in every version: two that make the tables at once must meet.
    private const long Lock = 0x6466755F_64620001;

    private static readonly SqlScript[] Steps = [.. ReadSteps()];

    /// <summary>Takes the steps that are missing, in one transaction, all or none. May run several times at once.</summary>
    /// <exception cref="DfuException">DatabaseUnavailable, DatabaseForeign, or InvalidArgument for a connection string that is none.</exception>
    public static Task<PostgresSchemaResult> InitAsync(string connectionString, CancellationToken cancellationToken)
    {
        var database = new PostgresConnection(connectionString);
        return database.WithAsync(
            async connection =>
            {
                // Held until this transaction ends; the steps have a connection of their own.
                await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
                await using var locking = new NpgsqlCommand($"SELECT pg_advisory_xact_lock({Lock})", connection);
                await locking.ExecuteNonQueryAsync(cancellationToken);
                if (await TakenAsync(database, connection, cancellationToken) is null && await ExistsAsync(connection, "orleansquery", cancellationToken))
                    throw new DfuException(DfuError.DatabaseForeign, $"{database.Name} has the tables of another Orleans application");
                return await Task.Run(() => Upgrade(database), cancellationToken);
            },
            cancellationToken);
    }

    /// <summary>Returns when the tables are there and are this version's.</summary>
    /// <exception cref="DfuException">
    /// DatabaseUnavailable, DatabaseNotInitialized, DatabaseForeign, or InvalidArgument for a connection string that is none.
    /// </exception>
    public static Task CheckAsync(string connectionString, CancellationToken cancellationToken)
    {
        var database = new PostgresConnection(connectionString);
        return database.WithAsync(
            async connection =>
            {
                var taken = await TakenAsync(database, connection, cancellationToken);
                if (taken is null) throw Uninitialized($"{database.Name} has no tables of this program; make them with: {database.InitCommand}");
                if (Steps.Any(step => !taken.Contains(step.Name)))
                    throw Uninitialized($"{database.Name} has the tables of an older version; bring them up to date with: {database.InitCommand}");
                return taken;
            },
            cancellationToken);
    }

    private static PostgresSchemaResult Upgrade(PostgresConnection database)
    {
        using var source = NpgsqlDataSource.Create(database.Text);
        var result = DeployChanges.To.PostgresqlDatabase(new PostgresqlConnectionManager(source))
            .WithScripts(Steps)
            .WithTransaction()
            .WithVariablesDisabled() // dollars in a step are PostgreSQL's quotes
            .JournalToPostgresqlTable(null, Journal)
            .LogToNowhere()
            .Build()
            .PerformUpgrade();
        if (!result.Successful) ExceptionDispatchInfo.Throw(result.Error);
        return result.Scripts.Any() ? PostgresSchemaResult.Created : PostgresSchemaResult.AlreadyThere;
    }

    /// <summary>The names of the steps that were taken; null when there are no tables of this program.</summary>
    /// <exception cref="DfuException">DatabaseForeign: a step is among them that this version does not know, or a preview made them.</exception>
    private static async Task<HashSet<string>?> TakenAsync(PostgresConnection database, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (await ExistsAsync(connection, PreviewJournal, cancellationToken))
        {
            throw new DfuException(
                DfuError.DatabaseForeign,
                $"{database.Name} has the tables of a preview of this program, which this version cannot go on with; give it a new database");
        }

        if (!await ExistsAsync(connection, Journal, cancellationToken)) return null;
        var taken = new HashSet<string>();
        await using var command = new NpgsqlCommand($"SELECT scriptname FROM {Journal} ORDER BY scriptname", connection);
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken)) taken.Add(rows.GetString(0));
        return taken.Except(Steps.Select(static step => step.Name)).FirstOrDefault() is { } newer
            ? throw new DfuException(DfuError.DatabaseForeign, $"{database.Name} has the schema of a newer version: this one does not know its step {newer}")
            : taken;
    }

    private static async Task<bool> ExistsAsync(NpgsqlConnection connection, string table, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"SELECT to_regclass('{table}') IS NOT NULL", connection);
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }

    private static DfuException Uninitialized(string message) => new(DfuError.DatabaseNotInitialized, message);

    private static IEnumerable<SqlScript> ReadSteps()
    {
        var assembly = typeof(PostgresSchema).Assembly;
        foreach (var name in assembly.GetManifestResourceNames().Where(static name => name.EndsWith(".sql", StringComparison.Ordinal)).Order())
        {
            using var text = assembly.GetManifestResourceStream(name)!;
            yield return SqlScript.FromStream(name, text);
        }
    }
}
