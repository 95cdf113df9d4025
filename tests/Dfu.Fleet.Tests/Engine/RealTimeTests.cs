using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Tests.Fakes;
using Dfu.Simulation.Engine;
using Dfu.Simulation.Storage;

namespace Dfu.Fleet.Tests.Engine;

/// <summary>The same engine on the thread pool, where everything may happen at once.</summary>
public sealed class RealTimeTests
{
    [Fact]
    public async Task Devices_are_updated_on_many_threads_and_a_stop_from_outside_ends_it()
    {
        var world = new World { ObjectTime = TimeSpan.FromMilliseconds(1) }.Add(12);
        FakeSource[] sources = [.. Enumerable.Range(0, 4).Select(n => new FakeSource(world, TimeProvider.System, $"fake:{n}"))];
        var runner = new ScriptedRunner(world);
        var engine = new FleetEngine(new FleetStore(), sources, new(), TimeProvider.System, runner.RunAsync);
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(60), TimeProvider.System);
        await engine.StartAsync(new() { Package = Fakes.Packages.Application(3 * 4096), Targets = new() { Addresses = [.. world.Devices.Keys] } }, late.Token);
        var view = await engine.WaitAsync(late.Token);
        Assert.Equal(CampaignOutcome.Succeeded, view.Outcome);
        await engine.StopAsync();
        Assert.Equal(12, engine.Snapshot().Devices.Count(device => device.Outcome == DeviceOutcome.Updated));
        Assert.All(sources, source => Assert.True(source.Current!.Lost.IsCompleted));
    }
}
