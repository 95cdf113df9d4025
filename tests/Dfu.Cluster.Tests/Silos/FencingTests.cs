using Dfu.Cluster.Tests.Harness;
using Dfu.Fleet;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Peers;
using Dfu.Grains;
using Dfu.Protocol.Errors;

namespace Dfu.Cluster.Tests.Silos;

/// <summary>Tries to have one device driven by two adapters.</summary>
public sealed class FencingTests
{
    /// <summary>Slow enough that a transfer outlasts a lease.</summary>
    private static readonly RoomSettings Slow = new()
    {
        Devices = 4,
        Scale = 4,
        Size = 32 * 4096,
        Device = static (options, _) => options with { Profile = options.Profile with { SaveProgress = true } },
    };

    private static readonly FleetTimes Times = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_transfer_nobody_hears_of_stops_itself_before_another_adapter_gets_the_device(bool schedulerLosesItToo)
    {
        var network = new CutOff(schedulerLosesItToo);
        await using var fleet = new SiloFleet(2, Slow, new())
        {
            Times = Times,
            Configure = (name, silo) =>
            {
                if (name == SiloFleet.SiloName(1)) silo.AddOutgoingGrainCallFilter(network);
            },
        };
        var (room, journal) = (fleet.Room, fleet.Room.Journal);
        var open = await fleet.OpenAsync();
        await open.StartAsync(room.Request(), CancellationToken.None);
        await room.UntilAsync(() => Writing(journal, "Silo_1").Any(), "a transfer on the silo that is to be cut off");
        network.Cut = true;
        var cut = room.Time.Elapsed;
        var orphans = journal.Drives.Where(static drive => drive is { Host: "Silo_1", Ended: null }).ToArray();
        await room.UntilAsync(() => orphans.All(static orphan => orphan.Ended is not null), "the end of the transfers nobody hears of");

        // The last report may have been sent just before the cut, and accepted.
        Assert.All(orphans, orphan => Assert.InRange((orphan.Ended!.Value - cut).TotalSeconds, 0, (Times.Lease + Times.Report).TotalSeconds + 0.5));
        await room.UntilAsync(() => orphans.All(orphan => journal.Drives.Any(drive => drive.Device == orphan.Device && drive.Began > orphan.Ended)),
            "another attempt on each of their devices");
        network.Cut = false;
        var view = await FleetUnderTest.WaitAsync(open);
        Assert.True(view.Outcome == CampaignOutcome.Succeeded, FleetUnderTest.Describe(view));
        journal.AssertNoDeviceHadTwoDrivers();
        Assert.All(room.Devices, static device => Assert.Equal(1, device.Counters.Activations));
    }

    [Fact]
    public async Task A_silo_that_died_without_its_radios_has_stopped_its_transfers_before_others_begin_theirs()
    {
        await using var fleet = new SiloFleet(2, Slow, new()) { Times = Times, SilosDie = true };
        var (room, journal) = (fleet.Room, fleet.Room.Journal);
        var open = await fleet.OpenAsync();
        await open.StartAsync(room.Request(), CancellationToken.None);
        await room.UntilAsync(() => Writing(journal, "Silo_1").Any(), "a transfer on the silo that is to die");
        await fleet.KillSiloOnlyAsync(1);
        var view = await FleetUnderTest.WaitAsync(open);
        Assert.True(view.Outcome == CampaignOutcome.Succeeded, FleetUnderTest.Describe(view));
        journal.AssertNoDeviceHadTwoDrivers();
        Assert.All(room.Devices, static device => Assert.Equal(1, device.Counters.Activations));
    }

    [Fact]
    public async Task Orders_that_come_twice_late_or_to_the_wrong_adapter_begin_nothing()
    {
        await using var fleet = new SiloFleet(2, Slow, new()) { Times = Times };
        var (room, journal) = (fleet.Room, fleet.Room.Journal);
        var open = await fleet.OpenAsync();
        await open.StartAsync(room.Request(), CancellationToken.None);
        await room.UntilAsync(() => journal.Drives.Any(static drive => drive is { Ended: null, LastWrite: not null }), "a transfer");
        var driven = journal.Drives.First(static drive => drive is { Ended: null, LastWrite: not null }).Device;
        var device = fleet.Grains.GetGrain<IDeviceGrain>(driven.ToString());
        var state = (await device.GetAsync())!;
        var order = new AttemptOrder { Device = state,
            Place = new() { Campaign = open.Snapshot().Id, PackageId = room.Package.Id, ImageSizes = state.ImageSizes } };
        var drives = journal.Drives.Count(drive => drive.Device == driven);

        var own = fleet.Grains.GetGrain<IAdapterGrain>(state.Adapter!);
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => own.BeginAsync(order)));
        Assert.All(answers, static answer => Assert.Equal(AttemptAnswer.Running, answer));
        Assert.Equal(AttemptAnswer.Refused, await own.BeginAsync(order with { Device = state with { Attempt = state.Attempt - 1 } }));
        Assert.Equal(AttemptAnswer.Refused, await own.BeginAsync(
            order with { Device = state with { AdapterEpoch = state.AdapterEpoch - 1, Attempt = state.Attempt + 7 } }));
        foreach (var other in Enumerable.Range(0, 2).Select(fleet.AdapterId).Where(id => id != state.Adapter))
            Assert.Equal(AttemptAnswer.Refused, await fleet.Grains.GetGrain<IAdapterGrain>(other).BeginAsync(order));

        // A second grant, for an adapter that hears the device just as well.
        Assert.False(await device.GrantAsync(
            new(
                state.Attempt + 1, "Silo_9/radio9", 1, state.Heard!.Value, state.Application, state.Application.Bootloader, false, room.Time.GetUtcNow())));
        var view = await FleetUnderTest.WaitAsync(open);
        Assert.True(view.Outcome == CampaignOutcome.Succeeded, FleetUnderTest.Describe(view));
        journal.AssertNoDeviceHadTwoDrivers();
        Assert.Equal(view.Devices.Single(one => one.Application == driven).Attempts, journal.Drives.Count(drive => drive.Device == driven));
        Assert.True(drives >= 1);
    }

    [Fact]
    public async Task Reports_of_another_attempt_change_nothing_and_are_told_so()
    {
        await using var fleet = new SiloFleet(1, Slow, new()) { Times = Times };
        var (room, journal) = (fleet.Room, fleet.Room.Journal);
        var open = await fleet.OpenAsync();
        await open.StartAsync(room.Request(), CancellationToken.None);
        await room.UntilAsync(() => journal.Drives.Any(static drive => drive is { Ended: null, LastWrite: not null }), "a transfer");
        var driven = journal.Drives.First(static drive => drive is { Ended: null, LastWrite: not null }).Device;
        var device = fleet.Grains.GetGrain<IDeviceGrain>(driven.ToString());
        var before = (await device.GetAsync())!;
        foreach (var attempt in new[] { before.Attempt - 1, before.Attempt + 1, 0, int.MaxValue })
        {
            var end = new DeviceEvent.Ended(attempt, DfuError.None, "", true, default, room.Time.GetUtcNow());
            var report = new AttemptReport { Attempt = attempt, Events = [new DeviceEvent.LastExecute(attempt, 0, room.Time.GetUtcNow()), end] };
            Assert.True((await device.ReportAsync(report)).Over);
        }

        var after = (await device.GetAsync())!;
        Assert.Equal((before.Attempt, DeviceOutcome.Pending), (after.Attempt, after.Outcome));
        Assert.True(after.Running);
        Assert.False(after.Images[0].LastExecuteSent);
        Assert.True((await FleetUnderTest.WaitAsync(open)).Outcome == CampaignOutcome.Succeeded);
        journal.AssertNoDeviceHadTwoDrivers();
    }

    [Fact]
    public async Task An_adapter_whose_grain_is_activated_again_has_let_go_of_everything_before()
    {
        await using var fleet = new SiloFleet(1, Slow, new()) { Times = Times };
        var (room, journal) = (fleet.Room, fleet.Room.Journal);
        var open = await fleet.OpenAsync();
        await open.StartAsync(room.Request(), CancellationToken.None);
        await room.UntilAsync(() => Writing(journal, "Silo_0").Any(), "a transfer");
        var adapter = fleet.Grains.GetGrain<IAdapterGrain>(fleet.AdapterId(0));
        var epoch = (await adapter.GetAsync()).Epoch;
        await fleet.Cluster.DeactivateAsync(adapter);
        await room.UntilAsync(() => open.Snapshot().Adapters.All(static one => one.Status == AdapterStatus.Ready), "the radio open again");
        Assert.True((await adapter.GetAsync()).Epoch > epoch);
        Assert.True((await FleetUnderTest.WaitAsync(open)).Outcome == CampaignOutcome.Succeeded);
        journal.AssertNoDeviceHadTwoDrivers();
        Assert.All(room.Devices, static device => Assert.Equal(1, device.Counters.Activations));
    }

    private static IEnumerable<Drive> Writing(Journal journal, string host) =>
        journal.Drives.Where(drive => drive.Host == host && drive is { Ended: null, LastWrite: not null });
}
