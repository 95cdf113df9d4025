using System.Diagnostics;
using Dfu.Fleet.Updates;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Transfers;

namespace Dfu.Fleet.Telemetry;

/// <summary>
/// The spans of one attempt: one for each thing it goes through, one after another. A span per object would be thousands: a transfer is
/// one, with events.
/// </summary>
/// <remarks>
/// Where the sampler left the attempt out, nobody is told of its parts before it has ended: if it fails they are kept with it, and otherwise dropped.
/// </remarks>
internal sealed class AttemptTrace(Activity attempt, TimeProvider time)
{
    /// <summary>Confirmed objects between two events of a transfer, so that a span of a large image stays below the 128 events that are kept.</summary>
    public const int ObjectsPerEvent = 16;

    /// <summary>Parts that wait for the end of an attempt that the sampler left out; earlier ones are dropped.</summary>
    public const int MostHeld = 64;

    private readonly Queue<Activity> _held = [];
    private UpdatePhase? _phase;
    private Activity? _part;
    private int _objects;

    public static string NameOf(UpdatePhase phase) => phase switch
    {
        UpdatePhase.Connecting => "connect",
        UpdatePhase.Jumping => "jump",
        UpdatePhase.Reconciling => "reconcile",
        UpdatePhase.SendingInit => "init packet",
        UpdatePhase.Sending or UpdatePhase.Saving => "transfer",
        UpdatePhase.Activating => "activation",
        UpdatePhase.Verifying or UpdatePhase.Reading => "verification",
        _ => throw new ArgumentOutOfRangeException(nameof(phase), phase, null),
    };

    public void Enter(UpdatePhase phase)
    {
        if (_phase is { } before && NameOf(before) == NameOf(phase)) return;
        EndPart();
        _phase = phase;
        _objects = 0;
        _part = FleetActivities.StartPart(attempt, NameOf(phase), time);
    }

    public void ImageStarted(int image) => _part?.SetTag("dfu.image", image);

    public void Linked(int mtu, TimeSpan? interval)
    {
        _part?.SetTag("dfu.link.mtu", mtu);
        if (interval is { } known) _part?.SetTag("dfu.link.interval", known.TotalSeconds);
    }

    public void ConnectTurn() => Event("turn to connect");

    public void Resumed(ResumeRecord record)
    {
        _part?.SetTag("dfu.diagnosis", record.Diagnosis.Code()).SetTag("dfu.resume.stored", record.Stored).SetTag("dfu.resume.held", record.Held);
        Event("resumed", new("dfu.diagnosis", record.Diagnosis.Code()), new("dfu.resume.stored", record.Stored), new("dfu.resume.held", record.Held));
    }

    public void Confirmed(long offset)
    {
        if (++_objects % ObjectsPerEvent == 0) Event("confirmed", new KeyValuePair<string, object?>("dfu.offset", offset));
    }

    public void Saved(long offset) => Event("saved", new KeyValuePair<string, object?>("dfu.offset", offset));

    public void End(DfuError error, string detail)
    {
        if (error != DfuError.None)
        {
            foreach (var part in _held) FleetActivities.Keep(part);
            if (_part is not null) FleetActivities.Fail(_part, error, detail);
            FleetActivities.Fail(attempt, error, detail);
        }

        EndPart();
        while (_held.TryDequeue(out var part)) FleetActivities.Hand(part);
        FleetActivities.End(attempt, time);
    }

    private void Event(string name, params ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        _part?.AddEvent(new ActivityEvent(name, time.GetUtcNow(), [.. tags]));

    private void EndPart()
    {
        if (_part is not { } part) return;
        _part = null;
        FleetActivities.EndLater(part, time);
        if (attempt.Recorded)
        {
            FleetActivities.Hand(part);
            return;
        }

        if (_held.Count == MostHeld) FleetActivities.Hand(_held.Dequeue());
        _held.Enqueue(part);
    }
}
