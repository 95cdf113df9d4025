using System.Collections.Immutable;
using Dfu.Fleet.Access;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Plans;
using Dfu.Fleet.Scan;
using Dfu.Fleet.Scheduling;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Shells.Scheduling;

/// <summary>A slot for a device. It stays promised until the adapter shows it, the device refuses it, or some seconds have passed.</summary>
/// <param name="AskedAt">When the device asked for it first.</param>
internal sealed record BoardGrant(BluetoothAddress Device, DeviceEvent.Granted Event, DateTimeOffset AskedAt)
{
    /// <summary>The number the device will give it.</summary>
    public int Attempt => Event.Attempt;
}

/// <summary>
/// All that the scheduler knows and decides. Times given to it are its host's; those of other hosts arrive as ages or are shifted.
/// Nothing here is stored: the board forgets adapters, campaigns and devices that fall silent.
/// </summary>
internal sealed class SchedulerBoard
{
    private readonly FleetPolicy _policy;
    private readonly FleetTimes _times;
    private readonly FleetMachines _machines;
    private readonly Dictionary<string, CampaignBoard> _campaigns = [];
    private readonly List<BoardAdapter> _adapters = [];
    private readonly Dictionary<string, BoardAdapter> _byId = [];
    private readonly Dictionary<BluetoothAddress, Waiting> _waiting = [];
    private readonly Dictionary<BluetoothAddress, (string Campaign, int Attempt)> _accepted = [];
    private readonly HashSet<string> _listening = [];
    private readonly Air _air;
    private readonly UnitTable _units = new();
    private readonly LatelyHeard _lately = new();
    private (DateTimeOffset At, HeardAir Air)? _shown;
    private DateTimeOffset _lastForget;
    private bool _changed;
    private DateTimeOffset _lastNewAdapter;

    /// <param name="machines">Whose plan it follows; the product's own when null.</param>
    public SchedulerBoard(FleetPolicy policy, FleetTimes times, DateTimeOffset now, FleetMachines? machines = null)
    {
        _policy = policy;
        _times = times;
        _machines = machines ?? FleetMachines.Plain;
        _air = new(now);
    }

    /// <summary>A device waits, and something changed that may let it have a slot.</summary>
    public bool PlanNeeded => _changed && _waiting.Count > 0;

    /// <summary>Devices that wait for a slot, or for the end of a backoff.</summary>
    public int Waits => _waiting.Count;

    /// <summary>When the bootloaders of devices leave DFU mode that wait in theirs, as far as is known.</summary>
    public ImmutableArray<DateTimeOffset> Deadlines() =>
    [
        .. from waiting in _waiting.Values
        where waiting.Device.BootloaderUntil is not null
            && _campaigns.TryGetValue(waiting.Campaign, out var board) && board.HeardDevices.Last(waiting.Device.Id).InBootloader
        select waiting.Device.BootloaderUntil!.Value,
    ];

    public void Report(AdapterReport report, DateTimeOffset now)
    {
        var adapter = AdapterOf(report.State.Id, now);
        if (report.Deaf) Deafen(adapter);
        var listened = adapter.Listens;
        adapter.Take(report, now);
        if (adapter.Listens && !listened) TellCollecting();
        Forget(now);
        foreach (var heard in report.Heard)
        {
            _units.Hear(adapter.Number, heard.Advertisement, now - heard.Age);
            _lately.Hear(adapter.Number, heard.Advertisement, now - heard.Age);
            foreach (var board in _campaigns.Values) board.Hear(adapter.Number, heard.Advertisement, now - heard.Age, now);
        }

        _changed = true;
    }

    public void Watch(CampaignWatch watch, DateTimeOffset now)
    {
        Forget(now);
        if (watch.Over)
        {
            Drop(watch.Campaign);
            return;
        }

        if (!_campaigns.TryGetValue(watch.Campaign, out var board)) _campaigns[watch.Campaign] = board = new(watch.Campaign, _times.Again, now);
        board.Watch(watch, _lately, now);
        if (board.Collecting && _air.ListeningSince is not null) _listening.Add(board.Campaign);
        _changed = true;
    }

    public AirReport Request(SlotRequest request, DateTimeOffset now)
    {
        Forget(now);
        var device = Shifted(request.Device, now - request.At);
        foreach (var adapter in _adapters) adapter.Release(reservation => reservation.Device == device.Id && reservation.Attempt <= device.Attempt);
        var accepted = _accepted.TryGetValue(device.Id, out var last) && last.Campaign == request.Campaign ? last.Attempt : 0;
        if (accepted <= device.Attempt)
        {
            _waiting[device.Id] = new(request.Campaign, device, now, AskedSince(request.Campaign, device, now));
            _changed = true;
        }

        if (!_campaigns.TryGetValue(request.Campaign, out var board)) return new();
        board.Know(device, _lately, now);
        return Known(_air.Around(device, board.HeardDevices, board.OpenSince(now), NumberOf, now)) with { Accepted = accepted };
    }

    /// <summary>Decides who gets which slot now. Every grant is promised until its adapter shows it.</summary>
    public ImmutableArray<BoardGrant> Plan(DateTimeOffset now)
    {
        Forget(now);
        _changed = false;
        var held = Held();
        var campaigns = _campaigns.Keys.ToList();
        var queued = _waiting.Values
            .Where(waiting => waiting.Device.Phase == DevicePhase.Queued && !(held.GetValueOrDefault(waiting.Device.Id) > waiting.Device.Attempt))
            .Where(waiting => _campaigns.TryGetValue(waiting.Campaign, out var board) && !board.Held)
            .Select(waiting => new QueuedDevice(waiting.Device, _campaigns[waiting.Campaign].HeardDevices, campaigns.IndexOf(waiting.Campaign)));
        var grants = ImmutableArray.CreateBuilder<BoardGrant>();
        foreach (var planned in _machines.Plan([.. _adapters.Select(static adapter => adapter.Standing)], queued, Use(campaigns), now))
        {
            var grant = new BoardGrant(planned.Device.Id, planned.At(now, probe: false), _waiting[planned.Device.Id].Since);
            _byId[planned.Adapter.Id].Reserve(grant.Device, grant.Attempt, now + _times.Promise);
            grants.Add(grant);
        }

        return grants.ToImmutable();
    }

    /// <summary>The device has the slot; what it asked for before it had it came late.</summary>
    public void Accepted(BoardGrant grant)
    {
        if (!_waiting.TryGetValue(grant.Device, out var waiting) || waiting.Device.Attempt >= grant.Attempt) return;
        _waiting.Remove(grant.Device);
        _accepted[grant.Device] = (waiting.Campaign, grant.Attempt);
    }

    /// <summary>The device does not wait for a slot any more. It asks again when it does.</summary>
    public void Refused(BoardGrant grant)
    {
        if (_byId[grant.Event.Adapter].Release(reservation => reservation.Device == grant.Device && reservation.Attempt == grant.Attempt)) _changed = true;
        if (_waiting.TryGetValue(grant.Device, out var waiting) && waiting.Device.Attempt < grant.Attempt) _waiting.Remove(grant.Device);
    }

    /// <summary>Which campaigns are to be told of which devices, in the order they were heard.</summary>
    public ImmutableArray<(string Campaign, ImmutableArray<BluetoothAddress> Devices)> TakeFound() =>
        [.. _campaigns.Values.Select(static board => (board.Campaign, Devices: board.TakeFound())).Where(static found => !found.Devices.IsEmpty)];

    /// <summary>Campaigns that collect their targets and are to be told that an adapter listens.</summary>
    public ImmutableArray<string> TakeListening()
    {
        var campaigns = _listening.ToImmutableArray();
        _listening.Clear();
        return campaigns;
    }

    public LiveReport Live(string campaign, DateTimeOffset now, bool signals = true)
    {
        Forget(now);
        var present = _adapters.Where(static adapter => adapter.Present).OrderBy(static adapter => adapter.Rank)
            .ThenBy(static adapter => adapter.Id, StringComparer.Ordinal).ToArray();
        var report = new LiveReport
        {
            Adapters = [.. present.Select(static adapter => DeviceViews.Of(
                adapter.State, adapter.Transfers.Sum(static transfer => transfer.Rate), adapter.Standing.Host))],
            Transfers = [.. present.SelectMany(static adapter => adapter.Transfers).Where(transfer => transfer.Campaign == campaign)],
        };
        if (!_campaigns.TryGetValue(campaign, out var board)) return report;
        if (board.Collecting) report = report with { Bystanders = board.Bystanders };
        if (!signals) return report;
        var rssi = ImmutableDictionary.CreateBuilder<BluetoothAddress, int>();
        foreach (var device in board.Devices)
        {
            if (board.HeardDevices.Rssi(device.Device, now) is { } heard) rssi[device.Device] = heard;
        }

        return report with { Rssi = rssi.ToImmutable() };
    }

    /// <summary>Who is on the air, the strongest first. However many ask, it is put together no more often than adapters report.</summary>
    public HeardAir Heard(DateTimeOffset now)
    {
        if (_shown is { } shown && now - shown.At < _times.AdapterReport) return shown.Air;
        Forget(now);
        var air = new HeardAir([.. _adapters.Select(static adapter => adapter.Id)], [.. _units.Units(now).Take(HeardAir.Most)]);
        _shown = (now, air);
        return air;
    }

    private BoardAdapter AdapterOf(string id, DateTimeOffset now)
    {
        if (_byId.TryGetValue(id, out var known)) return known;
        var rank = _adapters.Count == 0 ? 0 : _adapters[^1].Rank + (now - _lastNewAdapter < _times.Again ? 0 : 1);
        _lastNewAdapter = now;
        var adapter = new BoardAdapter(id, _adapters.Count, rank, _policy);
        _adapters.Add(adapter);
        return _byId[id] = adapter;
    }

    private int? NumberOf(string adapter) => _byId.TryGetValue(adapter, out var known) ? known.Number : null;

    private static AirReport Known(DeviceEvent.Waited waited) => new()
    {
        Known = true,
        LastHeard = waited.At - waited.LastHeard,
        AsApplication = waited.AsApplication,
        Listening = waited.At - waited.ListeningSince,
        Deaf = waited.At - waited.DeafSince,
        HeardByOthers = waited.HeardByOthers,
        InBootloader = waited.InBootloader,
    };

    /// <summary>What campaigns may have at once, and what they have or are promised; empty when all are alike.</summary>
    private ImmutableArray<SchedulerCampaign> Use(List<string> campaigns)
    {
        var limits = campaigns.Select(campaign => _campaigns[campaign].Limits).ToArray();
        var alike = campaigns.All(campaign => _campaigns[campaign].Priority == CampaignPlan.UsualPriority);
        if (alike && limits.All(static limit => limit is null or { MaxConcurrency: null, MaxTransfersPerAdapter: null, MaxTransfersPerHost: null })) return [];
        var slots = _adapters.Select(adapter => adapter.State.Slots.Select(slot => CampaignOf(adapter, slot)).ToArray()).ToArray();
        return
        [
            .. campaigns.Select((campaign, i) => new SchedulerCampaign(
                limits[i]?.MaxConcurrency,
                limits[i]?.MaxTransfersPerAdapter,
                [.. slots.Select(slot => slot.Count(held => held == campaign))],
                limits[i]?.MaxTransfersPerHost,
                _campaigns[campaign].Priority)),
        ];
    }

    private string? CampaignOf(BoardAdapter adapter, AdapterSlot slot)
    {
        if (adapter.Transfers.FirstOrDefault(transfer => transfer.Device == slot.Device) is { } shown) return shown.Campaign;
        if (_waiting.TryGetValue(slot.Device, out var waiting)) return waiting.Campaign;
        return _accepted.TryGetValue(slot.Device, out var accepted) ? accepted.Campaign : null;
    }

    /// <summary>The attempt an adapter has or is promised, for each device.</summary>
    private Dictionary<BluetoothAddress, int> Held()
    {
        var held = new Dictionary<BluetoothAddress, int>();
        foreach (var slot in _adapters.SelectMany(static adapter => adapter.State.Slots))
            held[slot.Device] = Math.Max(held.GetValueOrDefault(slot.Device), slot.Attempt);
        return held;
    }

    /// <summary>A pause after a failure, and the time for which nobody may begin, are no waiting for a slot.</summary>
    private DateTimeOffset AskedSince(string campaign, DeviceState device, DateTimeOffset now) =>
        _waiting.TryGetValue(device.Id, out var before) && before.Campaign == campaign && before.Device.Attempt == device.Attempt
        && before.Device.Phase == DevicePhase.Queued && _campaigns.TryGetValue(campaign, out var board) && !board.Held
            ? before.Since
            : now;

    private void Forget(DateTimeOffset now)
    {
        foreach (var adapter in _adapters)
        {
            if (adapter.Release(reservation => now >= reservation.Until)) _changed = true;
            if (!adapter.Present || now - adapter.LastReport < _times.AdapterSilence) continue;
            adapter.Leave();
            Deafen(adapter);
        }

        _air.Note(_adapters.Exists(static adapter => adapter.Listens), now);
        if (now - _lastForget < _times.AdapterReport) return;
        _lastForget = now;
        _units.Forget(now);
        _lately.Forget(now);
        foreach (var silent in _campaigns.Values.Where(board => now - board.LastWatch >= _times.Forget).ToArray()) Drop(silent.Campaign);
        foreach (var silent in _waiting.Where(pair => now - pair.Value.At >= _times.Forget).ToArray()) _waiting.Remove(silent.Key);
    }

    private void Drop(string campaign)
    {
        _campaigns.Remove(campaign);
        _listening.Remove(campaign);
        foreach (var waiting in _waiting.Where(pair => pair.Value.Campaign == campaign).ToArray()) _waiting.Remove(waiting.Key);
        foreach (var accepted in _accepted.Where(pair => pair.Value.Campaign == campaign).ToArray()) _accepted.Remove(accepted.Key);
    }

    private void Deafen(BoardAdapter adapter)
    {
        _lately.Forget(adapter.Number);
        foreach (var board in _campaigns.Values) board.HeardDevices.Forget(adapter.Number);
    }

    private void TellCollecting()
    {
        foreach (var board in _campaigns.Values.Where(static board => board.Collecting)) _listening.Add(board.Campaign);
    }

    private static DeviceState Shifted(DeviceState device, TimeSpan by) => device with
    {
        WaitingSince = device.WaitingSince + by,
        NotBefore = device.NotBefore + by,
        BootloaderUntil = device.BootloaderUntil + by,
        ActivatedAt = device.ActivatedAt + by,
    };

    /// <param name="At">When it asked last.</param>
    /// <param name="Since">When it asked first for the slot that it waits for.</param>
    private sealed record Waiting(string Campaign, DeviceState Device, DateTimeOffset At, DateTimeOffset Since);
}
