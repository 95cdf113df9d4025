using Dfu.Adapters;
using Dfu.Cluster.Tests.Support;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Errors;

namespace Dfu.Cluster.Tests.Adapters;

/// <summary>What operators do to adapters, and what is left of it when their host dies.</summary>
public sealed class ControlTests
{
    [Fact]
    public async Task A_drained_adapter_finishes_what_it_has_and_hears_on_but_begins_nothing_until_it_is_resumed()
    {
        await using var cluster = await AdapterCluster.StartAsync();
        var adapter = await cluster.ReadyAsync();
        await adapter.BeginAsync(await cluster.OrderAsync());
        var attempt = await cluster.Attempts.NextAsync();
        var answer = await ControlAsync(cluster, AdapterControlKind.Drain);
        Assert.Equal(ControlAnswer.Done("it begins no further transfer until it is resumed; 1 transfer under way is finished"), answer);
        Assert.Equal(AttemptAnswer.Refused, await adapter.BeginAsync(await cluster.OrderAsync(2)));

        Assert.False(attempt.Stopped.IsCancellationRequested);
        attempt.End.SetResult(new(true));
        await cluster.UntilAsync(async () => (await adapter.GetAsync()).Slots.IsEmpty, "what it had is finished");
        var state = await adapter.GetAsync();
        Assert.Equal((AdapterStatus.Ready, 0, "me", true), (state.Status, state.Free, state.HeldBy, state.Listens));
        Assert.Equal((1, 1), (cluster.Source().Openings, cluster.Source().Open));
        Assert.Equal(ControlAnswer.Done("it was drained by me already"), await ControlAsync(cluster, AdapterControlKind.Drain));

        Assert.Equal(ControlAnswer.Done("it takes part again"), await ControlAsync(cluster, AdapterControlKind.Resume));
        Assert.Equal(ControlAnswer.Done("it takes part already"), await ControlAsync(cluster, AdapterControlKind.Resume));
        Assert.Equal(AttemptAnswer.Running, await adapter.BeginAsync(await cluster.OrderAsync(2)));
    }

    [Fact]
    public async Task What_was_answered_is_still_so_after_its_host_was_killed_and_started_again_and_the_audit_hears_of_it()
    {
        await using var cluster = await AdapterCluster.StartAsync(silos: 2);
        var silo = cluster.Cluster.Silos[1];
        cluster.Peers.AuditIsAway = new TimeoutException("its silo is gone");
        Assert.Equal(new AdapterOpening(), await cluster.Adapter(silo.Name).OpenedAsync().Soon());
        await AnswerAsync(cluster, cluster.Adapter(silo.Name).ControlAsync(new(AdapterControlKind.Drain, "ann@line")));
        await cluster.Cluster.KillSiloAsync(silo);
        cluster.Peers.AuditIsAway = null;
        await cluster.RestartAsync(silo);

        var adapter = cluster.Adapter(silo.Name);
        await cluster.UntilAsync(async () => (await adapter.GetAsync()).Status == AdapterStatus.Ready, "the radio is open again");
        var state = await adapter.GetAsync();
        Assert.Equal(("ann@line", 0), (state.HeldBy, state.Free));
        await cluster.UntilAsync(() => !cluster.Peers.Audit.IsEmpty, "the audit is told again");
        var entry = Assert.Single(cluster.Peers.Audit);
        Assert.Equal(("ann@line", "adapterDrained", state.Id), (entry.By, entry.Action, entry.Subject));
        await cluster.UntilAsync(async () => (await adapter.GetAsync()).Untold.IsEmpty, "it is told once");
    }

    [Fact]
    public async Task A_reset_hands_its_transfers_over_says_what_was_done_and_the_radio_is_tested_before_it_takes_part()
    {
        await using var cluster = await AdapterCluster.StartAsync();
        var adapter = await cluster.ReadyAsync();
        var order = await cluster.OrderAsync();
        await adapter.BeginAsync(order);
        var attempt = await cluster.Attempts.NextAsync();
        var answer = await ControlAsync(cluster, AdapterControlKind.Reset);
        Assert.Equal(ControlAnswer.Done("its radio is reset and tested; 1 transfer goes to other adapters: its radio was power cycled"), answer);
        var device = cluster.Peers.Device(order.Device.Id);
        await cluster.UntilAsync(() => device.End is not null, "the device can go on elsewhere");
        Assert.Equal((DfuError.AdapterLost, true), (device.End!.Error, attempt.Link.IsClosed));

        await cluster.UntilAsync(async () => (await adapter.GetAsync()).Status == AdapterStatus.Testing, "it is tested");
        Assert.Equal(AttemptAnswer.Refused, await adapter.BeginAsync(await cluster.OrderAsync(2)));
        cluster.Source().Current!.Hear(new(AdapterCluster.Address(7), AddressType.Random, -60, "Sensor", true, true));
        await cluster.ReadyAsync();
        var state = await adapter.GetAsync();
        Assert.Equal((true, 1, "heard a device"), (state.SelfTest!.Passed, state.SelfTest.Heard, state.SelfTest.Detail));
        Assert.Equal(new LadderSteps(0, 1, 0), state.Steps);
        Assert.Equal(AttemptAnswer.Running, await adapter.BeginAsync(await cluster.OrderAsync(2)));
    }

    [Fact]
    public async Task A_reset_that_no_step_of_the_radio_can_do_says_so_and_opens_it_anew()
    {
        await using var cluster = await AdapterCluster.StartAsync();
        await cluster.ReadyAsync();
        cluster.Source().Has.Remove(RecoveryStep.PowerCycle);
        cluster.Source().Has.Remove(RecoveryStep.UsbReset);
        var answer = await ControlAsync(cluster, AdapterControlKind.Reset);
        Assert.EndsWith("a radio of its kind can be neither power cycled nor reset over USB; it was opened anew", answer.Detail, StringComparison.Ordinal);
        await cluster.ReadyAsync();
        Assert.Equal(2, cluster.Source().Openings);
    }

    [Fact]
    public async Task A_self_test_disturbs_no_transfer_and_a_radio_that_went_deaf_climbs_the_ladder()
    {
        await using var cluster = await AdapterCluster.StartAsync();
        var adapter = await cluster.ReadyAsync();
        await adapter.BeginAsync(await cluster.OrderAsync());
        var attempt = await cluster.Attempts.NextAsync();
        var refused = await ControlAsync(cluster, AdapterControlKind.SelfTest);
        Assert.Equal(ControlAnswer.Refused("it has 1 transfer under way, which a self-test would disturb; drain it first"), refused);
        attempt.End.SetResult(new(true));
        cluster.Source().Current!.Hear(new(AdapterCluster.Address(7), AddressType.Random, -60, "Sensor", true, true));
        await cluster.UntilAsync(async () => (await adapter.GetAsync()).Slots.IsEmpty, "nothing is under way");

        var failed = await ControlAsync(cluster, AdapterControlKind.SelfTest);
        Assert.Equal((DfuError.AdapterLost, "failed: heard nothing for 5 s, and it heard devices before"), (failed.Error, failed.Detail));
        await cluster.UntilAsync(async () => (await adapter.GetAsync()) is { Status: AdapterStatus.Testing, Steps.Reopened: 1 }, "the gentlest step is taken");
        cluster.Source().Current!.Hear(new(AdapterCluster.Address(8), AddressType.Random, -60, "Sensor", true, true));
        await cluster.ReadyAsync();
        Assert.True(Stored(cluster).SelfTest!.Passed);
        Assert.Equal(["adapterTested"], cluster.Peers.Audit.Select(entry => entry.Action));
    }

    [Fact]
    public async Task An_adapter_in_quarantine_is_tried_at_once_when_it_is_resumed_and_tested_before_it_takes_part()
    {
        await using var cluster = await AdapterCluster.StartAsync();
        var adapter = await cluster.ReadyAsync();
        cluster.Source().Has.Clear();
        cluster.Source().Refuses = new(DfuError.AdapterNotFound, "it is not there");
        cluster.Source().Current!.Lose();
        await cluster.UntilAsync(async () => (await adapter.GetAsync()) is { Status: AdapterStatus.Quarantined, RetryAt: not null }, "its ladder is used up");
        cluster.Source().Refuses = null;
        var resumed = await ControlAsync(cluster, AdapterControlKind.Resume);
        Assert.Equal("it is tried at once, and takes part when it passes its self-test", resumed.Detail);
        await cluster.UntilAsync(async () => (await adapter.GetAsync()).Status == AdapterStatus.Testing, "it is tested");
        await cluster.ReadyAsync();
        Assert.Equal("heard nothing for 5 s; it is used as soon as it hears something", (await adapter.GetAsync()).SelfTest!.Detail);
    }

    private static Task<ControlAnswer> ControlAsync(AdapterCluster cluster, AdapterControlKind kind) =>
        AnswerAsync(cluster, cluster.Adapter().ControlAsync(new(kind, "me")));

    private static async Task<ControlAnswer> AnswerAsync(AdapterCluster cluster, Task<ControlAnswer> answer)
    {
        await cluster.UntilAsync(() => answer.IsCompleted, "it is answered");
        return await answer;
    }

    private static AdapterState Stored(AdapterCluster cluster) => FleetJson.Read<AdapterState>(cluster.Storage.Json(cluster.Adapter().GetGrainId())!);
}
