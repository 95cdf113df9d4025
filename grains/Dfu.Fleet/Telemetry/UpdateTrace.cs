using System.Diagnostics;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;

namespace Dfu.Fleet.Telemetry;

/// <summary>
/// The span of a device's update, for as long as one activation has the device. It begins with the first attempt and reaches back to when the device
/// was asked for, so that thousands of devices that wait cost nothing.
/// </summary>
public sealed class UpdateTrace(TimeProvider time)
{
    private Activity? _span;

    /// <summary>What lines about the update name; empty when nobody listens.</summary>
    public ActivityContext Context => _span?.Context ?? default;

    /// <summary>For a device that was at work elsewhere: its trace goes on.</summary>
    public void GoOn(DeviceRecord record)
    {
        if (record.UpdateTrace is not null && record.Device.Phase != DevicePhase.Done) Begin(record, time.GetUtcNow());
    }

    /// <summary>Takes note of what an event has changed.</summary>
    /// <returns>What <see cref="DeviceRecord.UpdateTrace"/> is from now on.</returns>
    public string? Follow(DeviceRecord before, DeviceState after, DeviceEvent e)
    {
        var begins = e is DeviceEvent.Granted || (after.Phase == DevicePhase.Done && before.Device.Phase != DevicePhase.Done);
        if (begins && before.UpdateTrace is null)
        {
            End(before.Device); // an update whose end is not stored yet
            Begin(before, before.Device.WaitingSince);
        }

        if (_span is not null) Note(before.Device, e);
        return after.Phase == DevicePhase.Done ? null : before.UpdateTrace ?? _span?.Id;
    }

    private void Note(DeviceState before, DeviceEvent e)
    {
        switch (e)
        {
            case DeviceEvent.Granted g when before.BootloaderUntil is { } until && until < time.GetUtcNow():
                Tell("deadline missed", ("dfu.attempt", g.Attempt), ("dfu.deadline.late", (time.GetUtcNow() - until).TotalSeconds));
                break;
            case DeviceEvent.Ended { Error: not DfuError.None } x:
                FleetActivities.Keep(_span!); // the attempt is kept, and is below it
                if (x.Cost is null) GivenUp(before, x.Error.Code(), x.Error);
                break;
        }
    }

    /// <summary>The device counts on its attempt no more, of which there may be no span.</summary>
    /// <param name="reason"><c>refused</c>, <c>silent</c>, or the code of the error that it ended with before it had begun.</param>
    public void GivenUp(DeviceState device, string reason, DfuError error = DfuError.Interrupted)
    {
        if (_span is null) return;
        FleetActivities.Keep(_span);
        Tell(
            "attempt given up",
            ("dfu.attempt", device.Attempt),
            ("dfu.adapter.id", FleetActivities.AdapterOf(device.Adapter)),
            ("dfu.reason", reason),
            ("error.type", error.Code()));
    }

    /// <param name="device">With its outcome.</param>
    public void End(DeviceState device)
    {
        if (_span is null) return;
        End(FleetMetrics.Code(device.Outcome), device);
    }

    /// <summary>Whoever has the device next goes on with it.</summary>
    public void Interrupt(DeviceState device)
    {
        if (_span is not null) End("interrupted", device);
    }

    private void Begin(DeviceRecord record, DateTimeOffset at)
    {
        var now = time.GetUtcNow();
        _span = FleetActivities.StartUpdate(record.Device.Id, at < now ? at : now, record.TraceParent, record.UpdateTrace)
            ?.SetTag("dfu.campaign.id", record.Campaign).SetTag("dfu.package.id", record.PackageId);
    }

    private void End(string outcome, DeviceState device)
    {
        var span = _span!;
        _span = null;
        span.SetTag("dfu.outcome", outcome).SetTag("dfu.update.attempts", device.Attempt - device.EarlierAttempts);
        if (device.Outcome == DeviceOutcome.Failed) FleetActivities.Fail(span, device.Error, device.Detail);
        else if (device.Outcome == DeviceOutcome.Cancelled) span.SetTag("error.type", device.Error.Code());
        FleetActivities.End(span, time);
    }

    private void Tell(string name, params ReadOnlySpan<(string Key, object? Value)> tags)
    {
        var of = new ActivityTagsCollection();
        foreach (var (key, value) in tags) of[key] = value;
        _span!.AddEvent(new(name, time.GetUtcNow(), of));
    }
}
