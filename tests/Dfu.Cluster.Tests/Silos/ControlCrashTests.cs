using Dfu.Cluster.Tests.Harness;
using Dfu.Cluster.Tests.Support;
using Dfu.Fleet;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Plans;
using Dfu.Grains;
using Dfu.Protocol.Errors;

namespace Dfu.Cluster.Tests.Silos;

/// <summary>
/// The host is killed in the moment in which a control is acknowledged, as a power cut would, and started again on what it had stored: the control
/// holds, and no device is lost.
/// </summary>
public sealed class ControlCrashTests
{
    private static readonly RoomSettings OneByOne = new() { Devices = 3, Radios = 1, Scale = 40 };

    private static readonly CampaignLimits Limits = new() { Patience = TimeSpan.FromMinutes(20), MaxConcurrency = 1 };

    /// <summary>Long enough for several devices.</summary>
    private const double Meanwhile = 40;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_pause_and_after_it_the_resuming(bool cut)
    {
        await using var host = await Host.StartAsync(OneByOne);
        await host.AtWorkAsync();
        await host.CrashAfterAsync(new(CampaignControlKind.Pause, "olaf") { Cut = cut });
        Assert.Equal(HoldReason.Paused, Assert.Single((await host.StandingAsync()).Holds).Reason);
        var drives = await host.DrivesAfterAsync(Meanwhile);
        Assert.InRange(drives, 0, cut ? 0 : 1); // what was under way went down with the host
        Assert.True(host.Room.Updated <= 1 && (await host.StandingAsync()).Outcome == CampaignOutcome.Running);

        await host.CrashAfterAsync(new(CampaignControlKind.Resume, "olaf"));
        await host.SucceedsAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_cancellation(bool cut)
    {
        await using var host = await Host.StartAsync(OneByOne);
        await host.AtWorkAsync();
        await host.CrashAfterAsync(new(CampaignControlKind.Cancel, "olaf") { Cut = cut });
        var standing = await host.OverAsync();
        Assert.Equal((CampaignOutcome.Failed, true, 3), (standing.Outcome, standing.CancelRequested, standing.Updated + standing.Cancelled));
        Assert.InRange(standing.Cancelled, 2, 3);
        Assert.Equal(0, await host.DrivesAfterAsync(Meanwhile));
    }

    [Fact]
    public async Task A_threshold_that_was_met()
    {
        await using var host = await Host.StartAsync(
            OneByOne with { Device = static (options, index) => index == 0 ? options with { HwVersion = 51 } : options },
            new() { Errors = new() { Count = 1 } },
            silent: [1, 2]); // so that the one that fails goes first on a busy host, too
        await host.UntilAsync(static standing => standing.Holds.Any(static hold => hold.Reason == HoldReason.Failures));
        await host.CrashAsync();
        var standing = await host.StandingAsync();
        Assert.Equal((HoldReason.Failures, 1), (Assert.Single(standing.Holds).Reason, standing.Failed));
        host.Hear(1);
        host.Hear(2);
        Assert.Equal(0, await host.DrivesAfterAsync(Meanwhile));

        await host.CrashAfterAsync(new(CampaignControlKind.Resume, "olaf"));
        standing = await host.OverAsync();
        Assert.Equal((2, 1), (standing.Updated, standing.Failed));
    }

    [Fact]
    public async Task A_window_that_is_closed()
    {
        var wall = new HandTime();
        var noon = new TimeWindow { From = new(12, 0), To = new(13, 0) };
        await using var host = await Host.StartAsync(OneByOne, new() { Schedule = new() { Windows = [noon] } }, wall);
        await host.UntilAsync(static standing => standing.Holds.Any(static hold => hold.Reason == HoldReason.OutsideWindow));
        await host.CrashAsync();
        Assert.Equal(HoldReason.OutsideWindow, Assert.Single((await host.StandingAsync()).Holds).Reason);
        Assert.Equal(0, await host.DrivesAfterAsync(Meanwhile));
        wall.Advance(TimeSpan.FromHours(12));
        await host.SucceedsAsync();
    }

    [Fact]
    public async Task An_approval()
    {
        await using var host = await Host.StartAsync(
            OneByOne, new() { Groups = [new() { Name = "canary", Count = 1, Approval = true }, new() { Name = "rest" }] });
        await host.UntilAsync(static standing => standing.Holds.Any(static hold => hold.Reason == HoldReason.Approval));
        await host.CrashAsync();
        Assert.Equal((HoldReason.Approval, 1), ((await host.StandingAsync()).Holds[0].Reason, host.Room.Updated));
        await host.CrashAfterAsync(new(CampaignControlKind.Approve, "olaf"));
        await host.SucceedsAsync();
    }

    [Fact]
    public async Task A_retry_of_a_campaign_that_was_over()
    {
        await using var host = await Host.StartAsync(OneByOne, limits: Limits with { Patience = TimeSpan.FromSeconds(60), MaxConcurrency = null }, silent: [2]);
        var standing = await host.OverAsync();
        Assert.Equal((2, 1), (standing.Updated, standing.Failed));
        host.Hear(2);
        await host.CrashAfterAsync(new(CampaignControlKind.Retry, "olaf") { Devices = [host.Room.Devices[2].ApplicationAddress] });
        await host.SucceedsAsync();
        Assert.All(host.Room.Devices, static device => Assert.Equal(1, device.Counters.Activations));
    }

    /// <summary>A host with one radio, and one campaign.</summary>
    private sealed class Host(SiloFleet fleet, string campaign) : IAsyncDisposable
    {
        private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

        /// <summary>What went down with the host is given up sooner than usual.</summary>
        private static readonly FleetTimes Times = FleetTimes.Alone with { Lease = TimeSpan.FromSeconds(1.5), Silence = TimeSpan.FromSeconds(2) };

        public Room Room => fleet.Room;

        private ICampaignGrain Campaign => fleet.Grains.GetGrain<ICampaignGrain>(campaign);

        public static async Task<Host> StartAsync(
            RoomSettings room, CampaignPlan? plan = null, TimeProvider? wall = null, CampaignLimits? limits = null, int[]? silent = null)
        {
            var fleet = new SiloFleet(1, room, new()) { Wall = wall, Times = Times.Scaled(room.Scale) };
            foreach (var number in silent ?? []) fleet.Room.SetDeaf(0, fleet.Room.Devices[number]);
            var open = await fleet.OpenAsync();
            var view = await open.StartAsync(fleet.Room.Request() with { Limits = limits ?? Limits, Plan = plan ?? new() }, CancellationToken.None);
            return new(fleet, view.Id);
        }

        public Task AtWorkAsync() =>
            Room.UntilAsync(() => Room.Journal.Drives.Any(static drive => drive is { Ended: null, LastWrite: not null }), "a transfer");

        /// <summary>A device that was silent is heard from now on.</summary>
        public void Hear(int number) => Room.SetDeaf(0, Room.Devices[number], deaf: false);

        public Task<CampaignStanding> StandingAsync() => Campaign.StandingAsync();

        /// <summary>It is acknowledged, and the host is gone.</summary>
        public async Task CrashAfterAsync(CampaignControl control)
        {
            var answer = await Campaign.ControlAsync(control);
            Assert.True(answer.Error == DfuError.None, answer.Detail);
            await CrashAsync();
        }

        public async Task CrashAsync()
        {
            await fleet.AbandonAsync();
            await fleet.OpenAsync();
        }

        /// <summary>Attempts that begin in so much of the room's time.</summary>
        public async Task<int> DrivesAfterAsync(double seconds)
        {
            var before = Room.Journal.Drives.Count;
            await Room.AfterAsync(seconds);
            return Room.Journal.Drives.Count - before;
        }

        public async Task UntilAsync(Func<CampaignStanding, bool> holds)
        {
            var began = TimeProvider.System.GetTimestamp();
            while (!holds(await StandingAsync()))
            {
                Assert.True(TimeProvider.System.GetElapsedTime(began) < Patience, $"it never came: {await StandingAsync()}");
                await Room.AfterAsync(1);
            }
        }

        public async Task<CampaignStanding> OverAsync()
        {
            await UntilAsync(static standing => standing.Outcome != CampaignOutcome.Running);
            return await StandingAsync();
        }

        public async Task SucceedsAsync()
        {
            Assert.Equal(CampaignOutcome.Succeeded, (await OverAsync()).Outcome);
            Assert.Equal(Room.Devices.Count, Room.Updated);
            Room.Journal.AssertNoDeviceHadTwoDrivers();
        }

        public async ValueTask DisposeAsync() => await fleet.DisposeAsync();
    }
}
