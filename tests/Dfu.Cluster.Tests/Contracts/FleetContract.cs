using Dfu.Cluster.Tests.Harness;
using Dfu.Fleet;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;

namespace Dfu.Cluster.Tests.Contracts;

/// <summary>What every engine promises its callers. Each engine has a class of its own that runs all of it.</summary>
public abstract partial class FleetContract
{
    private const int Packet = 244;

    /// <summary>Saves after every object, so that what an interruption costs is bounded.</summary>
    private static readonly RoomSettings Saving = new() { Device = static (options, _) =>
        options with { Profile = options.Profile with { SaveProgress = true } } };

    private static readonly FleetPolicy Impatient = new() { Campaign = new() { Patience = TimeSpan.FromSeconds(15) } };

    /// <summary>Bytes of one device between two reports of its attempt, if other hosts take it over when its own dies.</summary>
    private protected virtual int MostUnreported => 0;

    internal abstract FleetUnderTest Create(RoomSettings settings, FleetPolicy policy);

    private FleetUnderTest Create(RoomSettings? settings = null, FleetPolicy? policy = null, int? devices = null)
    {
        settings ??= new();
        return Create(settings with { Devices = devices ?? settings.Devices }, policy ?? new());
    }

    [Fact]
    public async Task Every_device_is_updated_once_and_the_view_tells_all_of_it()
    {
        await using var fleet = Create(devices: 8);
        var view = await fleet.FlashAsync();

        AssertSucceeded(fleet, view);
        Assert.Equal((fleet.Room.Package.Id, false, false), (view.PackageId, view.GoesOn, view.Collecting));
        Assert.NotEmpty(view.Id);
        Assert.True(view.Seconds > 0);
        Assert.Equal(
            fleet.Room.Devices.Select(static device => device.ApplicationAddress).Order(), view.Devices.Select(static device => device.Application).Order());
        Assert.All(view.Devices, device =>
        {
            var there = fleet.Room.Device(device.Application);
            Assert.Equal(there.BootloaderAddress, device.Bootloader);
            Assert.Equal((DevicePhase.Done, DeviceOutcome.Updated, DfuError.None), (device.Phase, device.Outcome, device.Error));
            Assert.Equal((fleet.Room.Settings.Size, fleet.Room.Settings.Size), (device.BytesTotal, device.BytesConfirmed));
            Assert.Equal(there.Counters.FirmwareBytes, device.BytesSent);
            Assert.Equal(device.BytesSent - device.BytesTotal, device.BytesResent);
            Assert.Equal(1, there.Counters.Activations);
            Assert.Contains(device.Adapter, Adapters(fleet));
            Assert.InRange(device.Seconds, 0.1, view.Seconds + 5);
            Assert.Equal(0, device.Rate);
        });

        // One device found out by a drop on purpose what its bootloader keeps; nobody else sent anything twice.
        Assert.Single(view.Devices, static device => device.BytesResent > 0);
        Assert.Single(view.Notices, static notice => notice.Contains("NRF_DFU_SAVE_PROGRESS_IN_FLASH=1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task While_it_runs_the_view_shows_adapters_transfers_and_rates()
    {
        await using var fleet = Create(Saving, devices: 8);
        var open = await fleet.OpenAsync();
        await open.StartAsync(fleet.Room.Request(), CancellationToken.None);
        await fleet.Room.UntilAsync(
            () => open.Snapshot().Devices.Any(static device => device is { Phase: DevicePhase.Sending, Rate: > 0, BytesConfirmed: > 0, Rssi: not null }),
                "a device that is being sent to");
        await fleet.Room.UntilAsync(
            () => open.Snapshot().Adapters is { Length: 2 } all && all.All(static adapter => adapter.Active > 0), "both adapters at work");
        var view = open.Snapshot();
        Assert.Equal(CampaignOutcome.Running, view.Outcome);
        Assert.Equal(Adapters(fleet), view.Adapters.Select(static adapter => adapter.Id).Order(StringComparer.Ordinal));
        Assert.All(view.Adapters, static adapter =>
        {
            Assert.Equal((AdapterStatus.Ready, ""), (adapter.Status, adapter.Detail));
            Assert.StartsWith("simulated radio radio", adapter.Name, StringComparison.Ordinal);
            Assert.InRange(adapter.Active, 1, adapter.Limit);
            Assert.InRange(adapter.Limit, 1, 3);
        });
        AssertSucceeded(fleet, await FleetUnderTest.WaitAsync(open));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_same_request_goes_on_where_it_was(bool abandoned)
    {
        await using var fleet = Create(Saving, devices: 8);
        var open = await fleet.OpenAsync();
        var first = await open.StartAsync(fleet.Room.Request(), CancellationToken.None);
        await fleet.Room.UntilAsync(() => open.Snapshot().Devices.Count(static device => device.BytesConfirmed >= 4 * 4096) >= 3, "half of the first devices");
        if (abandoned) await fleet.AbandonAsync();
        else await fleet.CloseAsync();
        Assert.DoesNotContain(fleet.Room.Journal.Drives, static drive => drive.Ended is null);

        var again = await fleet.OpenAsync();
        var taken = await again.StartAsync(fleet.Room.Request(), CancellationToken.None);
        Assert.Equal((true, first.Id), (taken.GoesOn, taken.Id));
        var view = await FleetUnderTest.WaitAsync(again);
        await fleet.CloseAsync();
        AssertSucceeded(fleet, view);
        Assert.True(view.GoesOn);

        // What each interrupted transfer may cost: the object under way and what was on its way to the device.
        var resumed = view.Devices.Where(static device => device.Resumes.Length > 0).ToArray();
        Assert.NotEmpty(resumed);
        Assert.All(view.Devices, static device => Assert.InRange(device.BytesResent, 0, Interruptions(device) * (2 * 4096)));
        AssertBytes(fleet, view, unreported: abandoned ? MostUnreported : 0);
    }

    [Fact]
    public async Task A_finished_request_is_answered_at_once_without_a_radio()
    {
        await using var fleet = Create(devices: 3);
        var first = await fleet.FlashAsync();
        var drives = fleet.Room.Journal.Drives.Count;
        foreach (var radio in fleet.Room.Radios) radio.Kill();

        var view = await fleet.FlashAsync();
        Assert.Equal((first.Id, CampaignOutcome.Succeeded, true), (view.Id, view.Outcome, view.GoesOn));
        Assert.All(view.Devices, device =>
            Assert.Equal((DeviceOutcome.Updated, fleet.Room.Device(device.Application).Counters.FirmwareBytes), (device.Outcome, device.BytesSent)));
        Assert.Equal(drives, fleet.Room.Journal.Drives.Count);
    }

    [Fact]
    public async Task Devices_that_failed_are_tried_again_by_the_same_request_and_the_others_are_left_alone()
    {
        await using var fleet = Create(policy: Impatient, devices: 4);
        var silent = fleet.Room.Devices[1];
        SetDeaf(fleet, silent, true);
        var view = await fleet.FlashAsync();
        Assert.Equal(CampaignOutcome.Failed, view.Outcome);
        Assert.Equal(3, view.Devices.Count(static device => device.Outcome == DeviceOutcome.Updated));

        SetDeaf(fleet, silent, false);
        var drives = fleet.Room.Journal.Drives.Count;
        view = await fleet.FlashAsync();
        AssertSucceeded(fleet, view);
        Assert.True(view.GoesOn);
        Assert.All(fleet.Room.Journal.Drives.Skip(drives), drive => Assert.Equal(silent.ApplicationAddress, drive.Device));
    }

    [Fact]
    public async Task Another_unfinished_campaign_is_a_conflict_unless_it_is_to_be_forgotten()
    {
        await using var fleet = Create(Saving with { Size = 24 * 4096 }, devices: 12);
        var open = await fleet.OpenAsync();
        var first = await open.StartAsync(fleet.Room.Request(), CancellationToken.None);
        await fleet.Room.UntilAsync(() => open.Snapshot().Devices.Any(static device => device.BytesConfirmed > 0), "the first confirmed object");
        await fleet.CloseAsync();

        var other = fleet.Room.Request(new() { Addresses = [fleet.Room.Devices[^1].ApplicationAddress] });
        open = await fleet.OpenAsync();
        var conflict = await Assert.ThrowsAsync<DfuException>(() => open.StartAsync(other, CancellationToken.None));
        Assert.Equal(DfuError.CampaignConflict, conflict.Error);
        Assert.Contains(first.Id, conflict.Message, StringComparison.Ordinal);
        await fleet.CloseAsync();

        var view = await fleet.FlashAsync(other with { Restart = true });
        Assert.Equal((CampaignOutcome.Succeeded, false), (view.Outcome, view.GoesOn));
        Assert.NotEqual(first.Id, view.Id);
        Assert.Equal(fleet.Room.Devices[^1].ApplicationAddress, Assert.Single(view.Devices).Application);
        Assert.True(fleet.Room.Updated < fleet.Room.Devices.Count);
        fleet.Room.Journal.AssertNoDeviceHadTwoDrivers();
    }

    private static string[] Adapters(FleetUnderTest fleet) =>
        [.. Enumerable.Range(0, fleet.Room.Radios.Count).Select(fleet.AdapterId).Order(StringComparer.Ordinal)];

    private static void SetDeaf(FleetUnderTest fleet, Dfu.Adapters.Simulated.VirtualDevice device, bool deaf)
    {
        for (var radio = 0; radio < fleet.Room.Radios.Count; radio++) fleet.Room.SetDeaf(radio, device, deaf);
    }

    private static void AssertSucceeded(FleetUnderTest fleet, CampaignView view)
    {
        Assert.True(view.Outcome == CampaignOutcome.Succeeded, FleetUnderTest.Describe(view));
        Assert.True(fleet.Room.Devices.Count == fleet.Room.Updated, fleet.Room.Describe());
        Assert.All(fleet.Room.Devices, static device => Assert.Equal(1, device.Counters.Activations));
        fleet.Room.Journal.AssertNoDeviceHadTwoDrivers();
    }

    /// <summary>How often a device's transfer had to begin again: no resume tells of an attempt that ended before anything was confirmed.</summary>
    private static int Interruptions(DeviceView device) => Math.Max(device.Resumes.Length, device.Attempts - 1);

    /// <summary>
    /// The host counts what the devices got; packets that were on their way when a link broke count for the host only, and one that left
    /// in the moment in which its attempt was stopped for the device only.
    /// </summary>
    /// <param name="unreported">Bytes per device that a host may have taken into its grave.</param>
    private static void AssertBytes(FleetUnderTest fleet, CampaignView view, int unreported = 0)
    {
        const int OnTheirWay = 8 * Packet;
        foreach (var device in view.Devices)
        {
            var there = fleet.Room.Device(device.Application);
            Assert.InRange(
                device.BytesSent - there.Counters.FirmwareBytes, -unreported - (Interruptions(device) * Packet), there.Counters.Connects * OnTheirWay);
            Assert.Equal(Math.Max(0, device.BytesSent - device.BytesTotal), device.BytesResent);
        }
    }
}
