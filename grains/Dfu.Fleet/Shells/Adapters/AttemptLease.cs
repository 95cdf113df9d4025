namespace Dfu.Fleet.Shells.Adapters;

/// <summary>An attempt's right to its device. It ends by itself on the radio's side, however busy the activation is.</summary>
internal sealed class AttemptLease : IDisposable
{
    private readonly TimeSpan _length;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;

    /// <param name="expired">Called at most once, by a timer of <paramref name="time"/>.</param>
    public AttemptLease(TimeSpan length, TimeProvider time, Action expired)
    {
        (_length, _time) = (length, time);
        _timer = time.CreateTimer(static state => ((Action)state!)(), expired, length, Timeout.InfiniteTimeSpan);
    }

    /// <param name="sent">When the report was sent that has been accepted, as a timestamp.</param>
    public void Renew(long sent)
    {
        var left = _length - _time.GetElapsedTime(sent);
        _timer.Change(left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    public void Dispose() => _timer.Dispose();
}
