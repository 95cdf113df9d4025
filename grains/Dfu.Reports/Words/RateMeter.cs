namespace Dfu.Reports;

/// <summary>How fast the campaign goes, over its last seconds, and how long it still takes. Its clock is the campaign's own.</summary>
public sealed class RateMeter
{
    private const double Window = 20;
    private readonly Queue<(double Seconds, long Bytes)> _samples = new();

    /// <summary>Bytes per second; 0 until two samples a second apart are known.</summary>
    public double Rate { get; private set; }

    /// <param name="seconds">The campaign's clock.</param>
    /// <param name="bytes">Bytes the devices hold by now.</param>
    public void Add(double seconds, long bytes)
    {
        if (_samples.TryPeek(out var first) && seconds < first.Seconds) _samples.Clear();
        _samples.Enqueue((seconds, bytes));
        while (_samples.Count > 2 && seconds - _samples.Peek().Seconds > Window) _samples.Dequeue();
        var oldest = _samples.Peek();
        Rate = seconds - oldest.Seconds >= 1 ? Math.Max(0, (bytes - oldest.Bytes) / (seconds - oldest.Seconds)) : 0;
    }

    /// <summary>Seconds until <paramref name="bytes"/> more are there, null when nothing moves.</summary>
    public double? Left(long bytes) => Rate > 0 ? bytes / Rate : null;
}
