using Dfu.Cluster.Tests.Harness;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;

namespace Dfu.Cluster.Tests.Contracts;

/// <summary>Who is updated.</summary>
public abstract partial class FleetContract
{
    /// <summary>Every second device waits in its bootloader when the campaign begins.</summary>
    private static async Task<CampaignView> FlashMixedAsync(FleetUnderTest fleet, Func<TargetSelection> targets)
    {
        var open = await fleet.OpenAsync();
        foreach (var device in fleet.Room.Devices.Where(static (_, index) => index % 2 == 1)) device.EnterBootloader();
        await fleet.Room.AfterAsync(1);
        await open.StartAsync(fleet.Room.Request(targets()), CancellationToken.None);
        return await FleetUnderTest.WaitAsync(open);
    }

    [Fact]
    public async Task All_takes_every_device_that_is_heard_in_the_time_given()
    {
        await using var fleet = Create(devices: 5);
        var view = await FlashMixedAsync(fleet, static () => new() { All = true, ScanTime = TimeSpan.FromSeconds(5) });
        AssertSucceeded(fleet, view);
        Assert.Equal(
            fleet.Room.Devices.Select(static device => device.ApplicationAddress).Order(), view.Devices.Select(static device => device.Application).Order());
    }

    [Fact]
    public async Task All_with_a_count_takes_as_many_as_it_says_and_begins_before_it_has_them()
    {
        await using var fleet = Create(policy: new() { Campaign = new() { Patience = TimeSpan.FromMinutes(15) } }, devices: 6);
        foreach (var late in fleet.Room.Devices.Skip(2)) SetDeaf(fleet, late, true);
        var open = await fleet.OpenAsync();
        await open.StartAsync(fleet.Room.Request(new() { All = true, Count = 4 }), CancellationToken.None);
        await fleet.Room.UntilAsync(() => open.Snapshot().Devices.Any(static device => device.BytesConfirmed > 0), "work before all are there");
        Assert.True(open.Snapshot().Collecting);
        foreach (var late in fleet.Room.Devices.Skip(2)) SetDeaf(fleet, late, false);
        var view = await FleetUnderTest.WaitAsync(open);
        await fleet.CloseAsync();
        Assert.True(view.Outcome == CampaignOutcome.Succeeded, FleetUnderTest.Describe(view));
        Assert.Equal((4, 4), (view.Devices.Length, fleet.Room.Updated));
    }

    [Fact]
    public async Task Fewer_devices_than_asked_for_is_a_failure_that_says_so()
    {
        await using var fleet = Create(policy: Impatient, devices: 2);
        var view = await fleet.FlashAsync(fleet.Room.Request(new() { All = true, Count = 3 }));
        Assert.Equal((CampaignOutcome.Failed, 2), (view.Outcome, fleet.Room.Updated));
        Assert.Contains(view.Notices, static notice => notice.Contains("2 of 3", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_name_takes_the_devices_that_advertise_it()
    {
        await using var fleet = Create(devices: 4);
        var view = await FlashMixedAsync(fleet, static () => new() { NameGlob = "A?p*", ScanTime = TimeSpan.FromSeconds(5) });
        Assert.True(view.Outcome == CampaignOutcome.Succeeded, FleetUnderTest.Describe(view));
        Assert.Equal(fleet.Room.Devices.Where(static (_, index) => index % 2 == 0).Select(static device => device.ApplicationAddress).Order(), view.Devices
            .Select(static device => device.Application).Order());
        Assert.Equal(2, fleet.Room.Updated);
    }

    [Fact]
    public async Task An_address_may_be_the_applications_or_the_bootloaders()
    {
        await using var fleet = Create(devices: 4);
        var view = await FlashMixedAsync(fleet, () =>
            new() { Addresses = [.. fleet.Room.Devices.Select(static device => device.InApplication ? device.ApplicationAddress : device.BootloaderAddress)] });
        AssertSucceeded(fleet, view);
        Assert.Equal(
            fleet.Room.Devices.Select(static device => device.ApplicationAddress).Order(), view.Devices.Select(static device => device.Application).Order());
        Assert.All(view.Devices, device => Assert.Equal(device.Application.Bootloader, device.Bootloader));
    }

    [Fact]
    public async Task The_other_address_finds_a_device_as_well()
    {
        await using var fleet = Create(devices: 4);
        var view = await FlashMixedAsync(fleet, () =>
            new() { Addresses = [.. fleet.Room.Devices.Select(static device => device.InApplication ? device.BootloaderAddress : device.ApplicationAddress)] });
        AssertSucceeded(fleet, view);
        Assert.Equal(
            fleet.Room.Devices.Select(static device => device.ApplicationAddress).Order(), view.Devices.Select(static device => device.Application).Order());
    }

    [Fact]
    public async Task Both_addresses_of_a_device_are_one_device()
    {
        await using var fleet = Create(policy: Impatient, devices: 4);
        var view = await FlashMixedAsync(fleet, () =>
            new() { Addresses = [.. fleet.Room.Devices.SelectMany(static device => new[] { device.ApplicationAddress, device.BootloaderAddress })] });
        Assert.True(view.Outcome == CampaignOutcome.Succeeded, FleetUnderTest.Describe(view));
        Assert.Equal((4, 4), (view.Devices.Length, fleet.Room.Updated));
        Assert.Equal(4, view.Notices.Count(static notice => notice.Contains("are the two addresses of one device", StringComparison.Ordinal)));
        Assert.All(fleet.Room.Devices, static device => Assert.Equal(1, device.Counters.Activations));
    }

    [Fact]
    public async Task A_device_that_runs_the_package_is_left_alone_by_another_campaign_unless_that_begins_anew()
    {
        await using var fleet = Create(devices: 3);
        await fleet.FlashAsync();
        var one = fleet.Room.Devices[0];
        var sent = one.Counters.FirmwareBytes;
        var request = fleet.Room.Request(new() { Addresses = [one.ApplicationAddress] });
        var view = await fleet.FlashAsync(request);
        var device = Assert.Single(view.Devices);
        Assert.Equal((CampaignOutcome.Succeeded, DeviceOutcome.AlreadyCurrent), (view.Outcome, device.Outcome));
        Assert.StartsWith("runs application ", device.Detail, StringComparison.Ordinal);
        Assert.Equal((0, sent, 1), (device.BytesSent, one.Counters.FirmwareBytes, one.Counters.Activations));

        device = Assert.Single((await fleet.FlashAsync(request with { Restart = true })).Devices);
        Assert.Equal((DeviceOutcome.Updated, 2), (device.Outcome, one.Counters.Activations));
        Assert.True(device.LifetimeWear.Updates == 2 && device.Wear.Updates == 1 && device.EndedAt > device.StartedAt, $"{device}");
    }
}
