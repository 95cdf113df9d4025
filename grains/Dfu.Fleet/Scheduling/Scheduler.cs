using System.Collections.Immutable;
using Dfu.Fleet.Plans;

namespace Dfu.Fleet.Scheduling;

/// <summary>Who gets radio time next: earliest deadline first over all adapters, each device on the adapter that will serve it best.</summary>
/// <remarks>
/// A device is only granted a slot that is free, so one in its application is never sent to its bootloader to wait there.
/// At most one grant per adapter and plan, because an adapter connects to one device at a time.
/// </remarks>
public static class Scheduler
{
    /// <summary>A protected transfer that ends within this time is waited for.</summary>
    public static readonly TimeSpan WorthWaiting = TimeSpan.FromSeconds(2);

    /// <summary>A device that leaves its bootloader within this time goes first even where a transfer is protected.</summary>
    public static readonly TimeSpan Urgent = TimeSpan.FromSeconds(5);

    /// <summary>A device that leaves its bootloader within this time is let go: no link would be there before, and it is served from its application.</summary>
    public static readonly TimeSpan TooLate = TimeSpan.FromSeconds(1);

    public static ImmutableArray<Grant> Plan(SchedulerSnapshot snapshot)
    {
        var open = new bool[snapshot.Adapters.Length];
        var anyOpen = 0;
        for (var i = 0; i < open.Length; i++)
        {
            var adapter = snapshot.Adapters[i];
            open[i] = adapter.Free > 0 && !adapter.Connecting;
            if (open[i]) anyOpen++;
        }

        if (anyOpen == 0 || snapshot.Devices.IsEmpty) return [];

        var room = new TransferRoom(snapshot);
        var best = snapshot.Adapters.Max(adapter => adapter.Rate);
        var grants = ImmutableArray.CreateBuilder<Grant>();
        foreach (var device in snapshot.Devices.Where(device => !IsLetGo(device, snapshot.Now)).OrderBy(device => Order(device, snapshot)))
        {
            if (Choose(snapshot, device, open, room, best) is not { } adapter) continue;
            grants.Add(new(device.Id, adapter));
            open[adapter] = false;
            room.Take(device, adapter);
            if (--anyOpen == 0) break;
        }

        return grants.ToImmutable();
    }

    /// <summary>
    /// Devices with a deadline still to be met, then those that wait in their bootloader, then the rest by their campaigns' priority; longest
    /// waiting first, and the address settles ties.
    /// </summary>
    private static (int Group, int Rank, DateTimeOffset Time, ulong Tie) Order(SchedulerDevice device, SchedulerSnapshot snapshot) => device switch
    {
        { Deadline: { } deadline } when deadline > snapshot.Now => (0, 0, deadline, device.Id.Value),
        { InBootloader: true } => (1, 0, device.WaitingSince, device.Id.Value),
        _ => (2, -PriorityOf(device, snapshot), device.WaitingSince, device.Id.Value),
    };

    private static int PriorityOf(SchedulerDevice device, SchedulerSnapshot snapshot) =>
        device.Campaign < snapshot.Campaigns.Length ? snapshot.Campaigns[device.Campaign].Priority : CampaignPlan.UsualPriority;

    private static int? Choose(SchedulerSnapshot snapshot, SchedulerDevice device, bool[] open, TransferRoom room, double bestRate)
    {
        var urgent = device.Deadline is { } deadline && deadline > snapshot.Now && deadline - snapshot.Now < Urgent;
        int? chosen = null;
        var chosenScore = (Other: false, Free: false, Value: double.NegativeInfinity);
        foreach (var heard in device.Heard)
        {
            if (!open[heard.Adapter] || !room.Has(device, heard.Adapter)) continue;
            var adapter = snapshot.Adapters[heard.Adapter];
            if (!urgent && adapter.ProtectedFor <= WorthWaiting) continue;
            var score = (Other: heard.Adapter != device.Avoids, Free: adapter.ProtectedFor is null, Value: Score(adapter, heard.Rssi, bestRate));
            if (chosen is not null && score.CompareTo(chosenScore) <= 0) continue;
            (chosen, chosenScore) = (heard.Adapter, score);
        }

        return chosen;
    }

    private static bool IsLetGo(SchedulerDevice device, DateTimeOffset now) => device.Deadline is { } deadline && deadline > now && deadline - now < TooLate;

    /// <summary>Grows with what the device can expect: signal, the rate that transfers have there, and how much of what the radio carries is in use.</summary>
    /// <remarks>
    /// A rate was measured with the others at work: how many they are counts as a part of the limit that was learned, not once more by itself.
    /// </remarks>
    private static double Score(SchedulerAdapter adapter, int rssi, double bestRate)
    {
        var signal = Math.Clamp((rssi + 97) / 27.0, 0.1, 1);
        var rate = adapter.Rate <= 0 || bestRate <= 0 ? 1 : Math.Clamp(adapter.Rate / bestRate, 0.25, 1);
        var used = (adapter.Active + 1.0) / (adapter.Active + Math.Max(1, adapter.Free));
        return signal * rate / (1 + used);
    }
}
