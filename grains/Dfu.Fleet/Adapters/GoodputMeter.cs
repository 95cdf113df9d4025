using Dfu.Fleet.Devices;

namespace Dfu.Fleet.Adapters;

/// <summary>What got through one adapter while the number of its transfers stayed the same.</summary>
public sealed class GoodputMeter
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(5);

    private DateTimeOffset? _since;
    private int _active;
    private long _bytes;

    /// <summary>Bytes per second and transfer, smoothed; 0 when never measured.</summary>
    public double PerTransfer { get; private set; }

    /// <param name="bytes">Newly confirmed; negative when a reconcile found them lost.</param>
    public void Moved(long bytes) => _bytes += bytes;

    /// <summary>A measurement when a window is full, else null.</summary>
    public (int Active, double Rate)? Tick(int active, DateTimeOffset now)
    {
        if (_since is not { } since || active != _active || active == 0)
        {
            Restart(active, now);
            return null;
        }

        var time = now - since;
        if (time < Window) return null;
        var rate = Math.Max(0, _bytes / time.TotalSeconds);
        PerTransfer = Smoothed.Learn(PerTransfer, rate / active);
        Restart(active, now);
        return (active, rate);
    }

    private void Restart(int active, DateTimeOffset now) => (_since, _active, _bytes) = (now, active, 0);
}
