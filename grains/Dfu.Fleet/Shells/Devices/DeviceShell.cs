using System.Collections.Immutable;
using System.Diagnostics;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Storage;
using Dfu.Fleet.Telemetry;
using Dfu.Fleet.Turns;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Shells.Devices;

/// <summary>A device without what carries it: what is decided, what must be saved before it has effects, and when something is due.</summary>
/// <remarks>
/// An activation may let an attempt go on for as long as it knows that no other one has the device: for <see cref="FleetTimes.Ownership"/> after its
/// last write began, or always where there is only one process. So a storage that is slow or away costs no link. Here alone the clock on the wall counts
/// too: the monotonic one stands still while a host is suspended, and others do not.
/// </remarks>
internal sealed class DeviceShell
{
    private readonly BluetoothAddress _id;
    private FleetPolicy _policy;
    private readonly FleetTimes _times;
    private readonly FleetMachines _machines;
    private readonly TimeProvider _time;
    private readonly TimeProvider _wall;
    private readonly string _holder = Guid.NewGuid().ToString("n");
    private readonly List<DeviceEffect> _effects = [];
    private readonly UpdateTrace _trace;
    private DeviceHistory _history;
    private bool _decided;
    private bool _changed;
    private bool _confirm;
    private bool _ended;
    private long? _savedAt;
    private HostMoment? _owned;
    private long? _takenOverAt;
    private long _heardAt;
    private long _doneAt;
    private TimeSpan _againIn;
    private TimeSpan _askIn;

    /// <param name="record">As it is stored; null for a device that was never part of a campaign.</param>
    public DeviceShell(BluetoothAddress id, DeviceRecord? record, DeviceHistory? history, FleetHost host)
    {
        (_id, Record, Saved, _history) = (id, record, record, history ?? new());
        (_policy, _times, _time, _wall) = (record is null ? host.Policy : host.Policy.For(record.Limits), host.Times, host.Time, host.Wall);
        _machines = host.Machines;
        _trace = new(_time);
        _askIn = _times.FirstAsk;
        _heardAt = _doneAt = _time.GetTimestamp();
        if (record is null) return;
        Record = record with { Device = DeviceMachine.TakeUp(record.Device, Now, _policy) };
        _trace.GoOn(Record);

        // From this write on an activation elsewhere that still believes it has the device cannot save anything any more.
        _decided = record.Device.Running;
        Repeat();
    }

    public DeviceRecord? Record { get; private set; }

    /// <summary>As it is stored.</summary>
    public DeviceRecord? Saved { get; private set; }

    public DeviceState? State => Record?.Device;

    /// <summary>Told when an attempt is given up of which nothing is known, and why.</summary>
    public Action<DeviceState, string> GaveUp { get; init; } = static (_, _) => { };

    /// <inheritdoc cref="UpdateTrace.Context"/>
    public ActivityContext Trace => _trace.Context;

    /// <summary>What is known of the device beyond its campaigns; null when nothing is.</summary>
    public DevicePassport? Passport => Record?.Passport ?? _history.Passport;

    /// <summary>Something was decided that is not stored yet: it has no effects before.</summary>
    public bool Deciding => _decided || Writing is { Decided: true };

    /// <summary>Something is not saved yet.</summary>
    public bool Unsaved => _decided || _changed;

    private PendingWrite? Writing { get; set; }

    private DateTimeOffset Now => _time.GetUtcNow();

    private bool Owned => _times.Ownership is not { } ownership
        || (_owned is { } since && since.IsWithin(ownership, _time, _wall));

    /// <summary>The activation before this one may still let the attempt go on.</summary>
    private bool IsOwnedElsewhere => _times.Ownership is { } ownership && Saved is { Device.Running: true }
        && (_owned is null || (_takenOverAt is { } at && _time.GetElapsedTime(at) < ownership));

    /// <summary>How soon a save should begin; null when there is none to make.</summary>
    public TimeSpan? SaveIn()
    {
        if (_decided) return TimeSpan.Zero;
        if (_savedAt is not { } at) return _changed ? TimeSpan.Zero : null;
        if (_changed) return NotNegative(_times.Report - _time.GetElapsedTime(at));
        if (!_confirm || _times.Ownership is not { } ownership) return null;
        return Owned ? NotNegative((ownership / 3) - _time.GetElapsedTime(at)) : TimeSpan.Zero;
    }

    public bool Join(CampaignPlace place)
    {
        if (Record is { } known && known.Campaign == place.Campaign)
        {
            if (known.Limits != place.Limits) Change(known with { Limits = place.Limits });
            if ((known.Finish, known.Force) != (place.Finish, place.Force))
            {
                var device = known.Device with { Expects = place.Finish.Expect is not null };
                Change(Record with { Finish = place.Finish, Force = place.Force, Device = device });
            }

            if (place.Label is { } label && label != known.Device.Label) Change(Record with { Device = Record.Device with { Label = label } });
            if (known.TraceParent != place.TraceParent) Change(Record with { TraceParent = place.TraceParent });
            if (place.Run > 0) Apply(new DeviceEvent.RetryRequested(Now, place.Run) { Anew = place.Anew });
            if (State!.Phase == DevicePhase.Done) TellAgain();
            return true;
        }

        if (State is { Phase: not DevicePhase.Done }) return false;
        if (Record is { Told: false })
        {
            // Its campaign would flash it again if it came back: it is told first.
            TellAgain();
            return false;
        }

        // That campaign has stored how it ended there: one of its activations calls that has missed it, and would have it flashed with what is old by now.
        if (place.Run == 0 && (State?.EarlierCampaign == place.Campaign || History().Any(entry => entry.Campaign == place.Campaign))) return false;

        var passport = Passport ?? new();
        var state = (State is { } old ? old.Anew(place.ImageSizes, Now) : DeviceState.New(_id, place.ImageSizes, Now)).Knowing(passport, place.Finish) with
        {
            Run = place.Run,
            Forced = place.Anew,
            EarlierCampaign = Record?.Campaign,
            Label = place.Label,
        };
        var record = new DeviceRecord { Campaign = place.Campaign, PackageId = place.PackageId, TraceParent = place.TraceParent, Device = state };
        record = record with
        {
            Limits = place.Limits, Only = place.Only, Finish = place.Finish, Force = place.Force,
            Passport = passport with { Label = place.Label ?? passport.Label },
        };
        Change(Record is { } earlier ? record with { News = earlier.News, NewsFrom = earlier.NewsFrom } : record);
        Note(new("campaign", "joined"));
        _decided = true;
        Repeat();
        return true;
    }

    /// <param name="run">The campaign's run in which that was asked for.</param>
    /// <param name="drain">See <see cref="DeviceEvent.CancelRequested.Drain"/>.</param>
    public void Cancel(string campaign, int run, bool drain = false)
    {
        if (Record?.Campaign == campaign) Apply(new DeviceEvent.CancelRequested(Now, run) { Drain = drain });
    }

    public void Pause(string campaign, int attempt)
    {
        if (Record?.Campaign == campaign) Apply(new DeviceEvent.PauseRequested(attempt, Now));
    }

    public bool Grant(DeviceEvent.Granted grant)
    {
        var before = State;
        Apply(grant);
        return !ReferenceEquals(State, before);
    }

    /// <summary>Takes what is new in a report. Events that came before change nothing, and none is taken without those before it.</summary>
    public ReportReceipt Report(AttemptReport report)
    {
        if (!IsRunning(report.Attempt)) return Receipt(report.Attempt);
        var events = report.Events;
        var whole = events.IsEmpty || events[0].Number <= State!.LastEvent + 1 || events[^1] is DeviceEvent.Ended;
        if (whole)
        {
            foreach (var e in events) Apply(e);
            if (State!.Counting(report.Traffic) is var counted && !ReferenceEquals(counted, State)) Change(Record! with { Device = counted });
        }

        _confirm = true;
        StillRuns();
        return Receipt(report.Attempt);
    }

    /// <summary>How things stand with an attempt.</summary>
    public ReportReceipt Receipt(int attempt)
    {
        var stored = Saved?.Device;
        return new()
        {
            Over = !IsRunning(attempt) && !(stored is { Running: true } && stored.Attempt == attempt),
            Renews = IsRunning(attempt) && Owned,
            Taken = State?.Attempt == attempt ? State.LastEvent : 0,
            Saved = stored?.Attempt == attempt ? stored.LastEvent : 0,
        };
    }

    /// <summary>An adapter's answer to the order to begin an attempt.</summary>
    public void Answered(int attempt, AttemptAnswer answer)
    {
        // An adapter that knows nothing of an attempt may be another than the one that still has it.
        if (!IsRunning(attempt) || answer != AttemptAnswer.Refused || IsOwnedElsewhere) return;
        GiveUp("refused");
    }

    public void AdapterBlamed(string adapter, int epoch, int attempt) => Apply(new DeviceEvent.AdapterBlamed(adapter, epoch, attempt));

    /// <summary>Whether the air around it decides something about a device that waits.</summary>
    public bool Decides(AirReport air) => State is { } state && !ReferenceEquals(DeviceMachine.Apply(state, Waited(air), _policy).Next, state);

    public void Wait(AirReport air) => Apply(Waited(air));

    /// <summary>The scheduler did (not) know of the campaign when it was asked for a slot.</summary>
    public void Asked(bool known)
    {
        var next = known ? _times.FirstAsk : Least(2 * _askIn, _times.Again);
        if (!known && State is { Phase: DevicePhase.Queued or DevicePhase.BackingOff })
        {
            // The device may have ended in another activation, and the campaign may be over: a write tells.
            (_doneAt, _againIn, _changed) = (_time.GetTimestamp(), _askIn, _changed || _times.Ownership is not null);
        }

        _askIn = next;
    }

    /// <summary>The campaign has stored this outcome, or is gone.</summary>
    public void Acknowledged(DeviceState outcome)
    {
        if (outcome.Phase == DevicePhase.Done && ReferenceEquals(outcome, State) && !Record!.Told) Change(Record with { Told = true });
    }

    /// <summary>Does what is due by now.</summary>
    public void Tick()
    {
        if (State is not { } state) return;
        if (state.Running && SilentIn() <= TimeSpan.Zero) GiveUp("silent");
        else if (state.NotBefore <= Now) Apply(new DeviceEvent.Waited(Now, null, false, null, null));
        if (_effects.Count == 0 && !Deciding && !Record!.Told && _time.GetElapsedTime(_doneAt) >= _againIn) Repeat();
    }

    /// <summary>When <see cref="Tick"/> is due next; null for never.</summary>
    public TimeSpan? DueIn()
    {
        if (State is not { } state) return null;
        var due = Record!.Told || Deciding ? TimeSpan.MaxValue : _againIn - _time.GetElapsedTime(_doneAt);
        if (state.Running) due = Least(due, SilentIn());
        if (state.NotBefore is { } until) due = Least(due, until - Now);
        return due == TimeSpan.MaxValue ? null : due;
    }

    /// <summary>What is to be written now. One at a time, until <see cref="Written"/>.</summary>
    public PendingWrite Take()
    {
        DeviceHistory? history = null;
        if (Saved is { } stored && DeviceHistory.IsDue(stored))
        {
            _history = history = _history.With(stored);
            Record = DeviceHistory.Without(Record!, stored);
        }

        Record = Record! with { Holder = State!.Running && _times.Ownership is not null ? _holder : null };
        _savedAt = _time.GetTimestamp();
        Writing = new(Record, history, _decided, _ended, _decided ? TakeEffects() : [], new(_savedAt.Value, _wall.GetUtcNow()));
        _decided = _changed = _confirm = _ended = false;
        return Writing;
    }

    /// <summary>It is durable.</summary>
    public void Written(PendingWrite pending)
    {
        // Until the first write was done an activation elsewhere could accept reports, however long it took; and go on for as long as it believes to own it.
        if (_owned is null)
        {
            _heardAt = _time.GetTimestamp();
            if (Saved is { Holder: { } holder } && holder != _holder) _takenOverAt = _heardAt;
        }

        (_owned, Saved, Writing) = (pending.Began, pending.Record, null);
        if (pending.Ended) _trace.End(pending.Record.Device);
    }

    /// <summary>What has to be done at once: nothing while a decision is not stored.</summary>
    public ImmutableArray<DeviceEffect> TakeOutstanding() => Deciding ? [] : TakeEffects();

    /// <summary>
    /// What to write at the end of an activation, so that others need not wait for it; null when there is nothing to write, or when the one before may
    /// still let the attempt go on: they have to wait for that one.
    /// </summary>
    public DeviceRecord? Release() => Saved?.Holder is null || IsOwnedElsewhere ? null : Record! with { Holder = null };

    /// <summary>This activation is over; the next one goes on with the update's trace.</summary>
    public void Leave()
    {
        if (State is { } state) _trace.Interrupt(state);
    }

    /// <summary>What of the device's history stays when it is forgotten; null when nothing does.</summary>
    public DeviceHistory? Remains() => Passport is { Wear.Settings: > DevicePassport.WornSettings } worn ? new() { Passport = worn } : null;

    public ImmutableArray<HistoryEntry> History() => Record is { } record ? _history.With(record).Entries : [];

    private ImmutableArray<DeviceEffect> TakeEffects()
    {
        var effects = _effects.ToImmutableArray();
        _effects.Clear();
        return effects;
    }

    /// <summary>How long an attempt may still be silent. Never over before this activation has written, where another one may have the device.</summary>
    private TimeSpan SilentIn()
    {
        if (_owned is null && _times.Ownership is not null) return _times.Silence;
        var silent = _times.Silence - _time.GetElapsedTime(_heardAt);
        return _takenOverAt is { } at && _times.Ownership + _times.Silence - _time.GetElapsedTime(at) is { } still && still > silent ? still : silent;
    }

    private bool IsRunning(int attempt) => State is { Running: true } state && state.Attempt == attempt;

    private void GiveUp(string reason)
    {
        _trace.GivenUp(State!, reason);
        GaveUp(State!, reason);
        Apply(new DeviceEvent.Interrupted(State!.Attempt, Now));
    }

    private void Apply(DeviceEvent e)
    {
        if (Record is not { } record) return;
        var stamped = e.StampedAt(Now);
        var (next, effects) = _machines.Device(record.Device, stamped, _policy);
        next = next.OnWall(_wall.GetUtcNow());
        var changed = !ReferenceEquals(next, record.Device);
        if (!changed && effects.IsEmpty) return;
        if (changed)
        {
            var passport = DevicePassports.After(record.Passport, record.Device, next, stamped, record.PackageId, _wall.GetUtcNow());
            Change(record with { Device = next, Passport = passport, Told = false, UpdateTrace = _trace.Follow(record, next, stamped) });
        }

        _decided |= !e.IsCheckpoint || !effects.IsEmpty;
        if (DeviceNotes.Of(record.Device, next, stamped) is { } note) Note(note);
        _ended |= next.Phase == DevicePhase.Done && record.Device.Phase != DevicePhase.Done;
        if (e is DeviceEvent.Granted) (_heardAt, _takenOverAt) = (_time.GetTimestamp(), null);
        if (effects.IsEmpty) return;
        _effects.AddRange(effects);
        Did();
    }

    private void Change(DeviceRecord record)
    {
        if (record.Limits != _policy.Campaign) _policy = _policy.For(record.Limits);
        Record = record;
        _changed = true;
    }

    private void Note(DeviceNote note) =>
        Record = Record! with { News = Record.News.Add(new(_wall.GetUtcNow(), Record.Campaign, _id, note.Kind, note.Text)) };

    private void StillRuns()
    {
        _heardAt = _time.GetTimestamp();
        if (State is { Running: true, CancelRequested: false, Paused: false }) Did();
    }

    /// <summary>Its campaign does not know the outcome, or may not.</summary>
    private void TellAgain()
    {
        if (Record!.Told) Change(Record with { Told = false });
        Repeat();
    }

    /// <summary>What is outstanding is done (again) now.</summary>
    private void Repeat()
    {
        _effects.AddRange(DeviceMachine.Outstanding(State!));
        if (State!.Phase == DevicePhase.BackingOff) _effects.Add(new DeviceEffect.RequestSlot());
        Did();
    }

    private void Did() => (_doneAt, _againIn) = (_time.GetTimestamp(), _times.Again);

    private DeviceEvent.Waited Waited(AirReport air)
    {
        var now = Now;
        return new(now, now - air.LastHeard, air.AsApplication, now - air.Listening, now - air.Deaf)
        {
            HeardByOthers = air.HeardByOthers,
            InBootloader = air.InBootloader,
        };
    }

    private static TimeSpan Least(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private static TimeSpan NotNegative(TimeSpan time) => time > TimeSpan.Zero ? time : TimeSpan.Zero;
}
