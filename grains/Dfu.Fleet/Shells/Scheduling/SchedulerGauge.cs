using System.Collections.Immutable;
using Dfu.Fleet.Telemetry;

namespace Dfu.Fleet.Shells.Scheduling;

/// <summary>What the scheduler says to whoever collects: the board is looked at on the activation's scheduler, and read from any thread.</summary>
internal sealed class SchedulerGauge(TimeProvider time)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(0.25);

    private Seen _seen = new(0, []);
    private long _looked;

    public void Look(SchedulerBoard board)
    {
        var waits = board.Waits;
        if (!FleetGauges.CountsCampaigns || (waits == _seen.Waits && _looked != 0 && time.GetElapsedTime(_looked) < LookEvery)) return;
        _looked = time.GetTimestamp();
        Volatile.Write(ref _seen, new(waits, board.Deadlines()));
    }

    public FleetReading Read()
    {
        var (seen, now) = (Volatile.Read(ref _seen), time.GetUtcNow());
        var open = seen.Deadlines.Where(deadline => deadline > now).ToArray();
        return new()
        {
            Waiting = seen.Waits,
            Overdue = seen.Deadlines.Length - open.Length,
            Slack = open.Length == 0 ? null : open.Min() - now,
        };
    }

    private sealed record Seen(int Waits, ImmutableArray<DateTimeOffset> Deadlines);
}
