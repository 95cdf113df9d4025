using Dfu.Fleet.Devices;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Storage;
using Dfu.Grains;
using Dfu.Protocol.Errors;
using static Dfu.Cluster.Tests.Devices.Given;

namespace Dfu.Cluster.Tests.Devices;

public sealed class DeviceGrainTests(DeviceCluster cluster) : DeviceGrainBench(cluster)
{
    [Fact]
    public async Task A_device_asks_for_a_slot_is_granted_one_runs_and_ends()
    {
        Assert.True(await Device.JoinAsync(Place()));
        await Steps.SeenAsync(Id, "ask Queued");
        Assert.True(await Device.GrantAsync(Grant(Id)));
        await Steps.SeenAsync(Id, "begin 1");
        Assert.True(await Device.TakesAsync(Report(1, new DeviceEvent.PhaseChanged(1, DevicePhase.Verifying, Elsewhere))));
        await Steps.SeenAsync(Id, "lend 1");
        Assert.True(await Device.TakesAsync(Report(1, new DeviceEvent.ImageActivated(1, 0, false, Elsewhere), Ended(1))));
        await Steps.SeenAsync(Id, "ended Updated");
        Assert.Equal(DeviceOutcome.Updated, (await Device.GetAsync())!.Outcome);
        Assert.Equal(
            ["joined", $"attempt 1 on {Adapter}", "image 0 activated", "Updated"], (await Device.HistoryAsync()).Select(entry => entry.Text).ToArray());
        string[] order = ["save Queued", "ask Queued after 0", "save Connecting", "begin 1 for c1", "save Verifying", "lend 1", "save Done", "ended Updated"];
        Assert.Equal(order, Seen.Where(step => !step.StartsWith("changed", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Nothing_is_sent_before_the_decision_is_saved()
    {
        Assert.True(await Device.JoinAsync(Place()));
        await Steps.SeenAsync(Id, "changed Queued");
        var saved = new TaskCompletionSource();
        Cluster.Storage.Hold(Id.ToString(), saved.Task);
        var before = Seen.Length;
        var granting = Device.GrantAsync(Grant(Id));
        await Cluster.Grains.GetGrain<IAdapterGrain>(Adapter).GetAsync();
        Assert.False(granting.IsCompleted);
        Assert.DoesNotContain(Seen[before..], step => !step.StartsWith("ask", StringComparison.Ordinal));
        saved.SetResult();
        Assert.True(await granting);
        await Steps.SeenAsync(Id, "begin 1");
        Assert.True(Array.IndexOf(Seen, "save Connecting") < Array.IndexOf(Seen, "begin 1 for c1"));
        Assert.True(Array.IndexOf(Seen, "save Connecting") < Array.IndexOf(Seen, "changed Connecting"));
    }

    [Fact]
    public async Task An_attempt_its_adapter_refuses_goes_back_to_the_queue_at_once()
    {
        Cluster.Neighbours.Begins[Id] = order => Task.FromResult(order.Device.Attempt == 1 ? AttemptAnswer.Refused : AttemptAnswer.Running);
        Assert.True(await Device.JoinAsync(Place()));
        Assert.True(await Device.GrantAsync(Grant(Id))); // its campaign may be told of this and of the refusal in one
        await Steps.SeenAsync(Id, "ask Queued after 1");
        Assert.Equal((DevicePhase.Queued, 1), (Stored.Phase, Stored.Attempt));
        Assert.False(await Device.TakesAsync(Report(1)));
        Assert.True(await Device.GrantAsync(Grant(Id, attempt: 2)));
        await Steps.SeenAsync(Id, "begin 2");
        Assert.True(await Device.TakesAsync(Report(2)));
    }

    [Fact]
    public async Task A_silent_attempt_goes_back_to_the_queue_when_its_lease_is_over_and_its_late_reports_are_refused()
    {
        await RunAsync();
        Cluster.Time.Advance(4.4);
        Assert.True(await Device.TakesAsync(Report(1)));
        Cluster.Time.Advance(4.4);
        await SettleAsync();
        Assert.True((await Device.GetAsync())!.Running);
        Cluster.Time.Advance(0.1);
        await Steps.SeenAsync(Id, "ask Queued after 1");
        Assert.Equal(DevicePhase.Queued, Stored.Phase);
        Assert.False(await Device.TakesAsync(Report(1, Ended(1))));
        Assert.Equal(DeviceOutcome.Pending, Stored.Outcome);
    }

    [Fact]
    public async Task An_adapter_that_cannot_be_reached_is_asked_again_until_the_lease_is_over()
    {
        Cluster.Neighbours.Begins[Id] = _ => Task.FromException<AttemptAnswer>(new TimeoutException("its silo is gone"));
        await RunAsync();
        await SettleAsync();
        Cluster.Time.Advance(2);
        await Steps.SeenAsync(Id, "begin 1", 2);
        await SettleAsync();
        Cluster.Time.Advance(2.5);
        await Steps.SeenAsync(Id, "ask Queued after 1");
        Assert.Equal(1, Stored.Attempt);
    }

    [Fact]
    public async Task No_turn_waits_for_an_adapter_or_a_campaign_that_hangs()
    {
        var never = new TaskCompletionSource<AttemptAnswer>();
        Cluster.Neighbours.Begins[Id] = _ => never.Task;
        Cluster.Neighbours.Campaigns[Id] = () => never.Task;
        Assert.True(await Device.JoinAsync(new() { Campaign = "hanging", PackageId = "p1", ImageSizes = [100_000] }));
        Assert.True(await Device.GrantAsync(Grant(Id, "here/hanging")));
        await Steps.SeenAsync(Id, "begin 1");
        Cluster.Time.Advance(2);
        await SettleAsync();
        Assert.True(await Device.TakesAsync(Report(1, Confirmed(1, 4096))));
        Assert.True(await Device.TakesAsync(Report(1, Ended(1))));
        Assert.Equal(DeviceOutcome.Updated, Stored.Outcome);
        never.SetResult(AttemptAnswer.Running);
        await Steps.SeenAsync(Id, "ended Updated");
        await Cluster.Grains.GetGrain<IAdapterGrain>("here/hanging").GetAsync();
        Assert.Equal((1, 1), (Steps.Count(Id, "begin"), Steps.Count(Id, "changed")));
    }

    [Fact]
    public async Task An_activation_does_again_what_is_outstanding()
    {
        Assert.True(await Device.JoinAsync(Place()));
        await Steps.SeenAsync(Id, "ask Queued");
        await ReactivateAsync();
        await Device.GetAsync();
        await Steps.SeenAsync(Id, "ask Queued", 2);

        Assert.True(await Device.GrantAsync(Grant(Id)));
        await Steps.SeenAsync(Id, "begin 1");
        await ReactivateAsync();
        var before = Saves;
        Assert.True((await Device.GetAsync())!.Running);
        await Steps.SeenAsync(Id, "begin 1", 2);
        Assert.Equal(before + 1, Saves);

        Assert.True(await Device.TakesAsync(Report(1, Ended(1))));
        await Steps.SeenAsync(Id, "ended Updated");
        await ReactivateAsync();
        await Device.GetAsync();
        await Steps.SeenAsync(Id, "ended Updated", 2);
    }

    [Fact]
    public async Task An_outcome_is_reported_until_the_campaign_has_stored_it()
    {
        var failures = 2;
        Cluster.Neighbours.Campaigns[Id] = () => failures-- > 0 ? Task.FromException(new IOException("no disk")) : Task.CompletedTask;
        Assert.True(await Device.JoinAsync(Place()));
        await Steps.SeenAsync(Id, "changed");
        await Device.CancelAsync("c1", 0, drain: false);
        for (var times = 1; times <= 2; times++)
        {
            await Steps.SeenAsync(Id, "ended Cancelled", times);
            await SettleAsync();
            Cluster.Time.Advance(2);
        }

        await SettleAsync();
        Cluster.Time.Advance(60);
        await SettleAsync();
        Assert.Equal(2, Steps.Count(Id, "ended Cancelled"));
    }

    [Fact]
    public async Task A_campaign_that_is_gone_is_told_once()
    {
        Cluster.Neighbours.Campaigns[Id] = () => Task.FromException(new KeyNotFoundException("forgotten"));
        Assert.True(await Device.JoinAsync(Place()));
        await Device.CancelAsync("c1", 0, drain: false);
        await Steps.SeenAsync(Id, "ended Cancelled");
        await SettleAsync();
        Cluster.Time.Advance(60);
        await SettleAsync();
        Assert.Equal(1, Steps.Count(Id, "ended Cancelled"));
    }

    [Fact]
    public async Task A_running_attempt_that_is_cancelled_is_stopped_and_its_end_is_the_outcome()
    {
        await RunAsync();
        await Device.CancelAsync("c1", 0, drain: false);
        await Steps.SeenAsync(Id, "stop 1 Cancelled");
        await SettleAsync();
        Cluster.Time.Advance(2);
        await Steps.SeenAsync(Id, "stop 1 Cancelled", 2);
        Assert.True(await Device.TakesAsync(Report(1, Ended(1, DfuError.Cancelled))));
        await Steps.SeenAsync(Id, "ended Cancelled");
        Assert.Equal(DeviceOutcome.Cancelled, Stored.Outcome);
    }

    [Fact]
    public async Task Another_campaign_waits_until_the_first_is_done_with_the_device()
    {
        await RunAsync();
        Assert.False(await Device.JoinAsync(Place("c2")));
        Assert.Equal("c1", Record.Campaign);
        Assert.True(await Device.TakesAsync(Report(1, Ended(1))));
        Assert.True(await Device.JoinAsync(Place("c2")));
        Assert.Equal(("c2", DevicePhase.Queued, 1), (Record.Campaign, Stored.Phase, Stored.Attempt));
        Assert.True(await Device.GrantAsync(Grant(Id, attempt: 2)));
        await Steps.SeenAsync(Id, "begin 2 for c2");
    }

    [Fact]
    public async Task A_campaign_that_asks_again_has_a_failed_device_tried_again()
    {
        await RunAsync();
        Assert.True(await Device.TakesAsync(Report(1, Ended(1, DfuError.SignatureRefused))));
        await Steps.SeenAsync(Id, "ended Failed");
        await SettleAsync();
        Assert.True(await Device.JoinAsync(Place()));
        await Steps.SeenAsync(Id, "ended Failed", 2);
        Assert.Equal(DeviceOutcome.Failed, Stored.Outcome);
        Assert.True(await Device.JoinAsync(Place(run: 1)));
        await Steps.SeenAsync(Id, "ask Queued after 1");
        Assert.Equal((DevicePhase.Queued, DeviceOutcome.Pending), (Stored.Phase, Stored.Outcome));
    }

    [Fact]
    public async Task A_device_nobody_hears_gives_up_after_the_patience_of_its_own_clock()
    {
        Cluster.Neighbours.Airs[Id] = () => Air(heard: null, listening: 3600);
        Assert.True(await Device.JoinAsync(Place()));
        await Steps.SeenAsync(Id, "ask Queued");
        await SettleAsync();
        Cluster.Time.Advance(119);
        await Steps.SeenAsync(Id, "ask Queued", 2);
        await SettleAsync();
        Assert.Equal(DeviceOutcome.Pending, (await Device.GetAsync())!.Outcome);
        Cluster.Time.Advance(2);
        await Steps.SeenAsync(Id, "ended Failed");
        Assert.Equal((DeviceOutcome.Failed, DfuError.NotHeard), (Stored.Outcome, Stored.Error));
    }

    [Fact]
    public async Task A_scheduler_that_does_not_know_the_campaign_yet_is_asked_again_soon()
    {
        var known = false;
        Cluster.Neighbours.Airs[Id] = () => new AirReport { Known = known };
        Assert.True(await Device.JoinAsync(Place()));
        await Steps.SeenAsync(Id, "ask Queued");
        await SettleAsync();
        known = true;
        Cluster.Time.Advance(0.25);
        await Steps.SeenAsync(Id, "ask Queued", 2);
        await SettleAsync();
        Cluster.Time.Advance(0.5);
        await SettleAsync();
        Assert.Equal(2, Steps.Count(Id, "ask Queued"));
    }

    [Fact]
    public async Task An_activation_that_has_missed_an_attempt_ends_and_the_next_one_knows_of_it()
    {
        var accepted = 0;
        Cluster.Neighbours.Airs[Id] = () => Air() with { Accepted = accepted };
        Assert.True(await Device.JoinAsync(Place()));
        await Steps.SeenAsync(Id, "ask Queued");
        await SettleAsync();

        // Another activation, for whom this one was lost, has written.
        Cluster.Storage.Overwrite("device", Id.ToString(), FleetJson.Write(Record with { Device = Stored with { Attempt = 2 } }));
        accepted = 2;
        var over = Cluster.Cluster.WaitForDeactivationAsync(Device);
        Cluster.Time.Advance(10);
        await over;
        Assert.Equal(2, (await Device.GetAsync())!.Attempt);

        // One that is up to date goes on.
        await Steps.SeenAsync(Id, "ask Queued after 2");
        await SettleAsync();
        Assert.True(await Device.GrantAsync(Grant(Id, attempt: 3)));
        await Steps.SeenAsync(Id, "begin 3");
    }

    [Fact]
    public async Task A_name_that_is_no_address_is_no_device() =>
        await Assert.ThrowsAnyAsync<Exception>(() => Cluster.Grains.GetGrain<IDeviceGrain>("kitchen lamp").GetAsync());
}
