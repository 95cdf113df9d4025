using Dfu.Cluster.Tests.Support;
using Dfu.Cluster.Tests.Telemetry;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Updates;
using Dfu.Grains;
using Dfu.Protocol.Errors;

namespace Dfu.Cluster.Tests.Adapters;

public sealed class ReportTests
{
    [Fact]
    public async Task A_device_hears_of_its_attempt_at_least_every_second_even_if_nothing_happens()
    {
        await using var cluster = await AdapterCluster.StartAsync();
        var (_, order, _) = await BeginAsync(cluster);
        var device = cluster.Peers.Device(order.Device.Id);
        var before = device.Reports.Count;
        for (var second = 1; second <= 10; second++)
        {
            await cluster.PassAsync(1);
            Assert.InRange(device.Reports.Count - before, second, 2 * second);
        }

        Assert.All(device.Reports, report => Assert.Equal(1, report.Attempt));
    }

    [Fact]
    public async Task Checkpoints_wait_for_the_next_report_and_come_in_order()
    {
        await using var cluster = await AdapterCluster.StartAsync();
        var (_, order, attempt) = await BeginAsync(cluster);
        var device = cluster.Peers.Device(order.Device.Id);
        attempt.Observer.ImageStarted(0);
        attempt.Observer.Confirmed(0, 4096, 1);
        attempt.Observer.Saved(0, 4096);
        attempt.Observer.Confirmed(0, 8192, 2);
        await cluster.SettleAsync();
        Assert.Empty(device.Events.OfType<DeviceEvent.Confirmed>());

        await cluster.PassAsync(1);
        Assert.Equal([4096, 8192], device.Events.OfType<DeviceEvent.Confirmed>().Select(e => e.Offset));
        Assert.Single(device.Reports, report => report.Events.OfType<DeviceEvent.Saved>().Any());
    }

    [Fact]
    public async Task Of_checkpoints_in_a_row_only_the_last_travels()
    {
        await using var cluster = await AdapterCluster.StartAsync();
        var (_, order, attempt) = await BeginAsync(cluster);
        for (var n = 1; n <= 5; n++) attempt.Observer.Confirmed(0, n * 4096, (uint)n);
        await cluster.PassAsync(1);
        Assert.Equal(5 * 4096, Assert.Single(cluster.Peers.Device(order.Device.Id).Events.OfType<DeviceEvent.Confirmed>()).Offset);
    }

    [Fact]
    public async Task What_must_be_durable_is_reported_at_once_and_waits_for_the_answer()
    {
        await using var cluster = await AdapterCluster.StartAsync();
        var (_, order, attempt) = await BeginAsync(cluster);
        var device = cluster.Peers.Device(order.Device.Id);
        var answer = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        device.Answer = _ => answer.Task;

        var stored = attempt.Observer.LastExecuteAsync(0, CancellationToken.None);
        await cluster.UntilAsync(() => device.Events.OfType<DeviceEvent.LastExecute>().Any(), "it is sent");
        Assert.False(stored.IsCompleted);
        answer.SetResult(true);
        await stored.Soon();
    }

    [Fact]
    public async Task One_report_is_under_way_at_a_time_and_a_failed_one_comes_again_before_what_followed()
    {
        await using var cluster = await AdapterCluster.StartAsync();
        var (_, order, attempt) = await BeginAsync(cluster);
        await cluster.PassAsync(1);
        var device = cluster.Peers.Device(order.Device.Id);
        device.Reports.Clear();
        var fails = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        device.Answer = _ => fails.Task;
        var first = attempt.Observer.LastExecuteAsync(0, CancellationToken.None);
        await cluster.UntilAsync(() => device.Reports.Count == 1, "the first is sent");
        var second = attempt.Observer.ImageActivatedAsync(0, CancellationToken.None);
        await cluster.SettleAsync();
        Assert.Single(device.Reports);

        device.Answer = static _ => Task.FromResult(true);
        fails.SetException(new TimeoutException("its silo is gone"));
        await cluster.UntilAsync(() => second.IsCompleted, "both are stored");
        await first.Soon();
        var kinds = device.Reports.Skip(1).SelectMany(report => report.Events).Where(e => !e.IsCheckpoint).Select(e => e.GetType());
        Assert.Equal([typeof(DeviceEvent.LastExecute), typeof(DeviceEvent.ImageActivated)], kinds);
    }

    [Fact]
    public async Task A_refused_report_stops_the_attempt_and_closes_its_link()
    {
        await using var cluster = await AdapterCluster.StartAsync();
        var (adapter, order, attempt) = await BeginAsync(cluster);
        var device = cluster.Peers.Device(order.Device.Id);
        device.Answer = static _ => Task.FromResult(false);
        var stored = attempt.Observer.LastExecuteAsync(0, CancellationToken.None);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stored.Soon());
        await cluster.UntilAsync(() => attempt.Link.IsClosed, "its link is closed");
        Assert.True(attempt.Stopped.IsCancellationRequested);
        await cluster.UntilAsync(async () => (await adapter.GetAsync()).Slots.IsEmpty, "its slot is free");
        Assert.Null(device.End);
        Assert.Equal(AttemptAnswer.Ended, await adapter.BeginAsync(order));
    }

    [Fact]
    public async Task An_attempt_whose_device_does_not_answer_stops_itself_when_its_lease_is_over()
    {
        using var told = new Told();
        await using var cluster = await AdapterCluster.StartAsync();
        var (_, order, attempt) = await BeginAsync(cluster);
        await cluster.PassAsync(5);
        Assert.False(attempt.Stopped.IsCancellationRequested);
        Assert.InRange(told.All("dfu.lease.duration").Count, 5, int.MaxValue);

        var device = cluster.Peers.Device(order.Device.Id);
        var silence = new TaskCompletionSource<bool>();
        device.Answer = _ => silence.Task;
        var silent = device.Reports.Count;
        await cluster.UntilAsync(() => device.Reports.Count > silent, "the first report without an answer is sent");
        await cluster.PassAsync(1.9);
        Assert.False(attempt.Stopped.IsCancellationRequested);
        await cluster.PassAsync(1.2);
        Assert.True(attempt.Stopped.IsCancellationRequested);
        Assert.Contains(told.All("dfu.lease.lost"), static one => one is { Value: 1 } && one.Tags["dfu.adapter.id"] == "fake:0");
        await cluster.UntilAsync(() => attempt.Link.IsClosed, "its link is closed");
    }

    [Fact]
    public async Task A_lease_ends_even_if_calls_fail_at_once()
    {
        await using var cluster = await AdapterCluster.StartAsync();
        var (adapter, order, attempt) = await BeginAsync(cluster);
        cluster.Peers.Device(order.Device.Id).Answer = static _ => Task.FromException<bool>(new TimeoutException("nobody is there"));
        await cluster.PassAsync(1.9);
        Assert.False(attempt.Stopped.IsCancellationRequested);
        await cluster.PassAsync(1.2);
        Assert.True(attempt.Stopped.IsCancellationRequested);

        cluster.Peers.Device(order.Device.Id).Answer = static _ => Task.FromResult(true);
        await cluster.UntilAsync(() => cluster.Peers.Device(order.Device.Id).End is not null, "the end is reported when somebody is there again");
        Assert.Equal(DfuError.Interrupted, cluster.Peers.Device(order.Device.Id).End!.Error);
        Assert.Empty((await adapter.GetAsync()).Slots);
    }

    [Fact]
    public async Task A_stopped_attempt_closes_its_link_and_says_why()
    {
        await using var cluster = await AdapterCluster.StartAsync();
        var (adapter, order, attempt) = await BeginAsync(cluster);
        await adapter.StopAttemptAsync(
            new() { Attempt = AdapterCluster.Name(order) with { Epoch = order.Device.AdapterEpoch + 1 }, Reason = DfuError.Cancelled });
        await cluster.PassAsync(0.5);
        Assert.False(attempt.Stopped.IsCancellationRequested);

        await adapter.StopAttemptAsync(new() { Attempt = AdapterCluster.Name(order), Reason = DfuError.Cancelled });
        var device = cluster.Peers.Device(order.Device.Id);
        await cluster.UntilAsync(() => device.End is not null, "the end is reported");
        Assert.Equal(DfuError.Cancelled, device.End!.Error);
        Assert.True(attempt.Link.IsClosed);
    }

    [Fact]
    public async Task A_slot_is_lent_while_the_attempt_only_listens_and_taken_back_when_it_needs_its_link()
    {
        await using var cluster = await AdapterCluster.StartAsync();
        var (adapter, order, attempt) = await BeginAsync(cluster);
        var device = cluster.Peers.Device(order.Device.Id);
        await adapter.LendSlotAsync(AdapterCluster.Name(order));
        Assert.Single((await adapter.GetAsync()).Slots);

        attempt.Observer.PhaseChanged(UpdatePhase.Verifying);
        await cluster.UntilAsync(() => device.Events.OfType<DeviceEvent.PhaseChanged>().Any(e => e.Phase == DevicePhase.Verifying), "the device hears at once");
        await adapter.LendSlotAsync(AdapterCluster.Name(order));
        Assert.Empty((await adapter.GetAsync()).Slots);

        attempt.Observer.PhaseChanged(UpdatePhase.Connecting);
        await cluster.SettleAsync();
        await adapter.RetakeSlotAsync(AdapterCluster.Name(order));
        Assert.Single((await adapter.GetAsync()).Slots);
        attempt.End.SetResult(new(true));
        await cluster.UntilAsync(() => device.End is not null, "the end is reported");
        await adapter.RetakeSlotAsync(AdapterCluster.Name(order));
        Assert.Empty((await adapter.GetAsync()).Slots);
    }

    private static async Task<(IAdapterGrain Adapter, AttemptOrder Order, ScriptedAttempt Attempt)> BeginAsync(AdapterCluster cluster)
    {
        var adapter = await cluster.ReadyAsync();
        var order = await cluster.OrderAsync();
        Assert.Equal(AttemptAnswer.Running, await adapter.BeginAsync(order));
        return (adapter, order, await cluster.Attempts.NextAsync());
    }
}
