using System.Net.Sockets;
using Dfu.Protocol.Errors;
using Npgsql;

namespace Dfu.Silo.Storage.Postgres;

/// <summary>A connection string for PostgreSQL, and what goes wrong with it in words.</summary>
internal sealed class PostgresConnection
{
    private readonly NpgsqlConnectionStringBuilder _given;

    /// <exception cref="DfuException">InvalidArgument.</exception>
    public PostgresConnection(string connectionString)
    {
        try
        {
            _given = new NpgsqlConnectionStringBuilder(connectionString);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or KeyNotFoundException or InvalidCastException or OverflowException)
        {
            // What was not understood may be the end of a password that holds a semicolon.
            var what = Secrets.AreIn(connectionString) ? "; a password with ; or = in it is put in quotes" : $": {e.Message}";
            throw new DfuException(DfuError.InvalidArgument, $"the connection string cannot be understood{what}", e);
        }

        if (string.IsNullOrWhiteSpace(_given.Host)) throw new DfuException(DfuError.InvalidArgument, "the connection string names no Host");
        var pooled = new NpgsqlConnectionStringBuilder(connectionString);
        if (!_given.ContainsKey("Maximum Pool Size")) pooled.MaxPoolSize = 20;
        if (!_given.ContainsKey("Application Name")) pooled.ApplicationName = "dfu";
        Text = pooled.ToString();
    }

    /// <summary>For Npgsql: as given, but with at most 20 connections of this process unless it says otherwise; a server has 100 for all.</summary>
    public string Text { get; }

    /// <summary>For people.</summary>
    public string Name => $"the database '{Database}' on {Server}";

    private string Server => PostgresHosts.Text(_given);

    private (string Host, int Port) First => PostgresHosts.Of(_given)[0];

    /// <summary>Npgsql's own rule: the login's name when none is given.</summary>
    private string? Database => _given.Database ?? _given.Username;

    public string InitCommand
    {
        get
        {
            var shown = new NpgsqlConnectionStringBuilder { Host = _given.Host, Port = _given.Port, Database = Database, Username = _given.Username };
            if (_given.TargetSessionAttributes is { } kind) shown.TargetSessionAttributes = kind;
            return $"dfu db init --connection \"{shown}\"";
        }
    }

    /// <exception cref="DfuException">DatabaseUnavailable.</exception>
    public async Task<T> WithAsync<T>(Func<NpgsqlConnection, Task<T>> work, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = new NpgsqlConnection(Text);
            await connection.OpenAsync(cancellationToken);
            return await work(connection);
        }
        catch (NpgsqlException e)
        {
            throw Unavailable(e);
        }
        catch (Exception e) when (e is SocketException or TimeoutException)
        {
            throw new DfuException(DfuError.DatabaseUnavailable, $"the database server {Server} cannot be reached: {e.Message}", e);
        }
    }

    /// <summary>The same failure, where it reached somebody else.</summary>
    public DfuException Unavailable(NpgsqlException failure) => new(DfuError.DatabaseUnavailable, Say(failure), failure);

    private string Say(NpgsqlException failure) => failure is not PostgresException refusal
        ? $"the database server {Server} cannot be reached: {(failure.InnerException ?? failure).Message}"
        : refusal.SqlState switch
        {
            PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification =>
                $"the database server {Server} refuses the login '{_given.Username}': {refusal.MessageText}",
            PostgresErrorCodes.InvalidCatalogName =>
                $"there is no database '{Database}' on {Server}; make it with: createdb -h {First.Host} -p {First.Port} {Database}",
            PostgresErrorCodes.InsufficientPrivilege => $"the login '{_given.Username}' may not do that in {Name}: {refusal.MessageText}",
            PostgresErrorCodes.TooManyConnections => $"the database server {Server} takes no more connections: {refusal.MessageText}",
            PostgresErrorCodes.CannotConnectNow => $"the database server {Server} is starting or stopping: {refusal.MessageText}",
            _ => $"{Name} refuses: {refusal.MessageText} ({refusal.SqlState})",
        };
}
