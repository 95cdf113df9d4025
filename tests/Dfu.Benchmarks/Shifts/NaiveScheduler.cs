using System.Collections.Immutable;
using Dfu.Fleet.Scheduling;

namespace Dfu.Benchmarks.Shifts;

/// <summary>
/// First come, first served, adapter after adapter in turn, three at once on each, whatever their signal, load and rate, and whatever waits
/// for whom.
/// </summary>
internal sealed class NaiveScheduler
{
    private const int PerAdapter = 3;
    private int _next;

    public ImmutableArray<PlannedGrant> Plan(IReadOnlyList<AdapterStanding> adapters, IEnumerable<QueuedDevice> queued, DateTimeOffset now)
    {
        var open = adapters.Select(static adapter => adapter.State is { Status: Dfu.Fleet.Adapters.AdapterStatus.Ready, Connecting: null }
            && adapter.State.Slots.Length < PerAdapter).ToArray();
        var grants = ImmutableArray.CreateBuilder<PlannedGrant>();
        foreach (var (device, heardDevices, _) in queued.OrderBy(static one => one.Device.WaitingSince).ThenBy(static one => one.Device.Id))
        {
            if (!open.Contains(true)) break;
            if (heardDevices.Latest(device.Id) is not { } latest || (!latest.Match.InBootloader && device.AllActivated)) continue;
            var hear = heardDevices.By(device.Id, device.WaitingSince, now);
            var turn = Enumerable.Range(_next, adapters.Count).Select(i => i % adapters.Count).Where(i => open[i] && hear.Any(heard => heard.Adapter == i));
            foreach (var adapter in turn.Take(1).ToArray())
            {
                grants.Add(new(device, adapters[adapter].State, latest.Match, latest.Heard));
                open[adapter] = false;
                _next = adapter + 1;
            }
        }

        return grants.ToImmutable();
    }
}
