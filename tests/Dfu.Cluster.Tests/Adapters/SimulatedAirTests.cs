using Dfu.Adapters.Simulated;
using Dfu.Adapters.Simulated.Time;
using Dfu.Cluster.Tests.Support;
using Dfu.Fleet;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Updates;
using Dfu.Protocol.Errors;

namespace Dfu.Cluster.Tests.Adapters;

public sealed class SimulatedAirTests
{
    private const double Scale = 20;

    [Fact]
    public async Task A_device_is_updated_over_its_adapters_grain_and_its_reports_tell_the_whole_way()
    {
        var time = new ScaledTime(Scale);
        using var air = new SimulatedAir(time, LinkModel.Perfect, seed: 1);
        var device = air.Add(
            new() { ApplicationAddress = VirtualDeviceOptions.AddressFor(1, 0), RequireSigned = false, StartsInApplication = true, HwVersion = 52 });
        await using var cluster = await AdapterCluster.StartAsync(
            time, new FleetTimes().Scaled(Scale), [air.CreateAdapter("fake:0", new AdapterModel())], UpdateRun.RunAsync);
        var adapter = cluster.Adapter();
        Assert.Equal(new AdapterOpening(), await adapter.OpenedAsync().Soon());
        var peer = cluster.Peers.Device(device.ApplicationAddress);
        var order = AdapterCluster.Order(AdapterId.Of(cluster.Silo(0), "fake:0"), (await adapter.GetAsync()).Epoch, device.ApplicationAddress, attempt: 1);
        Assert.Equal(AttemptAnswer.Running, await adapter.BeginAsync(order));

        var end = await peer.Ended.Soon();
        Assert.Equal(DfuError.None, end.Error); // whether its application was heard in time depends on the machine: scaled time does not wait for it
        Assert.True(device.InApplication);
        Assert.Equal(AdapterCluster.Firmware, device.ActivatedImage!.Value.ToArray());
        var state = peer.Events.Aggregate(order.Device, (before, e) => DeviceMachine.Apply(before, e, new FleetPolicy()).Next);
        Assert.Equal((DeviceOutcome.Updated, 1, AdapterCluster.Firmware.LongLength), (state.Outcome, state.Attempt, state.BytesSent));
        Assert.Contains(cluster.Peers.Adapters, report => report.Heard.Any(heard => heard.Advertisement.Address == device.ApplicationAddress));
    }
}
