using System.Runtime.ExceptionServices;
using DbUp;
using DbUp.Engine;
using DbUp.Postgresql;
using DbUp.Support;
using Dfu.Protocol.Errors;
using Npgsql;

namespace Dfu.Silo.Storage.Postgres;

/// <summary>What <see cref="PostgresSchema.InitAsync"/> found and did.</summary>
public enum PostgresSchemaResult
{
    Created,
    Upgraded,
    AlreadyThere,
}

/// <summary>The tables of a cluster in a PostgreSQL database, made step by step; <c>dfu_step</c> there names the steps that were taken.</summary>
/// <remarks>
/// A step is a file in <c>Steps</c>. A released one never changes: what is to be different is done by a new one. Its number is the schema
/// that a database has after it.
/// </remarks>
public static class PostgresSchema
{
    private const string Journal = "dfu_step";
    private const string QueriesName = "queries.sql";

    /// <summary>What previews of this program wrote their version into.</summary>
    private const string PreviewJournal = "dfu_schema";

    // Any number, but the same in every version: two that make the tables at once must meet.
    private const long Lock = 0x6466755F_64620001;

    private static readonly SqlScriptOptions AfterSteps = new()
    {
        ScriptType = ScriptType.RunAlways,
        RunGroupOrder = DbUpDefaults.DefaultRunGroupOrder + 1,
    };

    private static readonly SqlScript[] Steps = [.. Read().Where(static script => char.IsAsciiDigit(script.Name[0]))];

    private static readonly SqlScript Queries = Read().Single(static script => script.Name == QueriesName);

    /// <summary>The schema of this version.</summary>
    public static int Latest => Number(Steps[^1].Name);

    /// <summary>Takes the steps that are missing and then renews the queries, in one transaction, all or none. May run several times at once.</summary>
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
                var taken = await TakenAsync(database, connection, cancellationToken);
                if (taken is null && await ExistsAsync(connection, "orleansquery", cancellationToken))
                    throw new DfuException(DfuError.DatabaseForeign, $"{database.Name} has the tables of another Orleans application");
                if (taken is not null && Missing(taken).Length == 0) return PostgresSchemaResult.AlreadyThere;
                await Task.Run(() => Upgrade(database, [.. Missing(taken ?? []), Queries]), cancellationToken);
                return taken is null ? PostgresSchemaResult.Created : PostgresSchemaResult.Upgraded;
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
                if (Missing(taken).Length > 0)
                {
                    throw Uninitialized(
                        $"{database.Name} has schema {taken.Select(Number).Max()} of an older version, and this one needs {Latest}; "
                            + $"stop all members, then bring it up to date with: {database.InitCommand}");
                }

                return taken;
            },
            cancellationToken);
    }

    /// <summary>Deletes the rows of states that were cleared so long ago that no grain can know their versions any more.</summary>
    /// <exception cref="DfuException">DatabaseUnavailable.</exception>
    public static Task GiveBackAsync(string connectionString, CancellationToken cancellationToken) => new PostgresConnection(connectionString).WithAsync(
        async connection =>
        {
            await using var command = new NpgsqlCommand("DELETE FROM dfu_state WHERE payload IS NULL AND changed < now() - interval '1 day'", connection);
            return await command.ExecuteNonQueryAsync(cancellationToken);
        },
        cancellationToken);

    private static SqlScript[] Missing(HashSet<string> taken) => [.. Steps.Where(step => !taken.Contains(step.Name))];

    private static int Number(string step) => int.TryParse(step.AsSpan(0, Math.Min(4, step.Length)), out var number) ? number : 0;

    private static void Upgrade(PostgresConnection database, SqlScript[] scripts)
    {
        using var source = NpgsqlDataSource.Create(database.Text);
        var result = DeployChanges.To.PostgresqlDatabase(new PostgresqlConnectionManager(source))
            .WithScripts(scripts)
            .WithTransaction()
            .WithVariablesDisabled() // dollars in a step are PostgreSQL's quotes
            .JournalToPostgresqlTable(null, Journal)
            .LogToNowhere()
            .Build()
            .PerformUpgrade();
        if (!result.Successful) ExceptionDispatchInfo.Throw(result.Error);
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
        if (taken.Except(Steps.Select(static step => step.Name)).LastOrDefault() is not { } newer) return taken;
        throw new DfuException(
            DfuError.DatabaseForeign,
            $"{database.Name} has schema {Number(newer)} of a newer version, and this one knows schemas up to {Latest}: "
                + $"use that version or a later one (it was upgraded by the step {newer})");
    }

    private static async Task<bool> ExistsAsync(NpgsqlConnection connection, string table, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"SELECT to_regclass('{table}') IS NOT NULL", connection);
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }

    private static DfuException Uninitialized(string message) => new(DfuError.DatabaseNotInitialized, message);

    private static IEnumerable<SqlScript> Read()
    {
        var assembly = typeof(PostgresSchema).Assembly;
        foreach (var name in assembly.GetManifestResourceNames().Where(static name => name.EndsWith(".sql", StringComparison.Ordinal)).Order())
        {
            using var text = assembly.GetManifestResourceStream(name)!;
            yield return SqlScript.FromStream(name, text, DbUpDefaults.DefaultEncoding, name == QueriesName ? AfterSteps : new SqlScriptOptions());
        }
    }
}
