using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Dfu.Cli;

namespace Dfu.Deployment.Tests.Stations;

/// <summary>What docs/station has for a service, held against the product.</summary>
public sealed partial class StationFilesTests
{
    private const string Verifier = "/usr/bin/systemd-analyze";

    private static string[] Options { get; } = [.. Served("serve.env"), .. Served("serve-member.env")];

    [Fact]
    public void Every_line_of_options_is_one_that_the_server_takes()
    {
        Assert.True(Options.Length >= 5, string.Join('\n', Options));
        Assert.All(Options, options => AssertParses(["serve", "--data-dir", "/var/lib/dfu", .. Words(options)]));
    }

    [Fact]
    public void The_unit_runs_what_the_installer_puts_there_and_reads_the_files_it_makes()
    {
        var unit = Repository.Read("docs/station/dfu.service");
        Assert.Contains("\nExecStart=/opt/dfu/current/dfu serve --data-dir /var/lib/dfu $DFU_SERVE\n", unit, StringComparison.Ordinal);
        var installer = Repository.Read("docs/station/install");
        foreach (var file in EnvironmentFile().Matches(unit).Select(match => match.Groups[1].Value))
            Assert.Contains($"\"$root{file}\"", installer, StringComparison.Ordinal);
        AssertParses(["serve", "--data-dir", "/var/lib/dfu"]);
    }

    [Fact]
    public void A_server_that_lets_transfers_end_has_the_time_that_the_unit_is_said_to_need()
    {
        var unit = Repository.Read("docs/station/dfu.service");
        var stop = int.Parse(StopTime().Match(unit).Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.True(stop > 30, "transfers, links and the silo may take 30 s to end");
        var drains = Options.Select(options => DrainTime().Match(options)).Where(match => match.Success).Select(match => 60 * int.Parse(
            match.Groups[1].Value, CultureInfo.InvariantCulture));
        var needed = $"TimeoutStopSec={Assert.Single(drains) + stop}";
        Assert.Contains(needed, Repository.Read("docs/station/serve.env"), StringComparison.Ordinal);
        Assert.Contains(needed, Repository.Read("docs/station.md"), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_variable_of_the_file_of_secrets_is_one_that_the_product_reads()
    {
        var sources = string.Concat(Repository.Files("*.cs").Where(file => !file.StartsWith("tests/", StringComparison.Ordinal)).Select(Repository.Read));
        var names = Variable().Matches(Repository.Read("docs/station/dfu.env")).Select(match => match.Groups[1].Value).ToList();
        Assert.True(names.Count >= 4);
        var telemetry = Repository.Read("docs/telemetry.md");
        Assert.All(names, name =>
        {
            if (name.StartsWith("OTEL_", StringComparison.Ordinal)) Assert.Contains(name, telemetry, StringComparison.Ordinal);
            else Assert.Contains($"\"{name.Replace("_FILE", "", StringComparison.Ordinal)}\"", sources, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Every_command_of_the_page_is_one_that_dfu_has()
    {
        var page = Repository.Read("docs/station.md");
        var commands = Command().Matches(page).Select(match => match.Groups[1].Value.Replace("$(date +%F)", "2026-11-30", StringComparison.Ordinal)).ToList();
        Assert.Contains(commands, command => command.StartsWith("backup ", StringComparison.Ordinal));
        Assert.Contains(commands, command => command.StartsWith("restore ", StringComparison.Ordinal));
        Assert.All(commands, command => AssertParses(Words(command)));
        foreach (var file in Shipped().Matches(page).Select(match => match.Groups[1].Value))
            Assert.True(File.Exists(Path.Combine(Repository.Root, "docs/station", file)), file);
    }

    [VerifierFact]
    public void Systemd_finds_nothing_wrong_with_the_unit()
    {
        var folder = Directory.CreateTempSubdirectory("dfu-unit-");
        var file = Path.Combine(folder.FullName, "dfu.service");
        File.WriteAllText(file, Repository.Read("docs/station/dfu.service").Replace("/opt/dfu/current/dfu", "/bin/true", StringComparison.Ordinal));
        var said = Run(Verifier, "verify", "--man=no", file);
        var exposure = Run(Verifier, "security", "--offline=true", "--threshold=30", file);
        folder.Delete(true);
        Assert.Equal((0, ""), said);
        Assert.True(exposure.Code == 0, "the unit lets more through than it did");
    }

    private static string[] Served(string file) => [.. Regex.Replace(Repository.Read($"docs/station/{file}"), @"\\\n\s*", "")
        .Split('\n').Select(line => line.TrimStart('#')).Where(line => line.StartsWith("DFU_SERVE=", StringComparison.Ordinal)).Select(line => line[10..])];

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static void AssertParses(string[] arguments)
    {
        var terminal = new Terminal
        {
            Out = TextWriter.Null,
            Error = TextWriter.Null,
            OutConsole = Terminal.Plain(TextWriter.Null),
            ErrorConsole = Terminal.Plain(TextWriter.Null),
        };
        var result = CommandLine.Create(terminal).Parse(arguments);
        Assert.True(
            result.Errors.Count == 0 && result.UnmatchedTokens.Count == 0,
            $"dfu {string.Join(' ', arguments)}: {string.Join(", ", result.Errors.Select(error => error.Message))}");
    }

    private static (int Code, string Output) Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + error.GetAwaiter().GetResult());
    }

    [GeneratedRegex(@"^EnvironmentFile=-?(\S+)$", RegexOptions.Multiline)]
    private static partial Regex EnvironmentFile();

    [GeneratedRegex(@"^TimeoutStopSec=(\d+)$", RegexOptions.Multiline)]
    private static partial Regex StopTime();

    [GeneratedRegex(@"--drain-for (\d+)m\b")]
    private static partial Regex DrainTime();

    [GeneratedRegex(@"^#?([A-Z][A-Z_]+)=", RegexOptions.Multiline)]
    private static partial Regex Variable();

    [GeneratedRegex(@"^(?:sudo -u dfu -H )?dfu ([a-z][^\n`]*)$", RegexOptions.Multiline)]
    private static partial Regex Command();

    [GeneratedRegex(@"/opt/dfu/current/([\w.-]+)")]
    private static partial Regex Shipped();

    private sealed class VerifierFactAttribute : FactAttribute
    {
        public VerifierFactAttribute() => Skip = File.Exists(Verifier) ? null : "there is no systemd here (Debian: apt-get install systemd)";
    }
}
