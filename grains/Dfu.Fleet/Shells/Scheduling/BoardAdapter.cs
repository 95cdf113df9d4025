using System.Collections.Immutable;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Scheduling;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Shells.Scheduling;

/// <summary>A slot that was promised and that its adapter does not show yet.</summary>
internal sealed record Reservation(BluetoothAddress Device, int Attempt, int Epoch, DateTimeOffset Until);

/// <summary>
/// An adapter as the scheduler knows it. Its number stays the same for as long as the scheduler lives, however often the adapter goes and comes.
/// </summary>
/// <param name="rank">Place among the adapters; those that came at about the same time share one.</param>
internal sealed class BoardAdapter(string id, int number, int rank, FleetPolicy policy)
{
    private readonly List<Reservation> _reservations = [];
    private AdapterReport? _report;

    public string Id => id;
    public int Number => number;
    public int Rank => rank;

    /// <summary>When it reported last.</summary>
    public DateTimeOffset LastReport { get; private set; }

    public bool Present => _report is not null;

    /// <summary>The reported state with the slots that are promised but not shown yet.</summary>
    public AdapterState State { get; private set; } = new() { Id = id };

    public bool Listens => Present && State.Listens;

    public ImmutableArray<LiveTransfer> Transfers => _report?.Transfers ?? [];

    public AdapterStanding Standing => new(State, _report?.Rate ?? 0, _report?.ProtectedFor, _report?.Host ?? "", _report?.HostMost);

    public void Take(AdapterReport report, DateTimeOffset now)
    {
        _report = report;
        LastReport = now;
        _reservations.RemoveAll(
            reservation => reservation.Epoch != report.State.Epoch || report.State.Slots.Contains(new(reservation.Device, reservation.Attempt)));
        Rebuild();
    }

    public void Reserve(BluetoothAddress device, int attempt, DateTimeOffset until)
    {
        _reservations.Add(new(device, attempt, State.Epoch, until));
        Rebuild();
    }

    /// <returns>Whether there was one.</returns>
    public bool Release(Predicate<Reservation> which)
    {
        if (_reservations.RemoveAll(which) == 0) return false;
        Rebuild();
        return true;
    }

    /// <summary>It is silent: whatever it has is no longer known.</summary>
    public void Leave()
    {
        _report = null;
        _reservations.Clear();
        Rebuild();
    }

    private void Rebuild()
    {
        State = _report?.State ?? new() { Id = id };
        foreach (var reservation in _reservations)
        {
            var taken = new AdapterEvent.SlotTaken(reservation.Epoch, State.Turn + 1, reservation.Device, reservation.Attempt);
            State = AdapterMachine.Apply(State, taken, policy).Next;
        }
    }
}
