using System.Text.Json;
using Dfu.Protocol.Errors;

namespace Dfu.Cli.Tests;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("packag", "dfu: unknown command 'packag' - did you mean package? (invalidArgument)")]
    [InlineData("package shwo", "dfu: unknown command 'shwo' - did you mean show? (invalidArgument)")]
    [InlineData("package show --jsno x.zip", "dfu: unknown option '--jsno' - did you mean --json? (invalidArgument)")]
    [InlineData("package show x.zip --public-key --nonsense", "dfu: unknown option '--nonsense' - see 'dfu package show --help' (invalidArgument)")]
    [InlineData("keys show x.pem --format pme", "dfu: --format: 'pme' is not one of pem, hex, code - see 'dfu keys show --help' (invalidArgument)")]
    [InlineData("simulate --listen 127.0.0.1:0 --deaf maybe", "dfu: --deaf: 'maybe' is not true or false - see 'dfu simulate --help' (invalidArgument)")]
    [InlineData(
        "device release --adapter sim: C0:98",
        "dfu: 'C0:98' is not an address such as C0:98:76:54:32:10 - see 'dfu device release --help' (invalidArgument)")]
    [InlineData("campaign lst --data-dir d", "dfu: unknown command 'lst' - did you mean list? (invalidArgument)")]
    [InlineData("device relase", "dfu: unknown command 'relase' - did you mean release? (invalidArgument)")]
    public async Task A_slip_gets_one_line_with_what_may_be_meant(string arguments, string line)
    {
        var (code, _, error) = await RunAsync(arguments.Split(' '));
        Assert.Equal(ExitCode.Invalid, code);
        Assert.Equal(line, Assert.Single(error));
    }

    [Fact]
    public void A_command_that_is_named_is_made_alone_and_is_the_one()
    {
        var all = CommandLine.Create(Terminal.OfProcess()).Subcommands.Select(static command => command.Name).ToArray();
        Assert.Contains("flash", all);
        Assert.All(all, static name => Assert.Equal([name], CommandLine.Create(Terminal.OfProcess(), name).Subcommands.Select(static command => command.Name)));
        Assert.Equal(all, CommandLine.Create(Terminal.OfProcess(), "--help").Subcommands.Select(static command => command.Name));
    }

    [Fact]
    public async Task A_missing_package_is_invalid_input()
    {
        var (code, output, error) = await RunAsync("package", "show", "/no/such/package.zip");
        Assert.Equal(ExitCode.Invalid, code);
        Assert.Empty(output);
        Assert.EndsWith("(packageNotFound)", Assert.Single(error), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_doctors_exit_code_is_what_its_document_says()
    {
        var (code, output, error) = await RunAsync("doctor", "--json");
        using var document = JsonDocument.Parse(string.Join('\n', output));
        Assert.Equal(document.RootElement.GetProperty("usable").GetBoolean() ? ExitCode.Succeeded : ExitCode.Environment, code);
        Assert.NotEqual(0, document.RootElement.GetProperty("findings").GetArrayLength());
        Assert.Empty(error);
    }

    [Fact]
    public async Task A_release_says_what_came_of_each_device()
    {
        string[] release = ["device", "release", "C0:98:00:00:00:01", "--adapter", "sim:devices=1", "--timeout", "1s"];
        var (code, output, _) = await RunAsync(release);
        const string NotHeard = "C0:98:00:00:00:01  not heard within 1 s: power it, bring it nearer, or check its address (notHeard)";
        Assert.Equal((ExitCode.SomeFailed, NotHeard), (code, Assert.Single(output)));

        (code, output, _) = await RunAsync([.. release, "--json"]);
        using var document = JsonDocument.Parse(string.Join('\n', output));
        Assert.Equal((ExitCode.SomeFailed, "failed"), (code, document.RootElement.GetProperty("outcome").GetString()));
        var device = document.RootElement.GetProperty("devices")[0];
        Assert.Equal(["device", "application", "bootloader", "error", "detail"], device.EnumerateObject().Select(field => field.Name));
    }

    [Fact]
    public void An_error_is_one_line_whatever_its_text_carries() => Assert.Equal(
        "dfu: a b [31m - do c (unexpected)",
        CommandLine.ErrorLine(DfuError.Unexpected, "a\nb\u001b[31m.", "do c."));

    [Theory]
    [InlineData(DfuError.HashMismatch, ExitCode.Invalid)]
    [InlineData(DfuError.InvalidArgument, ExitCode.Invalid)]
    [InlineData(DfuError.VersionRefused, ExitCode.SomeFailed)]
    [InlineData(DfuError.Interrupted, ExitCode.Interrupted)]
    [InlineData(DfuError.AdapterNotFound, ExitCode.Environment)]
    [InlineData(DfuError.DataDirectoryInUse, ExitCode.Environment)]
    public void Exit_codes_follow_the_kind_of_error(DfuError error, int code) => Assert.Equal(code, ExitCode.Of(error));

    internal static async Task<(int Code, string[] Output, string[] Error)> RunAsync(params string[] arguments)
    {
        var (output, error) = (new StringWriter { NewLine = "\n" }, new StringWriter { NewLine = "\n" });
        var terminal = new Terminal { Out = output, Error = error, OutConsole = Terminal.Plain(output), ErrorConsole = Terminal.Plain(error) };
        var code = await CommandLine.RunAsync(arguments, terminal);
        return (code, Lines(output), Lines(error));
    }

    private static string[] Lines(StringWriter writer) => writer.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
