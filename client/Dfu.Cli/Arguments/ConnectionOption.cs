using System.CommandLine;
using Dfu.Silo.Storage.Postgres;

namespace Dfu.Cli.Arguments;

/// <summary><c>--connection</c>: a cluster's database. Its password comes from elsewhere, for every user of the machine can read a command line.</summary>
internal sealed class ConnectionOption(string database)
{
    private const string Password = "PGPASSWORD";

    private readonly Option<string?> _option = Option.Text(
        "--connection",
        $"{database}, as Npgsql writes it: \"Host=db;Database=dfu;Username=dfu\"; the password comes from {Password}, {Password}_FILE or ~/.pgpass.",
        "STRING");

    public static implicit operator System.CommandLine.Option(ConnectionOption option) => option._option;

    /// <summary>The connection string, with the password of the environment's file where there is one; null when none was given.</summary>
    /// <exception cref="Dfu.Protocol.Errors.DfuException">InvalidArgument: the file cannot be read.</exception>
    public string? Of(ParseResult result, Terminal terminal)
    {
        if (result.GetValue(_option) is not { } given) return null;
        if (!Secrets.AreIn(given)) return SecretVariable.Read(Password) is { } password ? Secrets.Add(given, password) : given;
        terminal.Error.WriteLine(
            "dfu: warning: every user of this machine can read the password on this command line: leave it out of --connection, and give it in "
            + $"{Password}, or in the file that {Password}_FILE or PGPASSFILE names (~/.pgpass)");
        return given;
    }
}
