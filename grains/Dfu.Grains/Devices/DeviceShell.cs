using System.Collections.Immutable;
using Dfu.Fleet;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Links;

namespace Dfu.Grains.Devices;

/// <summary>A device without its grain: what is decided, what must be saved before it has effects, and when something is due.</summary>
internal sealed class DeviceShell
{
    private readonly BluetoothAddress _id;
    private FleetPolicy _policy;
    private readonly FleetTimes _times;
    private readonly TimeProvider _time;
    private readonly List<DeviceEffect> _effects = [];
    private DeviceHistory _history;
    private bool _decided;
    private bool _changed;
    private bool _confirm;
    private bool _acknowledged;
    private bool _ended;
    private bool _begun;
    private long? _savedAt;
    private long _heardAt;
    private long _doneAt;
    private TimeSpan _againIn;
    private TimeSpan _askIn;

    /// <param name="record">As it is stored; null for a device that was never part of a campaign.</param>
    public DeviceShell(BluetoothAddress id, DeviceRecord? record, DeviceHistory? history, FleetHost host)
    {
        (_id, Record, _history) = (id, record, history ?? new());
        (_policy, _times, _time) = (record is null ? host.Policy : host.Policy.For(record.Limits), host.Times, host.Time);
        _askIn = _times.FirstAsk;
        _heardAt = _doneAt = _time.GetTimestamp();
        if (record is null) return;
        Repeat();

        // An activation elsewhere may still believe it has the device: from this write on that one cannot confirm anything any more.
        _decided = record.Device.Running;
    }

    public DeviceRecord? Record { get; private set; }

    public DeviceState? State => Record?.Device;

    /// <summary>Something was decided: it must be saved before <see cref="TakeEffects"/>, and others want to know it.</summary>
    public bool Decided => _decided;

    /// <summary>The record must be saved now.</summary>
    public bool SaveDue => _decided || ((_changed || _confirm) && (_savedAt is not { } at || _time.GetElapsedTime(at) >= _times.Report));

    /// <summary>Something is not saved yet.</summary>
    public bool Unsaved => _decided || _changed;

    /// <summary>What must be saved before the record is; null when the record keeps its news.</summary>
    public DeviceHistory? HistoryDue => Record is { } record && DeviceHistory.IsDue(record) ? _history.With(record) : null;

    private DateTimeOffset Now => _time.GetUtcNow();

    public bool Join(CampaignPlace place, bool retry)
    {
        if (Record is { } known && known.Campaign == place.Campaign)
        {
            if (known.Limits != place.Limits) Change(known with { Limits = place.Limits });
            if (known.TraceParent != place.TraceParent) Change(Record with { TraceParent = place.TraceParent });
            if (retry && place.Retries > State!.Retries) Apply(new DeviceEvent.RetryRequested(Now, place.Retries));
            _acknowledged = false;
            if (State!.Phase == DevicePhase.Done) Repeat();
            return true;
        }

        if (State is { Phase: not DevicePhase.Done }) return false;
        var state = State is { } old
            ? old.Anew(place.ImageSizes, Now) with { EarlierCampaign = Record!.Campaign }
            : DeviceState.New(_id, place.ImageSizes, Now);
        var record = new DeviceRecord { Campaign = place.Campaign, PackageId = place.PackageId, TraceParent = place.TraceParent, Device = state };
        record = record with { Limits = place.Limits };
        Change(Record is { } earlier ? record with { News = earlier.News, NewsFrom = earlier.NewsFrom } : record);
        Note(new("campaign", "joined"));
        _decided = true;
        Repeat();
        return true;
    }

    public void Cancel(string campaign)
    {
        if (Record?.Campaign == campaign) Apply(new DeviceEvent.CancelRequested(Now));
    }

    public bool Grant(DeviceEvent.Granted grant)
    {
        if (State is not { Phase: DevicePhase.Queued }) return false;
        Apply(grant);
        return true;
    }

    /// <returns>False when the attempt is over for the device. True only counts when what is due was saved after it.</returns>
    public bool Report(AttemptReport report)
    {
        if (!IsRunning(report.Attempt)) return false;
        foreach (var e in report.Events.Read()) Apply(e);
        if (State!.Counting(report.Traffic) is var counted && !ReferenceEquals(counted, State)) Change(Record! with { Device = counted });
        _confirm = true;
        StillRuns();
        return true;
    }

    /// <summary>An adapter's answer to the order to begin an attempt.</summary>
    public void Answered(int attempt, AttemptAnswer answer)
    {
        if (IsRunning(attempt) && answer == AttemptAnswer.Refused) Apply(new DeviceEvent.Interrupted(attempt, Now));
    }

    /// <summary>Whether the air around it decides something about a device that waits.</summary>
    public bool Decides(AirReport air) => State is { } state && !ReferenceEquals(DeviceMachine.Apply(state, Waited(air), _policy).Next, state);

    public void Wait(AirReport air) => Apply(Waited(air));

    /// <summary>The scheduler did (not) know of the campaign when it was asked for a slot.</summary>
    public void Asked(bool known)
    {
        var next = known ? _times.FirstAsk : Least(2 * _askIn, _times.Again);
        if (!known && State is { Phase: DevicePhase.Queued or DevicePhase.BackingOff }) (_doneAt, _againIn) = (_time.GetTimestamp(), _askIn);
        _askIn = next;
    }

    /// <summary>The campaign has stored this outcome, or is gone.</summary>
    public void Acknowledged(DeviceState outcome) => _acknowledged |= outcome.Phase == DevicePhase.Done && ReferenceEquals(outcome, State);

    /// <summary>Does what is due by now.</summary>
    public void Tick()
    {
        if (State is not { } state) return;
        if (state.Running && _time.GetElapsedTime(_heardAt) >= _times.Silence) Apply(new DeviceEvent.Interrupted(state.Attempt, Now));
        else if (state.NotBefore <= Now) Apply(new DeviceEvent.Waited(Now, null, false, null, null));
        if (_effects.Count == 0 && !_acknowledged && _time.GetElapsedTime(_doneAt) >= _againIn) Repeat();
    }

    /// <summary>When <see cref="Tick"/> or a save is due next; null for never.</summary>
    public TimeSpan? DueIn()
    {
        if (State is not { } state) return null;
        var due = _acknowledged ? TimeSpan.MaxValue : _againIn - _time.GetElapsedTime(_doneAt);
        if (_changed && _savedAt is { } saved) due = Least(due, _times.Report - _time.GetElapsedTime(saved));
        if (state.Running) due = Least(due, _times.Silence - _time.GetElapsedTime(_heardAt));
        if (state.NotBefore is { } until) due = Least(due, until - Now);
        return due == TimeSpan.MaxValue ? null : due;
    }

    /// <summary>The record to be saved now.</summary>
    public DeviceRecord TakeRecord()
    {
        if (HistoryDue is { } history)
        {
            _history = history;
            Record = DeviceHistory.Without(Record!);
        }

        _savedAt = _time.GetTimestamp();
        _decided = _changed = false;
        return Record!;
    }

    /// <summary>What has to be done, once everything is saved.</summary>
    public ImmutableArray<DeviceEffect> TakeEffects()
    {
        var effects = _effects.ToImmutableArray();
        _effects.Clear();
        _confirm = false;

        // Until the first write was done an activation elsewhere could confirm reports, however long it took.
        if (!_begun) _heardAt = _time.GetTimestamp();
        _begun = true;
        return effects;
    }

    /// <summary>True once after the device got its outcome.</summary>
    public bool TakeEnded()
    {
        var ended = _ended;
        _ended = false;
        return ended;
    }

    public ImmutableArray<HistoryEntry> History() => Record is { } record ? _history.With(record).Entries : [];

    private bool IsRunning(int attempt) => State is { Running: true } state && state.Attempt == attempt;

    private void Apply(DeviceEvent e)
    {
        if (Record is not { } record) return;
        var stamped = e.StampedAt(Now);
        var (next, effects) = DeviceMachine.Apply(record.Device, stamped, _policy);
        var changed = !ReferenceEquals(next, record.Device);
        if (!changed && effects.IsEmpty) return;
        if (changed) Change(record with { Device = next });
        _decided |= !e.IsCheckpoint || !effects.IsEmpty;
        if (DeviceNotes.Of(record.Device, next, stamped) is { } note) Note(note);
        _ended |= next.Phase == DevicePhase.Done && record.Device.Phase != DevicePhase.Done;
        if (e is DeviceEvent.Granted) _heardAt = _time.GetTimestamp();
        if (effects.IsEmpty) return;
        _effects.AddRange(effects);
        Did();
    }

    private void Change(DeviceRecord record)
    {
        if (record.Limits != _policy.Campaign) _policy = _policy.For(record.Limits);
        Record = record;
        _changed = true;
        _acknowledged = false;
    }

    private void Note(DeviceNote note) => Record = Record! with { News = Record.News.Add(new(Now, Record.Campaign, _id, note.Kind, note.Text)) };

    private void StillRuns()
    {
        _heardAt = _time.GetTimestamp();
        if (State is { Running: true, CancelRequested: false }) Did();
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
        return new(now, now - air.LastHeard, air.AsApplication, now - air.Listening, now - air.Deaf);
    }

    private static TimeSpan Least(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
