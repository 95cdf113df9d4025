using System.Collections.Immutable;
using Dfu.Adapters;
using Dfu.Fleet.Scheduling;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Scan;

/// <summary>Who is on the air, by address. Not thread-safe.</summary>
public sealed class UnitTable
{
    /// <summary>A device that is there is heard again within this time.</summary>
    public static readonly TimeSpan Fresh = TimeSpan.FromSeconds(10);

    /// <summary>A device that was silent for so long is no longer remembered by who watches.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromSeconds(60);

    /// <summary>Between the last advertisement of one program of a device and the first of its other one.</summary>
    private static readonly TimeSpan Jump = TimeSpan.FromSeconds(0.5);

    /// <summary>Addresses that change all the time, as phones' do, fill no more than this.</summary>
    private const int Most = 20_000;

    /// <summary>dBm by which the order of two devices must be wrong before they change places.</summary>
    private const int Hysteresis = 5;

    private readonly Dictionary<BluetoothAddress, Entry> _entries = [];
    private ImmutableArray<BluetoothAddress> _order = [];

    /// <param name="radio">From 0, the same number for the same radio.</param>
    public void Hear(int radio, in Advertisement advertisement, DateTimeOffset now)
    {
        if (!_entries.TryGetValue(advertisement.Address, out var entry))
        {
            if (_entries.Count >= Most && !_entries.Remove(_entries.MinBy(static pair => pair.Value.Last).Key)) return;
            _entries[advertisement.Address] = entry = new() { First = now, Type = advertisement.AddressType };
        }

        entry.Hear(radio, advertisement, now);
    }

    /// <summary>Forgets who was silent for longer than <see cref="Memory"/>.</summary>
    public void Forget(DateTimeOffset now)
    {
        foreach (var (address, _) in _entries.Where(pair => now - pair.Value.Last > Memory).ToArray()) _entries.Remove(address);
    }

    /// <summary>Everybody, the strongest first; of those alike, the lower address.</summary>
    public ImmutableArray<HeardUnit> Units(DateTimeOffset now) =>
        [.. _entries.Select(pair => Unit(pair.Key, pair.Value, now)).OrderByDescending(static unit => unit.Signal).ThenBy(static unit => unit.Address)];

    /// <summary>Everybody about by strength, in an order that does not jump about as strengths do: for who looks at it. The silent come last.</summary>
    public ImmutableArray<HeardUnit> Steady(DateTimeOffset now)
    {
        var sorted = Units(now);
        var (units, known) = (sorted.ToDictionary(static unit => unit.Address), _order.ToHashSet());
        var order = _order.Where(units.ContainsKey).Select(address => units[address]).Concat(sorted.Where(unit => !known.Contains(unit.Address))).ToList();
        for (var i = 1; i < order.Count; i++)
        {
            var (at, unit) = (i, order[i]);
            while (at > 0 && unit.Signal >= order[at - 1].Signal + (known.Contains(unit.Address) ? Hysteresis : 1)) order[at] = order[--at];
            order[at] = unit;
        }

        _order = [.. order.Select(static unit => unit.Address)];
        return [.. order.OrderBy(static unit => unit.IsGone)];
    }

    private HeardUnit Unit(BluetoothAddress address, Entry entry, DateTimeOffset now)
    {
        var mode = ModeOf(address, entry);
        var application = mode switch
        {
            UnitMode.Bootloader => HeardUnit.ApplicationOf(address, entry.Name),
            UnitMode.Application => address,
            _ => (BluetoothAddress?)null,
        };
        return new()
        {
            Address = address,
            AddressType = entry.Type,
            Name = entry.Name,
            Mode = mode,
            DfuService = entry.DfuService,
            Others = entry.Others,
            Connectable = entry.Connectable,
            Application = application,
            Bootloader = mode switch
            {
                UnitMode.Bootloader => address,
                UnitMode.Application when IsBootloaderOf(address.Bootloader, address) => address.Bootloader,
                _ => null,
            },
            By = entry.By(now),
            Silence = now - entry.Last,
        };
    }

    /// <summary>
    /// What cannot be told from its advertisements alone may be the other program of a device that fell silent as this one came up. Two that are
    /// heard side by side are neighbours.
    /// </summary>
    private UnitMode ModeOf(BluetoothAddress address, Entry entry)
    {
        if (entry.Mode != UnitMode.BootloaderOrApplication) return entry.Mode;
        if (_entries.TryGetValue(address.Application, out var below) && IsDfu(below) && Follows(below, entry) && below.Mode != UnitMode.Bootloader)
            return UnitMode.Bootloader;
        return IsBootloaderOf(address.Bootloader, address) ? UnitMode.Application : UnitMode.BootloaderOrApplication;
    }

    private bool IsBootloaderOf(BluetoothAddress address, BluetoothAddress application) =>
        _entries.TryGetValue(address, out var above) && IsDfu(above) && _entries[application] is var entry && (Follows(entry, above) || Follows(above, entry))
        && (above.Mode == UnitMode.Bootloader ? HeardUnit.ApplicationOf(address, above.Name) == application : Follows(entry, above));

    private static bool IsDfu(Entry entry) =>
        entry.Mode is UnitMode.Bootloader or UnitMode.Application or UnitMode.BootloaderOrApplication;

    private static bool Follows(Entry before, Entry after) => after.First - before.Last >= Jump;

    private sealed class Entry
    {
        private (DateTimeOffset? At, double Signal)[] _ears = [];

        public required DateTimeOffset First { get; init; }
        public required AddressType Type { get; init; }
        public DateTimeOffset Last { get; private set; }
        public string Name { get; private set; } = "";
        public bool DfuService { get; private set; }
        public OtherServices Others { get; private set; }
        public bool Connectable { get; private set; }

        public UnitMode Mode => HeardUnit.ModeOf(Name, DfuService, Others, Connectable);

        public void Hear(int radio, in Advertisement advertisement, DateTimeOffset now)
        {
            // Name and services may come in packets of their own, so they add up; under another name somebody else speaks from the same address.
            if (advertisement.Name.Length > 0 && advertisement.Name != Name)
            {
                if (Name.Length > 0) (DfuService, Others, Connectable) = (false, OtherServices.None, false);
                Name = advertisement.Name;
            }

            DfuService |= advertisement.DfuService;
            Others |= advertisement.Others;
            Connectable |= advertisement.Connectable;
            if (now > Last) Last = now;
            if (radio >= _ears.Length) Array.Resize(ref _ears, radio + 1);
            ref var ear = ref _ears[radio];
            ear = (now, ear.At is null || now - ear.At > Fresh ? advertisement.Rssi : ((3 * ear.Signal) + advertisement.Rssi) / 4);
        }

        /// <summary>Radios that heard it lately; when none did, those that heard it last.</summary>
        public ImmutableArray<HeardBy> By(DateTimeOffset now)
        {
            var since = (now < Last ? now : Last) is var last && now - last <= Fresh ? now - Fresh : Last - Fresh;
            var by = ImmutableArray.CreateBuilder<HeardBy>();
            for (var i = 0; i < _ears.Length; i++)
            {
                if (_ears[i].At >= since) by.Add(new(i, (int)Math.Round(_ears[i].Signal)));
            }

            return [.. by.OrderByDescending(static heard => heard.Rssi).ThenBy(static heard => heard.Adapter)];
        }
    }
}
