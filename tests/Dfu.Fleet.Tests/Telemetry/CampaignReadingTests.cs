using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Telemetry;
using Dfu.Fleet.Tests.Devices;
using Dfu.Protocol.Errors;
using static Dfu.Fleet.Tests.Campaigns.CampaignSteps;

namespace Dfu.Fleet.Tests.Telemetry;

public sealed class CampaignReadingTests
{
    [Fact]
    public void Every_device_is_counted_once()
    {
        var campaign = Apply(
            New(1, 2, 3, 4, 5, 6, 7),
            Ended(1),
            Ended(2, DeviceOutcome.AlreadyCurrent),
            Ended(3, DeviceOutcome.Failed),
            Ended(4, DeviceOutcome.Cancelled));
        var states = new Dictionary<ulong, DeviceState>
        {
            [5] = DeviceSteps.Apply(DeviceSteps.Queued(), DeviceSteps.Grant()),
            [6] = DeviceSteps.Queued(), // nothing was heard of the seventh
        };
        var reading = CampaignReading.Of(campaign, id => states.GetValueOrDefault(id.Value))!;
        Assert.Equal("running", reading.State);
        Assert.Equal("2 1 1 1 1 1", string.Join(' ', reading.Devices));
    }

    [Fact]
    public void What_is_over_says_nothing()
    {
        var campaign = Apply(New(1), Ended(1));
        Assert.Equal(CampaignStage.Finished, campaign.Stage);
        Assert.Null(CampaignReading.Of(campaign, static _ => null));
    }

    [Fact]
    public void A_campaign_is_in_the_state_that_the_API_would_say()
    {
        Assert.Equal("listening", StateOf(New()));
        Assert.Equal("paused", StateOf(Controlled(New(1), CampaignControlKind.Pause)));
        Assert.Equal("cancelling", StateOf(New(1) with { CancelRequested = true, Holds = [new(HoldReason.Paused, "")] }));
        foreach (var reason in Enum.GetValues<HoldReason>()) Assert.Contains(StateOf(New(1) with { Holds = [new(reason, "")] }), CampaignStateCode.Open);
    }

    /// <summary>One that was sent to its bootloader, and given up there with part of an image.</summary>
    [Theory]
    [InlineData(DeviceOutcome.Failed, DfuError.LinkLost, 1)]
    [InlineData(DeviceOutcome.Cancelled, DfuError.Cancelled, 1)]
    [InlineData(DeviceOutcome.Failed, DfuError.SignatureRefused, 0)] // it was told to start its application
    [InlineData(DeviceOutcome.Updated, DfuError.None, 0)]
    public void Devices_given_up_in_their_bootloader_are_counted(DeviceOutcome outcome, DfuError error, int left)
    {
        var device = DeviceSteps.Apply(DeviceSteps.Queued(), DeviceSteps.Grant(), DeviceSteps.Confirmed(1, 4096));
        Assert.NotNull(device.BootloaderUntil);
        var campaign = Apply(New(1, 2), Ended(1, outcome, error));
        Assert.Equal(left, CampaignReading.Of(campaign, id => id == Device(1) ? device : null)!.LeftInBootloader);
        Assert.Equal(0, CampaignReading.Of(campaign, static _ => DeviceSteps.Queued())!.LeftInBootloader); // it never went there
    }

    [Fact]
    public void A_device_that_refused_the_second_part_after_taking_the_first_has_no_application()
    {
        var device = DeviceSteps.Apply(DeviceSteps.Queued(150_000, 100_000), DeviceSteps.Grant(), DeviceSteps.Confirmed(1, 4096));
        device = device with { Images = device.Images.SetItem(0, device.Images[0] with { Activated = true }) };
        var campaign = Apply(New(1, 2), Ended(1, DeviceOutcome.Failed, DfuError.SoftDeviceRefused));
        Assert.Equal(1, CampaignReading.Of(campaign, _ => device)!.LeftInBootloader);
    }

    private static string StateOf(CampaignState campaign) => CampaignReading.Of(campaign, static _ => null)!.State;
}
