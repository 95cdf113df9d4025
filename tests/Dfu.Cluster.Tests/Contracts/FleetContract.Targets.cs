using Dfu.Cluster.Tests.Harness;
using Dfu.Fleet;

namespace Dfu.Cluster.Tests.Contracts;

/// <summary>Who is updated.</summary>
public abstract partial class FleetContract
{
    /// <summary>Every second device waits in its bootloader.</summary>
    private static readonly RoomSettings Mixed = new() { Device = static (options, index) => options with { StartsInApplication = index % 2 == 0, ApplicationSize = 20_000 } };

    [Fact]
    public async Task All_takes_every_device_that_is_heard_in_the_time_given()
    {
        await using var fleet = Create(Mixed, devices: 5);
        var view = await fleet.FlashAsync(fleet.Room.Request(new() { All = true, ScanTime = TimeSpan.FromSeconds(5) }));
        AssertSucceeded(fleet, view);
        Assert.Equal(fleet.Room.Devices.Select(static device => device.ApplicationAddress).Order(), view.Devices.Select(static device => device.Application).Order());
    }

    [Fact]
    public async Task All_with_a_count_takes_as_many_as_it_says_and_begins_before_it_has_them()
    {
        await using var fleet = Create(devices: 6);
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
        await using var fleet = Create(Mixed, devices: 4);
        var view = await fleet.FlashAsync(fleet.Room.Request(new() { NameGlob = "A?p*", ScanTime = TimeSpan.FromSeconds(5) }));
        Assert.True(view.Outcome == CampaignOutcome.Succeeded, FleetUnderTest.Describe(view));
        Assert.Equal(fleet.Room.Devices.Where(static device => device.Options.StartsInApplication).Select(static device => device.ApplicationAddress).Order(), view.Devices.Select(static device => device.Application).Order());
        Assert.Equal(2, fleet.Room.Updated);
    }

    [Fact]
    public async Task An_address_may_be_the_applications_or_the_bootloaders()
    {
        await using var fleet = Create(Mixed, devices: 4);
        var addresses = fleet.Room.Devices.Select(static device => device.InApplication ? device.ApplicationAddress : device.BootloaderAddress);
        var view = await fleet.FlashAsync(fleet.Room.Request(new() { Addresses = [.. addresses] }));
        AssertSucceeded(fleet, view);
        Assert.Equal(fleet.Room.Devices.Select(static device => device.ApplicationAddress).Order(), view.Devices.Select(static device => device.Application).Order());
        Assert.All(view.Devices, device => Assert.Equal(device.Application.Bootloader, device.Bootloader));
    }
}
