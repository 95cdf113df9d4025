using Dfu.Fleet.Devices;
using Dfu.Fleet.Storage;
using Dfu.Grains;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using static Dfu.Cluster.Tests.Devices.Given;

namespace Dfu.Cluster.Tests.Devices;

public sealed class DeviceGrainTests : IClassFixture<DeviceCluster>
{
    private readonly DeviceCluster _cluster;
    private readonly BluetoothAddress _id;
    private readonly IDeviceGrain _device;

    public DeviceGrainTests(DeviceCluster cluster)
    {
        _cluster = cluster;
        _id = cluster.NewDevice();
        _device = cluster.Device(_id);
    }

    private Steps Steps => _cluster.Steps;

    private DeviceState Stored => Record.Device;

    private DeviceRecord Record => FleetJson.Read<DeviceRecord>((string)_cluster.Storage.Payload("device", _id.ToString())!);

    private string[] Seen => [.. Steps.Of(_id)];

    private int Saves => Steps.Count(_id, "save");

    private async Task RunAsync()
    {
        Assert.True(await _device.JoinAsync(Place()));
        Assert.True(await _device.GrantAsync(Grant(_id)));
        await Steps.SeenAsync(_id, "begin 1");
        await Steps.SeenAsync(_id, "changed Connecting");
    }

    /// <summary>What a turn has sent has arrived when this returns.</summary>
    private async Task SettleAsync()
    {
        for (var round = 0; round < 3; round++)
        {
            await _device.GetAsync();
            await _cluster.Grains.GetGrain<IAdapterGrain>(Adapter).GetAsync();
            await _cluster.Grains.GetGrain<ICampaignGrain>("c1").WakeAsync();
            await _cluster.Grains.GetGrain<ISchedulerGrain>(0).LiveAsync("c1", signals: false);
        }
    }

    private async Task ReactivateAsync() => await _cluster.Cluster.DeactivateAsync(_device);

    [Fact]
    public async Task A_device_asks_for_a_slot_is_granted_one_runs_and_ends()
    {
        Assert.True(await _device.JoinAsync(Place()));
        await Steps.SeenAsync(_id, "ask Queued");
        Assert.True(await _device.GrantAsync(Grant(_id)));
        await Steps.SeenAsync(_id, "begin 1");
        Assert.True(await _device.TakesAsync(Report(1, new DeviceEvent.PhaseChanged(1, DevicePhase.Verifying, Elsewhere))));
        await Steps.SeenAsync(_id, "lend 1");
        Assert.True(await _device.TakesAsync(Report(1, new DeviceEvent.ImageActivated(1, 0, false, Elsewhere), Ended(1))));
        await Steps.SeenAsync(_id, "ended Updated");
        Assert.Equal(DeviceOutcome.Updated, (await _device.GetAsync())!.Outcome);
        Assert.Equal(
            ["joined", $"attempt 1 on {Adapter}", "image 0 activated", "Updated"], (await _device.HistoryAsync()).Select(entry => entry.Text).ToArray());
        string[] order = ["save Queued", "ask Queued after 0", "save Connecting", "begin 1 for c1", "save Verifying", "lend 1", "save Done", "ended Updated"];
        Assert.Equal(order, Seen.Where(step => !step.StartsWith("changed", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Nothing_is_sent_before_the_decision_is_saved()
    {
        Assert.True(await _device.JoinAsync(Place()));
        await Steps.SeenAsync(_id, "changed Queued");
        var saved = new TaskCompletionSource();
        _cluster.Storage.Hold(_id.ToString(), saved.Task);
        var before = Seen.Length;
        var granting = _device.GrantAsync(Grant(_id));
        await _cluster.Grains.GetGrain<IAdapterGrain>(Adapter).GetAsync();
        Assert.False(granting.IsCompleted);
        Assert.DoesNotContain(Seen[before..], step => !step.StartsWith("ask", StringComparison.Ordinal));
        saved.SetResult();
        Assert.True(await granting);
        await Steps.SeenAsync(_id, "begin 1");
        Assert.True(Array.IndexOf(Seen, "save Connecting") < Array.IndexOf(Seen, "begin 1 for c1"));
        Assert.True(Array.IndexOf(Seen, "save Connecting") < Array.IndexOf(Seen, "changed Connecting"));
    }

    [Fact]
    public async Task An_attempt_its_adapter_refuses_goes_back_to_the_queue_at_once()
    {
        _cluster.Neighbours.Begins[_id] = order => Task.FromResult(order.Device.Attempt == 1 ? AttemptAnswer.Refused : AttemptAnswer.Running);
        Assert.True(await _device.JoinAsync(Place()));
        Assert.True(await _device.GrantAsync(Grant(_id))); // its campaign may be told of this and of the refusal in one
        await Steps.SeenAsync(_id, "ask Queued after 1");
        Assert.Equal((DevicePhase.Queued, 1), (Stored.Phase, Stored.Attempt));
        Assert.False(await _device.TakesAsync(Report(1)));
        Assert.True(await _device.GrantAsync(Grant(_id, attempt: 2)));
        await Steps.SeenAsync(_id, "begin 2");
        Assert.True(await _device.TakesAsync(Report(2)));
    }

    [Fact]
    public async Task A_silent_attempt_goes_back_to_the_queue_when_its_lease_is_over_and_its_late_reports_are_refused()
    {
        await RunAsync();
        _cluster.Time.Advance(4.4);
        Assert.True(await _device.TakesAsync(Report(1)));
        _cluster.Time.Advance(4.4);
        await SettleAsync();
        Assert.True((await _device.GetAsync())!.Running);
        _cluster.Time.Advance(0.1);
        await Steps.SeenAsync(_id, "ask Queued after 1");
        Assert.Equal(DevicePhase.Queued, Stored.Phase);
        Assert.False(await _device.TakesAsync(Report(1, Ended(1))));
        Assert.Equal(DeviceOutcome.Pending, Stored.Outcome);
    }

    [Fact]
    public async Task An_adapter_that_cannot_be_reached_is_asked_again_until_the_lease_is_over()
    {
        _cluster.Neighbours.Begins[_id] = _ => Task.FromException<AttemptAnswer>(new TimeoutException("its silo is gone"));
        await RunAsync();
        await SettleAsync();
        _cluster.Time.Advance(2);
        await Steps.SeenAsync(_id, "begin 1", 2);
        await SettleAsync();
        _cluster.Time.Advance(2.5);
        await Steps.SeenAsync(_id, "ask Queued after 1");
        Assert.Equal(1, Stored.Attempt);
    }

    [Fact]
    public async Task No_turn_waits_for_an_adapter_or_a_campaign_that_hangs()
    {
        var never = new TaskCompletionSource<AttemptAnswer>();
        _cluster.Neighbours.Begins[_id] = _ => never.Task;
        _cluster.Neighbours.Campaigns[_id] = () => never.Task;
        Assert.True(await _device.JoinAsync(new() { Campaign = "hanging", PackageId = "p1", ImageSizes = [100_000] }));
        Assert.True(await _device.GrantAsync(Grant(_id, "here/hanging")));
        await Steps.SeenAsync(_id, "begin 1");
        _cluster.Time.Advance(2);
        await SettleAsync();
        Assert.True(await _device.TakesAsync(Report(1, Confirmed(1, 4096))));
        Assert.True(await _device.TakesAsync(Report(1, Ended(1))));
        Assert.Equal(DeviceOutcome.Updated, Stored.Outcome);
        never.SetResult(AttemptAnswer.Running);
        await Steps.SeenAsync(_id, "ended Updated");
        await _cluster.Grains.GetGrain<IAdapterGrain>("here/hanging").GetAsync();
        Assert.Equal((1, 1), (Steps.Count(_id, "begin"), Steps.Count(_id, "changed")));
    }

    [Fact]
    public async Task An_activation_does_again_what_is_outstanding()
    {
        Assert.True(await _device.JoinAsync(Place()));
        await Steps.SeenAsync(_id, "ask Queued");
        await ReactivateAsync();
        await _device.GetAsync();
        await Steps.SeenAsync(_id, "ask Queued", 2);

        Assert.True(await _device.GrantAsync(Grant(_id)));
        await Steps.SeenAsync(_id, "begin 1");
        await ReactivateAsync();
        var before = Saves;
        Assert.True((await _device.GetAsync())!.Running);
        await Steps.SeenAsync(_id, "begin 1", 2);
        Assert.Equal(before + 1, Saves);

        Assert.True(await _device.TakesAsync(Report(1, Ended(1))));
        await Steps.SeenAsync(_id, "ended Updated");
        await ReactivateAsync();
        await _device.GetAsync();
        await Steps.SeenAsync(_id, "ended Updated", 2);
    }

    [Fact]
    public async Task An_outcome_is_reported_until_the_campaign_has_stored_it()
    {
        var failures = 2;
        _cluster.Neighbours.Campaigns[_id] = () => failures-- > 0 ? Task.FromException(new IOException("no disk")) : Task.CompletedTask;
        Assert.True(await _device.JoinAsync(Place()));
        await Steps.SeenAsync(_id, "changed");
        await _device.CancelAsync("c1", 0);
        for (var times = 1; times <= 2; times++)
        {
            await Steps.SeenAsync(_id, "ended Cancelled", times);
            await SettleAsync();
            _cluster.Time.Advance(2);
        }

        await SettleAsync();
        _cluster.Time.Advance(60);
        await SettleAsync();
        Assert.Equal(2, Steps.Count(_id, "ended Cancelled"));
    }

    [Fact]
    public async Task A_campaign_that_is_gone_is_told_once()
    {
        _cluster.Neighbours.Campaigns[_id] = () => Task.FromException(new KeyNotFoundException("forgotten"));
        Assert.True(await _device.JoinAsync(Place()));
        await _device.CancelAsync("c1", 0);
        await Steps.SeenAsync(_id, "ended Cancelled");
        await SettleAsync();
        _cluster.Time.Advance(60);
        await SettleAsync();
        Assert.Equal(1, Steps.Count(_id, "ended Cancelled"));
    }

    [Fact]
    public async Task A_running_attempt_that_is_cancelled_is_stopped_and_its_end_is_the_outcome()
    {
        await RunAsync();
        await _device.CancelAsync("c1", 0);
        await Steps.SeenAsync(_id, "stop 1 Cancelled");
        await SettleAsync();
        _cluster.Time.Advance(2);
        await Steps.SeenAsync(_id, "stop 1 Cancelled", 2);
        Assert.True(await _device.TakesAsync(Report(1, Ended(1, DfuError.Cancelled))));
        await Steps.SeenAsync(_id, "ended Cancelled");
        Assert.Equal(DeviceOutcome.Cancelled, Stored.Outcome);
    }

    [Fact]
    public async Task Another_campaign_waits_until_the_first_is_done_with_the_device()
    {
        await RunAsync();
        Assert.False(await _device.JoinAsync(Place("c2")));
        Assert.Equal("c1", Record.Campaign);
        Assert.True(await _device.TakesAsync(Report(1, Ended(1))));
        Assert.True(await _device.JoinAsync(Place("c2")));
        Assert.Equal(("c2", DevicePhase.Queued, 1), (Record.Campaign, Stored.Phase, Stored.Attempt));
        Assert.True(await _device.GrantAsync(Grant(_id, attempt: 2)));
        await Steps.SeenAsync(_id, "begin 2 for c2");
    }

    [Fact]
    public async Task A_campaign_that_asks_again_has_a_failed_device_tried_again()
    {
        await RunAsync();
        Assert.True(await _device.TakesAsync(Report(1, Ended(1, DfuError.SignatureRefused))));
        await Steps.SeenAsync(_id, "ended Failed");
        await SettleAsync();
        Assert.True(await _device.JoinAsync(Place()));
        await Steps.SeenAsync(_id, "ended Failed", 2);
        Assert.Equal(DeviceOutcome.Failed, Stored.Outcome);
        Assert.True(await _device.JoinAsync(Place(run: 1)));
        await Steps.SeenAsync(_id, "ask Queued after 1");
        Assert.Equal((DevicePhase.Queued, DeviceOutcome.Pending), (Stored.Phase, Stored.Outcome));
    }

    [Fact]
    public async Task A_device_nobody_hears_gives_up_after_the_patience_of_its_own_clock()
    {
        _cluster.Neighbours.Airs[_id] = () => Air(heard: null, listening: 3600);
        Assert.True(await _device.JoinAsync(Place()));
        await Steps.SeenAsync(_id, "ask Queued");
        await SettleAsync();
        _cluster.Time.Advance(119);
        await Steps.SeenAsync(_id, "ask Queued", 2);
        await SettleAsync();
        Assert.Equal(DeviceOutcome.Pending, (await _device.GetAsync())!.Outcome);
        _cluster.Time.Advance(2);
        await Steps.SeenAsync(_id, "ended Failed");
        Assert.Equal((DeviceOutcome.Failed, DfuError.NotHeard), (Stored.Outcome, Stored.Error));
    }

    [Fact]
    public async Task A_scheduler_that_does_not_know_the_campaign_yet_is_asked_again_soon()
    {
        var known = false;
        _cluster.Neighbours.Airs[_id] = () => new AirReport { Known = known };
        Assert.True(await _device.JoinAsync(Place()));
        await Steps.SeenAsync(_id, "ask Queued");
        await SettleAsync();
        known = true;
        _cluster.Time.Advance(0.25);
        await Steps.SeenAsync(_id, "ask Queued", 2);
        await SettleAsync();
        _cluster.Time.Advance(0.5);
        await SettleAsync();
        Assert.Equal(2, Steps.Count(_id, "ask Queued"));
    }

    [Fact]
    public async Task A_name_that_is_no_address_is_no_device() =>
        await Assert.ThrowsAnyAsync<Exception>(() => _cluster.Grains.GetGrain<IDeviceGrain>("kitchen lamp").GetAsync());
}
