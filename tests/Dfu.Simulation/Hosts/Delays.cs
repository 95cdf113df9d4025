using Dfu.Adapters.Simulated.Time;

namespace Dfu.Simulation.Hosts;

internal static class Delays
{
    /// <summary>Has something happen once, whatever becomes of the processes.</summary>
    public static void After(this VirtualTime time, TimeSpan delay, Action work)
    {
        ITimer? timer = null;
        timer = time.CreateTimer(
            _ =>
            {
                timer?.Dispose();
                work();
            },
            null,
            delay,
            Timeout.InfiniteTimeSpan);
    }
}
