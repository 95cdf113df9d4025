using Dfu.Fleet.Turns;

namespace Dfu.Fleet.Shells.Adapters;

/// <summary>An attempt's right to its device. It ends by itself on the radio's side, however busy the activation is.</summary>
internal sealed class AttemptLease : IDisposable
{
    private readonly TimeSpan _length;
    private readonly FleetHost _host;
    private readonly Action _expired;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private HostMoment _renewed;
    private bool _isOver;

    /// <param name="expired">Called at most once, by a timer.</param>
    public AttemptLease(TimeSpan length, FleetHost host, Action expired)
    {
        (_length, _host, _expired, _renewed) = (length, host, expired, HostMoment.Now(host.Time, host.Wall));
        _timer = host.Time.CreateTimer(static lease => ((AttemptLease)lease!).RunOut(), this, length, Timeout.InfiniteTimeSpan);
    }

    /// <summary>It has not run out. Where a host stood still its timers come late, and do not know that it was suspended.</summary>
    public bool Holds
    {
        get
        {
            lock (_gate) return !_isOver && _renewed.IsWithin(_length, _host.Time, _host.Wall);
        }
    }

    /// <param name="sent">When the report was sent that has been accepted. Too late when it has expired.</param>
    public void Renew(HostMoment sent)
    {
        lock (_gate)
        {
            if (_isOver) return;
            _renewed = sent;
            var left = _length - _host.Time.GetElapsedTime(sent.Timestamp);
            _timer.Change(left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose() => _timer.Dispose();

    private void RunOut()
    {
        lock (_gate)
        {
            if (_isOver) return;
            _isOver = true;
        }

        _expired();
    }
}
