using System.Collections.Concurrent;
using System.Diagnostics;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Telemetry;
using static Dfu.Cluster.Tests.Devices.Given;

namespace Dfu.Cluster.Tests.Devices;

/// <summary>Other tests run in this process: spans are known by their device.</summary>
public sealed class DeviceSpanTests : DeviceGrainBench, IDisposable
{
    private const string Campaign = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    private readonly ConcurrentQueue<Activity> _ended = new();
    private readonly ConcurrentQueue<string?> _parents = new();
    private readonly ActivityListener _listener;

    public DeviceSpanTests(DeviceCluster cluster)
        : base(cluster)
    {
        _listener = new()
        {
            ShouldListenTo = static source => source.Name == FleetActivities.Name,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                if (span.GetTagItem("dfu.device.address") as string == Id.ToString()) _ended.Enqueue(span);
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public void Dispose() => _listener.Dispose();

    [Fact]
    public async Task An_update_goes_on_in_its_trace_when_its_device_moves_and_says_which_attempt_no_adapter_began()
    {
        Cluster.Neighbours.Begins[Id] = order =>
        {
            _parents.Enqueue(order.Place.TraceParent);
            return Task.FromResult(order.Device.Attempt == 1 ? AttemptAnswer.Refused : AttemptAnswer.Running);
        };
        Assert.True(await Device.JoinAsync(Place(trace: Campaign)));
        Assert.Null(Record.UpdateTrace);
        Assert.True(await Device.GrantAsync(Grant(Id)));
        await Steps.SeenAsync(Id, "ask Queued after 1");
        Assert.True(await Device.GrantAsync(Grant(Id, attempt: 2)));
        await Steps.SeenAsync(Id, "begin 2");
        var stored = Record.UpdateTrace;
        await ReactivateAsync();
        Assert.Equal(stored, Record.UpdateTrace);
        Assert.True(await Device.TakesAsync(Report(2, Ended(2))));
        await Steps.SeenAsync(Id, "ended Updated");

        Assert.Null(Record.UpdateTrace);
        Assert.NotNull(stored);
        Assert.All(_parents, parent => Assert.Equal(stored, parent));
        Assert.Equal(["interrupted", "updated"], _ended.Select(static span => span.GetTagItem("dfu.outcome")));
        var (first, second) = (_ended.First(), _ended.Last());
        Assert.Equal((stored, first.TraceId, first.SpanId), (first.Id, second.TraceId, second.ParentSpanId));
        Assert.All(_ended, static span => Assert.Equal(ActivityContext.Parse(Campaign, null).SpanId, span.Links.Single().Context.SpanId));
        var refused = Assert.Single(first.Events);
        Assert.Equal(("attempt given up", 1, "refused"), (refused.Name, refused.Tags.ToDictionary()["dfu.attempt"], refused.Tags.ToDictionary()["dfu.reason"]));
        Assert.Equal(2, second.GetTagItem("dfu.update.attempts"));
    }
}
