using System.Text.RegularExpressions;
using Npgsql;

namespace Dfu.Silo.Storage.Postgres;

/// <summary>Keeps passwords out of what people read.</summary>
public static partial class Secrets
{
    /// <summary>The text with dots in place of every password that stands in it as in a connection string.</summary>
    public static string Hide(string text) => Assignment().Replace(text, static match => $"{match.Groups[1].Value}=...");

    /// <summary>Whether a connection string carries a password itself.</summary>
    public static bool AreIn(string connection) => Assignment().IsMatch(connection);

    /// <summary>A connection string with a password in it; what is none stays as it is, and is refused where it is read.</summary>
    public static string Add(string connection, string password)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(connection) { Password = password }.ConnectionString;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or KeyNotFoundException or InvalidCastException or OverflowException)
        {
            return connection;
        }
    }

    [GeneratedRegex(
        """\b(password|pwd|psw|passwd|sslpassword)\s*=\s*("(?:[^"]|"")*"|'(?:[^']|'')*'|[^;"']+)""",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Assignment();
}
