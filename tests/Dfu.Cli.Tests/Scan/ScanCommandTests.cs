using System.Text.Json;
using Dfu.Adapters;
using Dfu.Cli.Scan;

namespace Dfu.Cli.Tests.Scan;

public sealed class ScanCommandTests
{
    [Fact]
    public async Task Who_is_there_is_told_in_one_document()
    {
        var (code, output, error) = await RunAsync("scan", "--adapter", "sim:devices=2,bystanders=4,time-scale=5,adapters=2", "--time", "1s", "--json");
        Assert.Equal((ExitCode.Succeeded, "dfu: listening for 1 s over 2 adapters"), (code, Assert.Single(error)));
        using var document = JsonDocument.Parse(string.Join('\n', output));
        var root = document.RootElement;
        Assert.Equal(("heard", 1), (root.GetProperty("outcome").GetString(), root.GetProperty("others").GetInt32()));
        Assert.Equal(["listening", "listening"], root.GetProperty("adapters").EnumerateArray().Select(radio => radio.GetProperty("state").GetString()));
        var devices = root.GetProperty("devices").EnumerateArray().ToList();
        Assert.Equal(
            ["bootloader", "bootloader", "legacyBootloader", "smp", "uart"],
            devices.Select(device => device.GetProperty("mode").GetString()).Order(StringComparer.Ordinal));
        var signals = devices.Select(device => device.GetProperty("signal").GetInt32()).ToList();
        Assert.Equal(signals.OrderDescending(), signals);
        Assert.All(devices, device => Assert.Equal(
            device.GetProperty("adapter").GetString(),
            device.GetProperty("heardBy").EnumerateArray().First().GetProperty("adapter").GetString()));
        Assert.All(devices, device => Assert.Equal(2, device.GetProperty("heardBy").GetArrayLength()));
    }

    [Fact]
    public async Task Nobody_by_that_name_is_an_error_that_says_who_was_heard()
    {
        var (code, output, error) = await RunAsync("scan", "--adapter", "sim:devices=2,mode=app,time-scale=5", "--time", "1s", "--name", "app*", "--json");
        Assert.Equal(ExitCode.SomeFailed, code);
        using var document = JsonDocument.Parse(string.Join('\n', output));
        Assert.Equal(("nothing", 0), (document.RootElement.GetProperty("outcome").GetString(), document.RootElement.GetProperty("devices").GetArrayLength()));
        const string Nobody = "dfu: no device named 'app*' was heard in 1 s; heard: App (2) (upper and lower case count) - Give one of these names, or ";
        Assert.StartsWith(Nobody, error[^1], StringComparison.Ordinal);
        Assert.EndsWith("(notHeard)", error[^1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("scan", "invalidArgument")]
    [InlineData("scan --adapter sim: --time 0.5s", "invalidArgument")]
    [InlineData("scan --adapter sim: --time 1s --watch", "invalidArgument")]
    [InlineData("scan --adapter nonsense", "invalidArgument")]
    [InlineData("scan --adapter sim: --name \u001b[31m", "invalidArgument")]
    [InlineData("scan --adapter sim: sim:", "invalidArgument")]
    public async Task A_wrong_command_line_touches_nothing(string arguments, string code)
    {
        var (exit, output, error) = await RunAsync(arguments.Split(' '));
        Assert.Equal(ExitCode.Invalid, exit);
        Assert.Empty(output);
        Assert.EndsWith($"({code})", Assert.Single(error), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_any_adapter_it_is_the_environment()
    {
        var (exit, output, error) = await RunAsync("scan", "--adapter", "bridge:tcp://127.0.0.1:1", "--json");
        Assert.Equal(ExitCode.Environment, exit);
        Assert.Empty(output);
        Assert.EndsWith("(adapterNotFound)", error[^1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Foo*", false, "no device named 'Foo*' was heard in 10 s; heard: Watch")]
    [InlineData("\u001b[2J", false, "no device named '?[2J' was heard in 10 s; heard: Watch")]
    [InlineData(null, false, "no device with a service of Nordic's was heard in 10 s; heard: Watch")]
    public void Who_was_heard_instead_is_said(string? name, bool all, string text)
    {
        var view = ScanTableTests.View(ScanTableTests.Heard(1, "Watch", dfu: false));
        Assert.Equal(text, new ScanFilter(name, all).Nobody(view.Units, TimeSpan.FromSeconds(10)).Message);
    }

    [Theory]
    [InlineData(null, true, "no device was heard in 10 s")]
    [InlineData("Foo*", false, "no device named 'Foo*' was heard in 10 s, nor any other")]
    public void And_that_nobody_was(string? name, bool all, string text) =>
        Assert.Equal(text, new ScanFilter(name, all).Nobody([], TimeSpan.FromSeconds(10)).Message);

    [Fact]
    public void Names_are_in_the_document_as_they_are_and_cannot_leave_their_string()
    {
        var view = ScanTableTests.View(ScanTableTests.Heard(1, "\u001b]0;\"x\u0007\n\u202E", others: OtherServices.Uart));
        var json = ScanDocument.Of(view, view.Units, interrupted: true).ToJson();
        Assert.DoesNotContain(json, static character => (char.IsControl(character) && character is not ('\n' or '\r')) || character == '\u202E');
        using var document = JsonDocument.Parse(json);
        Assert.Equal("interrupted", document.RootElement.GetProperty("outcome").GetString());
        Assert.Equal("\u001b]0;\"x\u0007\n\u202E", document.RootElement.GetProperty("devices")[0].GetProperty("name").GetString());
        Assert.Equal(["dfu", "uart"], document.RootElement.GetProperty("devices")[0].GetProperty("services").EnumerateArray().Select(one => one.GetString()));
    }

    private static async Task<(int Code, string[] Output, string[] Error)> RunAsync(params string[] arguments)
    {
        var (output, error) = (new StringWriter { NewLine = "\n" }, new StringWriter { NewLine = "\n" });
        var terminal = new Terminal { Out = output, Error = error, OutConsole = Terminal.Plain(output), ErrorConsole = Terminal.Plain(error) };
        var code = await CommandLine.RunAsync(arguments, terminal);
        return (code, Lines(output), Lines(error));
    }

    private static string[] Lines(StringWriter writer) => writer.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
