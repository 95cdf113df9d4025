using System.CommandLine;
using Dfu.Silo.Serve;

namespace Dfu.Cli.Commands;

/// <summary><c>dfu cluster</c>.</summary>
internal static class ClusterCommand
{
    public static Command Create(Terminal terminal) => new("cluster", "Prepare a cluster of several hosts.") { Certificates(terminal) };

    private static Command Certificates(Terminal terminal)
    {
        var folder = new Argument<string>("DIR") { Description = "Where they go. An authority that is there signs for more hosts; nothing is overwritten." };
        var host = Arguments.Option.Many<string>(
            "--host",
            "A member's host, by name or address; repeat it for more.",
            FlashCommand.Words,
            "a host",
            "HOST",
            required: true);
        var authority = Arguments.Option.Text(
            "--authority", "Where the authority and its key are kept; in DIR unless given, from where the key should then be taken away.", "DIR");
        var command = new Command("certificates", "Make TLS certificates for a trial: an authority, one certificate for each host, and one for programs.")
        {
            folder, host, authority,
        };
        command.SetAction(result =>
        {
            var made = TrialCertificates.Make(
                result.GetRequiredValue(folder), result.GetRequiredValue(host), TimeProvider.System, result.GetValue(authority));
            foreach (var file in made) terminal.Out.WriteLine(file);
            terminal.Error.WriteLine(
                $"dfu: each host gets its two files and {TrialCertificates.AuthorityFile}; keep {TrialCertificates.AuthorityKeyFile} away from all of them: "
                + "whoever has it can make members");
        });
        return command;
    }
}
