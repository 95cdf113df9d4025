using System.Collections.Immutable;
using Dfu.Api.Events;
using Dfu.Fleet.Access;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Peers;

namespace Dfu.Server.Live;

/// <summary>A campaign as it was read last.</summary>
/// <param name="feed">Any number that no other board has.</param>
internal sealed class CampaignBoard(ulong feed) : IEventBoard
{
    /// <summary>Devices in one event: some 50 KB, of which a reader that has nothing gets as many as it takes.</summary>
    public const int MostRows = 100;

    private readonly CampaignPicture _picture = new();
    private readonly List<Place> _places = [];
    private readonly List<Adapter> _adapters = [];
    private readonly HashSet<int> _underWay = [];
    private ByChange<int, DeviceRow> _rows = new();
    private Guid _epoch;
    private CampaignFrame? _frame;
    private CampaignHead? _head;
    private SignalColumns _signals = new();
    private CampaignView? _view;
    private TimeSpan? _silence;

    /// <summary>Versions in which each last changed.</summary>
    private long _anew;
    private long _headAt;
    private long _signalsAt;
    private long _countAt;
    private long _told;

    public long Version { get; private set; }

    public bool IsOver => _frame?.Outcome is CampaignOutcome.Succeeded or CampaignOutcome.Failed;

    /// <summary>As it is now, put together when somebody asks. There is something.</summary>
    public CampaignView View => _view ??= _picture.View(_frame!) with { NoAnswerFor = _silence };

    /// <returns>False when nothing changed but the clock, and followers need not be told.</returns>
    public bool Take(CampaignTold told)
    {
        var next = Version + 1;
        var changed = _frame is null || _silence is not null | told.Rows.Count > 0;
        if (told.Epoch != _epoch) Begin(told.Epoch, next);
        foreach (var row in told.Rows)
        {
            _rows.Set(row.Index, row, row.Revision);
            _picture.Take(row);
            Of(row.Index).ChangedAt = next;
        }

        changed |= told.Signals is { } signals && Hear(signals, next);
        changed |= Move(told.Frame.Transfers, next);
        changed |= Take(told.Frame.Adapters, next);
        changed |= Head(told.Frame, next);
        (_frame, _view) = (told.Frame, null);
        if (changed) Tell();
        return changed;
    }

    /// <summary>Has followers told although nothing changed but the clock.</summary>
    public void Tell() => (Version, _told, _silence) = (Version + 1, Version + 1, null);

    public void Silent(TimeSpan since) => (Version, _silence, _view) = (Version + 1, since, null);

    /// <summary>Devices that changed after a version, in their order; null for all of them.</summary>
    public ImmutableArray<int>? ChangedSince(long version) =>
        version < _anew ? null : [.. Enumerable.Range(0, _places.Count).Where(i => _places[i].ChangedAt > version)];

    public BoardEvent? After(EventPosition? at)
    {
        var known = at is { } had && had.Epoch == _epoch;
        var start = !known ? new(_epoch, 0, feed, 0)
            : at!.Value.Feed == feed && at.Value.Version <= Version ? at.Value
            : at.Value with { Feed = feed, Version = 0 };
        if (start.Version == Version) return null;
        var name = known ? EventNames.Changes : EventNames.Snapshot;
        if (_silence is { } silence && start.Version >= _told)
            return new(name, new CampaignUpdate { At = _frame!.At, Seconds = _frame.Seconds, NoAnswerFor = silence }, start with { Version = Version });
        var (changes, more) = _rows.Since(start.Change, MostRows);
        ImmutableArray<DeviceRow> rows = [.. changes.Select(static change => change.Value)];
        if (more) return new(name, new CampaignUpdate { At = _frame!.At, More = true, Devices = rows }, start with { Change = changes[^1].Number });
        return new(name, Rest(start.Version) with { Devices = rows }, start with { Change = Math.Max(start.Change, _rows.Last), Version = _told });
    }

    private CampaignUpdate Rest(long version)
    {
        var moved = _places.Where(place => place.MovedAt > version).ToList();
        var rates = _adapters.Select(static (adapter, index) => (adapter, index))
            .Where(pair => pair.adapter.RateAt > version && pair.adapter.At <= version).ToList();
        return new()
        {
            At = _frame!.At,
            Seconds = _frame.Seconds,
            Campaign = _headAt > version ? _head : null,
            TransfersAnew = version == 0,
            Transfers = moved.Any(static place => place.UnderWay)
                ? TransferColumns.Of([.. moved.Where(static place => place.UnderWay).Select(static place => place.Transfer)])
                : null,
            Ended = version == 0 ? [] : [.. moved.Where(static place => !place.UnderWay).Select(static place => place.Transfer.Device)],
            AdapterCount = _countAt > version ? _adapters.Count : null,
            Adapters = [.. _adapters.Select(static (adapter, index) => (adapter, index)).Where(pair => pair.adapter.At > version)
                .Select(static pair => new AdapterRow(pair.index, pair.adapter.View))],
            AdapterRates = rates.Count == 0 ? null : new()
            {
                Adapter = [.. rates.Select(static pair => pair.index)],
                Active = [.. rates.Select(static pair => pair.adapter.View.Active)],
                Rate = [.. rates.Select(static pair => pair.adapter.View.Rate)],
            },
            Signals = _signalsAt > version ? _signals : null,
        };
    }

    private void Begin(Guid epoch, long next)
    {
        (_epoch, _anew, _rows, _frame) = (epoch, next, new(), null);
        _picture.Clear();
        _places.Clear();
        _underWay.Clear();
        _signals = new();
    }

    private Place Of(int device)
    {
        while (_places.Count <= device) _places.Add(new());
        return _places[device];
    }

    private bool Move(TransferColumns transfers, long next)
    {
        var changed = false;
        var ended = new HashSet<int>(_underWay);
        for (var i = 0; i < transfers.Device.Length; i++)
        {
            var transfer = transfers[i];
            ended.Remove(transfer.Device);
            var place = Of(transfer.Device);
            if (place.UnderWay && place.Transfer == transfer) continue;
            (place.UnderWay, place.Transfer, place.MovedAt, place.ChangedAt, changed) = (true, transfer, next, next, true);
            _underWay.Add(transfer.Device);
        }

        foreach (var device in ended)
        {
            var place = Of(device);
            (place.UnderWay, place.MovedAt, place.ChangedAt, changed) = (false, next, next, true);
            _underWay.Remove(device);
        }

        return changed;
    }

    private bool Hear(SignalColumns signals, long next)
    {
        _picture.Hear(signals);
        _signals = signals;
        var changed = false;
        var heard = new Dictionary<int, int>(signals.Device.Length);
        for (var i = 0; i < signals.Device.Length; i++) heard[signals.Device[i]] = signals.Rssi[i];
        for (var i = 0; i < _places.Count; i++)
        {
            int? rssi = heard.TryGetValue(i, out var level) ? level : null;
            if (_places[i].Rssi == rssi) continue;
            (_places[i].Rssi, _places[i].ChangedAt, changed) = (rssi, next, true);
        }

        if (changed) _signalsAt = next;
        return changed;
    }

    private bool Take(ImmutableArray<AdapterView> adapters, long next)
    {
        var changed = adapters.Length != _adapters.Count;
        if (changed || _countAt == 0) _countAt = next;
        if (adapters.Length < _adapters.Count) _adapters.RemoveRange(adapters.Length, _adapters.Count - adapters.Length);
        for (var i = 0; i < adapters.Length; i++)
        {
            if (i == _adapters.Count) _adapters.Add(new(adapters[i]) { At = next, RateAt = next });
            var (known, view) = (_adapters[i], adapters[i]);
            if (known.View == view) continue;
            if (known.View with { Active = view.Active, Rate = view.Rate } != view) known.At = next;
            (known.View, known.RateAt, changed) = (view, next, true);
        }

        return changed;
    }

    private bool Head(CampaignFrame frame, long next)
    {
        var head = new CampaignHead
        {
            Id = frame.Id,
            PackageId = frame.PackageId,
            Outcome = frame.Outcome,
            Standing = frame.Standing,
            GoesOn = frame.GoesOn,
            Collecting = frame.Collecting,
            Notices = frame.Notices,
        };
        if (_head is { } known && Same(known, head)) return false;
        (_head, _headAt) = (head, next);
        return true;
    }

    /// <summary>Lists that were read anew are others although they have the same in them.</summary>
    private static bool Same(CampaignHead a, CampaignHead b) =>
        a with { Standing = b.Standing, Notices = b.Notices } == b && a.Notices.SequenceEqual(b.Notices) && Standings.Same(a.Standing, b.Standing);

    private sealed class Place
    {
        public long ChangedAt { get; set; }
        public long MovedAt { get; set; }
        public bool UnderWay { get; set; }
        public Transfer Transfer { get; set; }
        public int? Rssi { get; set; }
    }

    private sealed class Adapter(AdapterView view)
    {
        public AdapterView View { get; set; } = view;
        public long At { get; set; }
        public long RateAt { get; set; }
    }
}
