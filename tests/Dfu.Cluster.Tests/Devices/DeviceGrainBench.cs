using Dfu.Fleet.Devices;
using Dfu.Fleet.Storage;
using Dfu.Grains;
using Dfu.Protocol.Links;
using static Dfu.Cluster.Tests.Devices.Given;

namespace Dfu.Cluster.Tests.Devices;

/// <summary>A device's grain among scripted neighbours, with an address that no other test has.</summary>
public abstract class DeviceGrainBench : IClassFixture<DeviceCluster>
{
    protected DeviceGrainBench(DeviceCluster cluster)
    {
        Cluster = cluster;
        Id = cluster.NewDevice();
        Device = cluster.Device(Id);
    }

    private protected DeviceCluster Cluster { get; }

    private protected BluetoothAddress Id { get; }

    private protected IDeviceGrain Device { get; }

    private protected Steps Steps => Cluster.Steps;

    private protected DeviceState Stored => Record.Device;

    private protected DeviceRecord Record => FleetJson.Read<DeviceRecord>((string)Cluster.Storage.Payload("device", Id.ToString())!);

    private protected string[] Seen => [.. Steps.Of(Id)];

    private protected int Saves => Steps.Count(Id, "save");

    private protected async Task RunAsync()
    {
        Assert.True(await Device.JoinAsync(Place()));
        Assert.True(await Device.GrantAsync(Grant(Id)));
        await Steps.SeenAsync(Id, "begin 1");
        await Steps.SeenAsync(Id, "changed Connecting");
    }

    /// <summary>What a turn has sent has arrived when this returns.</summary>
    private protected async Task SettleAsync()
    {
        for (var round = 0; round < 3; round++)
        {
            await Device.GetAsync();
            await Cluster.Grains.GetGrain<IAdapterGrain>(Adapter).GetAsync();
            await Cluster.Grains.GetGrain<ICampaignGrain>("c1").WakeAsync();
            await Cluster.Grains.GetGrain<ISchedulerGrain>(0).LiveAsync("c1", signals: false);
        }
    }

    private protected async Task ReactivateAsync() => await Cluster.Cluster.DeactivateAsync(Device);
}
