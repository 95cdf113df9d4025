using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Shells.Campaigns;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Tests.Campaigns;

public sealed class CampaignDevicesTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly CampaignDevices _devices = new(TimeSpan.FromSeconds(2));

    private static BluetoothAddress Address(int n) => new(0xC0_00_00_00_00_00ul + ((ulong)n * 16));

    private static CampaignState Campaign(int devices) => new()
    {
        Id = "x", PackageId = "p", Targets = "", ImageSizes = [40_960], HwVersion = 52, Devices = [.. Enumerable.Range(1, devices).Select(Address)],
    };

    private static DeviceState State(DevicePhase phase, int attempt) =>
        DeviceState.New(Address(1), [40_960], Now) with { Phase = phase, Attempt = attempt };

    [Theory]
    [InlineData(DevicePhase.Queued, 2, DevicePhase.Sending, 2, false)]
    [InlineData(DevicePhase.Queued, 2, DevicePhase.Done, 1, false)]
    [InlineData(DevicePhase.BackingOff, 2, DevicePhase.Connecting, 2, false)]
    [InlineData(DevicePhase.Done, 2, DevicePhase.Verifying, 2, false)]
    [InlineData(DevicePhase.Done, 2, DevicePhase.Queued, 2, true)]
    [InlineData(DevicePhase.Queued, 2, DevicePhase.Connecting, 3, true)]
    [InlineData(DevicePhase.Sending, 2, DevicePhase.BackingOff, 2, true)]
    [InlineData(DevicePhase.BackingOff, 2, DevicePhase.Queued, 2, true)]
    [InlineData(DevicePhase.Connecting, 2, DevicePhase.Sending, 2, true)]
    public void A_state_that_comes_late_does_not_undo_a_newer_one(DevicePhase known, int attempt, DevicePhase sent, int sentAttempt, bool taken)
    {
        _devices.Take(State(known, attempt), Now);
        _devices.Take(State(sent, sentAttempt), Now);
        Assert.Equal(taken ? sent : known, _devices.Get(Address(1))!.Phase);
    }

    [Theory]
    [InlineData(1, 2, true)]
    [InlineData(2, 1, false)]
    public void An_outcome_from_before_a_retry_does_not_undo_what_came_after(int known, int sent, bool taken)
    {
        _devices.Take(State(DevicePhase.Queued, 3) with { Run = known }, Now);
        _devices.Take(State(DevicePhase.Done, 3) with { Run = sent }, Now);
        Assert.Equal(taken ? DevicePhase.Done : DevicePhase.Queued, _devices.Get(Address(1))!.Phase);
    }

    [Fact]
    public void What_was_asked_for_is_older_than_what_was_sent()
    {
        _devices.Take(State(DevicePhase.Sending, 1), Now);
        _devices.Fetched(Address(1), State(DevicePhase.Queued, 7));
        Assert.Equal(DevicePhase.Sending, _devices.Get(Address(1))!.Phase);
        Assert.Equal([Address(2)], _devices.Unknown(Campaign(2)).ToArray());
        _devices.Fetched(Address(2), null);
        Assert.Empty(_devices.Unknown(Campaign(2)));
    }

    [Fact]
    public void Devices_are_due_in_order_a_few_at_a_time_and_not_while_they_are_called()
    {
        var campaign = Campaign(3);
        Assert.Equal([Address(1), Address(2)], _devices.Due(campaign, 2, Now).ToArray());
        Assert.Equal([Address(3)], _devices.Due(campaign, 2, Now).ToArray());
        Assert.Empty(_devices.Due(campaign, 2, Now));
        _devices.Called(Address(1), joined: true, Now);
        _devices.Called(Address(2), joined: null, Now);
        Assert.Empty(_devices.Due(campaign, 9, Now.AddSeconds(1.9)));
        Assert.Equal([Address(2)], _devices.Due(campaign, 9, Now.AddSeconds(2)).ToArray());
        Assert.Equal([Address(1)], _devices.Due(campaign, 9, Now.AddSeconds(4)).ToArray());
    }

    [Fact]
    public void A_device_with_an_outcome_is_not_called_any_more()
    {
        var campaign = Campaign(2);
        campaign = campaign with { Results = campaign.Results.Add(Address(1), new(DeviceOutcome.Updated, default)) };
        Assert.Equal([Address(2)], _devices.Due(campaign, 9, Now).ToArray());
    }

    [Fact]
    public void What_is_watched_follows_what_connecting_showed()
    {
        var campaign = Campaign(1);
        var before = _devices.Watched(campaign);
        Assert.Equal(before, _devices.Watched(campaign));
        _devices.Take(State(DevicePhase.Sending, 1) with { Application = new(7), Bootloader = new(8) }, Now);
        var device = Assert.Single(_devices.Watched(campaign));
        Assert.Equal(((Dfu.Protocol.Links.BluetoothAddress?)new(7), (Dfu.Protocol.Links.BluetoothAddress?)new(8)), (device.Application, device.Bootloader));
    }
}
