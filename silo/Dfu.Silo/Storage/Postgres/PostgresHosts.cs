using System.Globalization;
using Npgsql;

namespace Dfu.Silo.Storage.Postgres;

/// <summary>The servers of a connection string: one, or a database and its standbys, each with a port of its own or the one for all.</summary>
internal static class PostgresHosts
{
    /// <summary>For people: <c>db-1:5432, db-2:5432</c>.</summary>
    public static string Text(NpgsqlConnectionStringBuilder connection) =>
        string.Join(", ", Of(connection).Select(static server => $"{server.Host}:{server.Port.ToString(CultureInfo.InvariantCulture)}"));

    public static IReadOnlyList<(string Host, int Port)> Of(NpgsqlConnectionStringBuilder connection) =>
    [
        .. (connection.Host ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(host => Of(host, connection.Port)),
    ];

    private static (string Host, int Port) Of(string host, int port)
    {
        // An address of IPv6 has colons of its own, and is in brackets when a port follows.
        var colon = host.LastIndexOf(':');
        var hasPort = colon > 0 && !host.StartsWith('/') && (host.IndexOf(':', StringComparison.Ordinal) == colon || host[colon - 1] == ']');
        return hasPort && int.TryParse(host.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var own)
            ? (host[..colon].Trim('[', ']'), own)
            : (host.Trim('[', ']'), port);
    }
}
