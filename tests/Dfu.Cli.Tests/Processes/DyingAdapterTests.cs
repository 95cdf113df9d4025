using System.Net;
using System.Text.Json;

namespace Dfu.Cli.Tests.Processes;

public sealed class DyingAdapterTests
{
    private const int Size = 100 * 1024;

    [Fact]
    public async Task The_devices_of_an_adapter_that_dies_go_on_with_the_other()
    {
        using var bench = new Bench();
        var package = bench.Package(Size);
        await bench.SimulateAsync(2, "--devices", "10", "--time-scale", "5", "--save-progress", "true");
        using var dying = new Proxy(IPEndPoint.Parse(bench.Adapters[1]["bridge:tcp://".Length..]));
        dying.Start();
        var killed = dying.KillAfterAsync(150_000);
        using var flash = DfuProcess.Start(
            ["flash", package, "--adapter", dying.Spec, "--adapter", bench.Adapters[3], "--all", "--count", "10", "--data-dir", bench["data"], "--json"]);
        await killed;
        var (code, output, error) = await flash.EndAsync();

        Assert.True(code == 0, error);
        using var document = JsonDocument.Parse(output);
        var devices = document.RootElement.GetProperty("devices").EnumerateArray().ToArray();
        Assert.Equal(10, devices.Length);
        Assert.All(devices, device => Assert.Equal("updated", device.GetProperty("outcome").GetString()));
        Assert.Contains(devices, device => device.GetProperty("attempts").GetInt32() > 1);
        Assert.All(
            devices.Where(device => device.GetProperty("attempts").GetInt32() > 1),
            device => Assert.Equal(bench.Adapters[3], device.GetProperty("adapter").GetString()));
        Assert.All((await bench.EndSimulationAsync()).Values, device => Assert.Equal(1, device.GetProperty("activations").GetInt32()));
    }

    [Fact]
    public async Task An_adapter_that_comes_back_takes_work_again()
    {
        using var bench = new Bench();
        var package = bench.Package(Size);
        await bench.SimulateAsync(1, "--devices", "6", "--time-scale", "5");
        using var bridge = new Proxy(IPEndPoint.Parse(bench.Adapters[1]["bridge:tcp://".Length..]));
        bridge.Start();
        var killed = bridge.KillAfterAsync(200_000);
        using var flash = DfuProcess.Start(["flash", package, "--adapter", bridge.Spec, "--all", "--count", "6", "--data-dir", bench["data"], "--json"]);
        await killed;
        bridge.Start();
        var (code, output, error) = await flash.EndAsync();

        Assert.True(code == 0, error);
        Assert.Equal(2, bridge.Streams);
        using var document = JsonDocument.Parse(output);
        Assert.All(document.RootElement.GetProperty("devices").EnumerateArray(), device => Assert.Equal("updated", device.GetProperty("outcome").GetString()));
    }
}
