using System.Diagnostics;
using Dfu.Adapters;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Telemetry;
using Dfu.Fleet.Updates;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Tests.Telemetry;

/// <summary>Spans of one device as they reach whoever listens, and what of them an exporter would take.</summary>
[Collection("listens to spans")]
public sealed class UpdateTraceTests : IDisposable
{
    private static readonly ActivityContext Campaign = new(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded);
    private static readonly DateTimeOffset Asked = new(2026, 11, 30, 8, 0, 0, TimeSpan.Zero);
    private static ulong _last = 0xD0AA_0000_0000;

    private readonly BluetoothAddress _device = new(Interlocked.Add(ref _last, 16));
    private readonly ManualClock _time = new() { Now = Asked };
    private readonly List<Activity> _ended = [];
    private readonly HashSet<ActivityTraceId> _mine = [];
    private readonly ActivityListener _listener;
    private ActivitySamplingResult _sampled = ActivitySamplingResult.AllDataAndRecorded;

    public UpdateTraceTests()
    {
        _listener = new()
        {
            ShouldListenTo = static source => source.Name == FleetActivities.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => _sampled,
            ActivityStopped = span =>
            {
                if (_mine.Contains(span.TraceId)) _ended.Add(span);
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public void Dispose() => _listener.Dispose();

    [Fact]
    public void A_device_that_waits_has_no_span_and_the_wait_is_in_that_of_its_update()
    {
        var trace = new UpdateTrace(_time);
        var device = Joined();
        _time.Now += TimeSpan.FromMinutes(10);
        Assert.Null(trace.Follow(device, device.Device, new DeviceEvent.Waited(_time.Now, null, false, null, null)));
        Assert.Equal(default, trace.Context);

        device = Granted(trace, device);
        Assert.Equal(trace.Context.SpanId, FleetActivities.Context(device.UpdateTrace).SpanId);
        _time.Now += TimeSpan.FromMinutes(1);
        device = Applied(trace, device, Ended(device));
        Assert.Null(device.UpdateTrace);
        Assert.Empty(_ended);
        trace.End(device.Device);

        var span = Assert.Single(_ended);
        Assert.Equal(("update", default(ActivitySpanId)), (span.OperationName, span.ParentSpanId));
        Assert.Equal((Asked.UtcDateTime, TimeSpan.FromMinutes(11)), (span.StartTimeUtc, span.Duration));
        Assert.Equal((Campaign.TraceId, Campaign.SpanId), span.Links.Select(link => (link.Context.TraceId, link.Context.SpanId)).Single());
        Assert.NotEqual(Campaign.TraceId, span.TraceId);
        Assert.Equal(
            ("updated", 1, "c1", "p1", _device.ToString(), false),
            (Tag(span, "dfu.outcome"), Tag(span, "dfu.update.attempts"), Tag(span, "dfu.campaign.id"), Tag(span, "dfu.package.id"),
                Tag(span, "dfu.device.address"), Tag(span, "dfu.update.goes_on")));
        Assert.Null(Activity.Current);
    }

    [Fact]
    public void An_update_goes_on_in_its_trace_wherever_the_device_is_taken_up()
    {
        var first = new UpdateTrace(_time);
        var device = Granted(first, Joined());
        var parent = first.Context;
        first.Interrupt(device.Device);

        var second = new UpdateTrace(_time);
        second.GoOn(device);
        device = Applied(second, device, Ended(device, DfuError.LinkLost));
        Assert.Equal(parent.SpanId, FleetActivities.Context(device.UpdateTrace).SpanId);
        device = Applied(second, Waiting(device), Grant(2));
        device = Applied(second, device, Ended(device));
        second.End(device.Device);

        Assert.Equal(["interrupted", "updated"], _ended.Select(span => Tag(span, "dfu.outcome")));
        Assert.Equal((parent.TraceId, parent.SpanId), (_ended[1].TraceId, _ended[1].ParentSpanId));
        Assert.Equal([false, true], _ended.Select(span => Tag(span, "dfu.update.goes_on")));
    }

    [Fact]
    public void A_device_that_is_tried_again_after_its_end_has_a_trace_of_its_own()
    {
        var trace = new UpdateTrace(_time);
        var device = Granted(trace, Joined());
        device = Applied(trace, device, Ended(device, DfuError.SignatureRefused));
        trace.End(device.Device);
        device = Applied(trace, device, new DeviceEvent.RetryRequested(_time.Now, 1));
        Assert.Equal(default, trace.Context);
        device = Granted(trace, device);
        device = Applied(trace, device, Ended(device));
        trace.End(device.Device);

        Assert.Equal(["failed", "updated"], _ended.Select(span => Tag(span, "dfu.outcome")));
        Assert.Equal(2, _ended.Select(span => span.TraceId).Distinct().Count());
        Assert.Equal((ActivityStatusCode.Error, "signatureRefused"), (_ended[0].Status, Tag(_ended[0], "error.type")));
    }

    [Fact]
    public void A_device_that_is_given_up_without_an_attempt_has_a_span_all_the_same()
    {
        var trace = new UpdateTrace(_time);
        var device = Joined();
        _time.Now += TimeSpan.FromMinutes(10);
        device = Applied(trace, device, new DeviceEvent.Waited(_time.Now, null, false, Asked, null));
        trace.End(device.Device);
        var span = Assert.Single(_ended);
        Assert.Equal(("failed", "notHeard", 0), (Tag(span, "dfu.outcome"), Tag(span, "error.type"), Tag(span, "dfu.update.attempts")));
        Assert.Equal(TimeSpan.FromMinutes(10), span.Duration);
    }

    [Fact]
    public void An_attempt_that_was_refused_and_one_that_never_began_are_told_and_a_missed_deadline_too()
    {
        var trace = new UpdateTrace(_time);
        var device = Granted(trace, Joined());
        trace.GivenUp(device.Device, "refused");
        device = Applied(trace, device, new DeviceEvent.Interrupted(1, _time.Now));
        device = Waiting(device) with { Device = Waiting(device).Device with { BootloaderUntil = _time.Now + TimeSpan.FromSeconds(120) } };
        _time.Now += TimeSpan.FromSeconds(125);
        device = Applied(trace, device, Grant(2));
        device = Applied(trace, device, Ended(device, DfuError.Interrupted) with { Cost = null });
        trace.Interrupt(device.Device);

        var events = Assert.Single(_ended).Events.ToArray();
        Assert.Equal(["attempt given up", "deadline missed", "attempt given up"], events.Select(happened => happened.Name));
        Assert.Equal(["1 radio refused interrupted", "2 radio interrupted interrupted"], events.Where(happened => happened.Name == "attempt given up").Select(
            happened => happened.Tags.ToDictionary() is var tags
                ? $"{tags["dfu.attempt"]} {tags["dfu.adapter.id"]} {tags["dfu.reason"]} {tags["error.type"]}"
                : ""));
        Assert.Equal(5.0, events[1].Tags.ToDictionary()["dfu.deadline.late"]);
    }

    [Theory]
    [InlineData(DfuError.None, false, false)]
    [InlineData(DfuError.None, true, true)]
    [InlineData(DfuError.SignatureRefused, false, true)]
    public void Of_updates_that_the_sampler_left_out_those_are_kept_that_failed_or_of_which_an_attempt_failed(DfuError error, bool failsFirst, bool kept)
    {
        _sampled = ActivitySamplingResult.AllData;
        var trace = new UpdateTrace(_time);
        var device = Granted(trace, Joined());
        Assert.EndsWith("-00", device.UpdateTrace, StringComparison.Ordinal);
        if (failsFirst)
        {
            device = Waiting(Applied(trace, device, Ended(device, DfuError.LinkLost)));
            device = Applied(trace, device, Grant(2));
        }

        device = Applied(trace, device, Ended(device, error));
        trace.End(device.Device);
        Assert.Equal(kept, Assert.Single(_ended).Recorded);
    }

    [Theory]
    [InlineData(DfuError.LinkLost)]
    [InlineData(DfuError.None)]
    public void Of_an_attempt_that_the_sampler_left_out_nobody_hears_before_its_end_and_if_it_failed_all_of_it_is_kept(DfuError error)
    {
        _sampled = ActivitySamplingResult.AllData;
        var attempt = FleetActivities.StartAttempt(_device, 1, "radio", null, _time)!;
        _mine.Add(attempt.TraceId);
        var trace = new AttemptTrace(attempt, _time);
        trace.Enter(UpdatePhase.Connecting);
        _time.Now += TimeSpan.FromSeconds(2);
        trace.Enter(UpdatePhase.Sending);
        _time.Now += TimeSpan.FromSeconds(3);
        trace.Enter(UpdatePhase.Activating);
        Assert.Empty(_ended);
        _time.Now += TimeSpan.FromSeconds(4);
        trace.End(error, "");

        Assert.Equal(["activation", "attempt", "connect", "transfer"], _ended.Select(span => span.OperationName).Order());
        Assert.All(_ended, span => Assert.Equal(error != DfuError.None, span.Recorded));
        Assert.Equal([2, 3, 4, 9], _ended.Select(span => span.Duration.TotalSeconds).Order());
        Assert.Equal(attempt, _ended[^1]);
    }

    [Fact]
    public void Of_an_attempt_that_never_ends_no_more_is_held_than_its_last_steps()
    {
        _sampled = ActivitySamplingResult.AllData;
        var attempt = FleetActivities.StartAttempt(_device, 1, "radio", null, _time)!;
        _mine.Add(attempt.TraceId);
        var trace = new AttemptTrace(attempt, _time);
        for (var i = 0; i <= AttemptTrace.MostHeld; i++) trace.Enter(i % 2 == 0 ? UpdatePhase.Connecting : UpdatePhase.Reconciling);
        Assert.Empty(_ended);
        trace.Enter(UpdatePhase.Sending);
        Assert.False(Assert.Single(_ended).Recorded);
        trace.End(DfuError.LinkLost, "");
        Assert.Equal(AttemptTrace.MostHeld + 2, _ended.Count(static span => span.Recorded));
    }

    private DeviceRecord Joined() => new()
    {
        Campaign = "c1",
        PackageId = "p1",
        TraceParent = $"00-{Campaign.TraceId}-{Campaign.SpanId}-01",
        Device = DeviceState.New(_device, [1000], _time.Now),
    };

    private static DeviceRecord Waiting(DeviceRecord device) => device with { Device = device.Device with { Phase = DevicePhase.Queued } };

    private DeviceRecord Granted(UpdateTrace trace, DeviceRecord device) => Applied(trace, device, Grant(device.Device.Attempt + 1));

    private DeviceRecord Applied(UpdateTrace trace, DeviceRecord device, DeviceEvent e)
    {
        var next = DeviceMachine.Apply(device.Device, e, new FleetPolicy()).Next;
        Assert.NotSame(device.Device, next);
        var follows = trace.Follow(device, next, e);
        if (trace.Context != default) _mine.Add(trace.Context.TraceId);
        return device with { Device = next, UpdateTrace = follows };
    }

    private DeviceEvent.Granted Grant(int attempt) =>
        new(attempt, "radio", 1, new(_device, AddressType.Random, -60, "DfuTarg", true, true), _device, _device, false, _time.Now);

    private DeviceEvent.Ended Ended(DeviceRecord device, DfuError error = DfuError.None) =>
        new(device.Device.Attempt, error, "", true, new(1000, 1000), _time.Now) { Cost = new(new(), default) };

    private static object? Tag(Activity span, string name) => span.GetTagItem(name);

    private sealed class ManualClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; }

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
