using System.Text.Json;

namespace Dfu.Cli.Tests.Processes;

public sealed class DemoProcessTests
{
    [Fact]
    public async Task A_demo_ends_in_a_summary_that_says_what_was_checked()
    {
        var (code, output, error) = await DfuProcess.RunAsync("demo", "--devices", "8", "--adapters", "2", "--size", "40KiB", "--time-scale", "1000");
        Assert.True(code == 0, error);
        Assert.Contains("All 8 devices are updated", output, StringComparison.Ordinal);
        Assert.Contains("read back from the flash of all 8 devices", output, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', output + error);
    }

    [Fact]
    public async Task The_same_seed_gives_the_same_devices()
    {
        string[] demo =
        [
            "demo", "--devices", "5", "--adapters", "2", "--size", "60KiB", "--drop-rate", "10%", "--time-scale", "1000", "--seed", "42",
            "--json",
        ];
        var (first, second) = (await DfuProcess.RunAsync(demo), await DfuProcess.RunAsync(demo));
        Assert.Equal((0, 0), (first.Code, second.Code));
        Assert.Equal(Figures(first.Output), Figures(second.Output));
    }

    [Fact]
    public async Task Ctrl_C_ends_a_demo_with_code_3()
    {
        using var demo = DfuProcess.Start("demo", "--time-scale", "1");
        await demo.LineAsync(line => line.Contains("active", StringComparison.Ordinal));
        demo.Signal("INT");
        Assert.Equal(3, (await demo.EndAsync()).Code);
    }

    // The signature is random, and with it the package's id. On a silo grains work beside the pump, so that only the room is the same.
    private static string Figures(string json)
    {
        using var document = JsonDocument.Parse(json);
        return string.Join(
            ' ',
            document.RootElement.GetProperty("devices").EnumerateArray().Select(device => device.GetProperty("device").GetString()).Order());
    }
}
