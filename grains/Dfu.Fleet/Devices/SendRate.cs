namespace Dfu.Fleet.Devices;

/// <summary>Measured numbers that follow the last few samples.</summary>
internal static class Smoothed
{
    private const double Share = 0.3;

    /// <summary>For a number that begins at 0 and is shown: it rises within some samples.</summary>
    public static double Follow(double before, double sample) => (Share * sample) + ((1 - Share) * before);

    /// <summary>For a number that decides: 0 means that nothing was measured, so the first sample counts in full.</summary>
    public static double Learn(double before, double sample) => before == 0 ? sample : Follow(before, sample);
}

/// <summary>How fast bytes are sent to a device now, out of its byte count.</summary>
/// <param name="sent">The count before the first measurement.</param>
public sealed class SendRate(long sent)
{
    private long _sent = sent;

    /// <summary>Bytes per second.</summary>
    public double Value { get; private set; }

    /// <param name="running">False when nothing is sent: the rate is 0 then.</param>
    /// <param name="elapsed">Since the measurement before.</param>
    public void Measure(long sent, TimeSpan elapsed, bool running = true)
    {
        if (!running) Value = 0;
        else if (elapsed > TimeSpan.Zero) Value = Smoothed.Follow(Value, (sent - _sent) / elapsed.TotalSeconds);
        _sent = sent;
    }
}
