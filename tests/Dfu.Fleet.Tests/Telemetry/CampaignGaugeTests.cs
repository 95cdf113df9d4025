using Dfu.Cluster.Tests.Support;
using Dfu.Cluster.Tests.Telemetry;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Shells.Campaigns;
using Dfu.Fleet.Telemetry;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Tests.Telemetry;

public sealed class CampaignGaugeTests
{
    private static readonly BluetoothAddress First = new(0xC000_0000_0010);
    private static readonly BluetoothAddress Second = new(0xC000_0000_0020);

    private readonly HandTime _time = new();
    private readonly CampaignCore _core = new(
        new()
        {
            Id = "c",
            PackageId = new('a', 64),
            Targets = "x",
            Stage = CampaignStage.Running,
            ImageSizes = [4096],
            HwVersion = 52,
            Devices = [First, Second],
        },
        new FleetPolicy(),
        new FleetTimes());

    [Fact]
    public void It_tells_what_is_stored_and_nothing_once_that_is_over()
    {
        using var listening = new Told();
        using var gauge = CampaignGauge.Begin(_time, static _ => Stream.Null);
        Assert.Null(gauge.Read());
        gauge.Look(_core, None);
        Assert.Equal(2, Waiting(gauge));

        _core.Apply(new CampaignEvent.DeviceEnded(First, DeviceOutcome.Updated, default, 0));
        _time.Advance(TimeSpan.FromSeconds(1));
        gauge.Look(_core, None);
        Assert.Equal(2, Waiting(gauge)); // it is not stored
        _core.Written(_core.Take());
        gauge.Look(_core, None);
        Assert.Equal(2, Waiting(gauge)); // a second has not passed since it was looked at
        _time.Advance(TimeSpan.FromSeconds(1));
        gauge.Look(_core, None);
        Assert.Equal(1, Waiting(gauge));

        _core.Apply(new CampaignEvent.DeviceEnded(Second, DeviceOutcome.Updated, default, 0));
        Assert.Equal(1, Waiting(gauge));
        _core.Written(_core.Take());
        Assert.Null(gauge.Read()); // at once
    }

    private static DeviceState? None(BluetoothAddress device) => null;

    private static int Waiting(CampaignGauge gauge) => gauge.Read()!.Campaign!.Devices[(int)DeviceStanding.Waiting];
}
