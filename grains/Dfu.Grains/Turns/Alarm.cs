using Dfu.Protocol.Timing;

namespace Dfu.Grains.Turns;

/// <summary>Wakes a grain when something is due, in the fleet's own clock. Made in a turn of the grain, and used on its scheduler only.</summary>
internal sealed class Alarm : IDisposable
{
    private readonly TaskScheduler _grain = TaskScheduler.Current;
    private readonly Func<Task> _turn;
    private readonly Action<Exception> _failed;
    private readonly TimeSpan _again;
    private readonly ITimer _timer;
    private bool _off;

    /// <param name="turn">A call through the grain's own reference, which sets the alarm anew.</param>
    /// <param name="again">When the alarm rings again after a turn that failed.</param>
    /// <param name="failed">Called when a turn failed.</param>
    public Alarm(TimeProvider time, Func<Task> turn, TimeSpan again, Action<Exception> failed)
    {
        (_turn, _again, _failed) = (turn, again, failed);

        // The timer must not carry the activity and the request of the call that happened to make it.
        using var flow = ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow();
        _timer = time.CreateTimer(static alarm => ((Alarm)alarm!).Ring(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Rings once after this time and not when it was set to before; null for not at all.</summary>
    public void Set(TimeSpan? dueIn)
    {
        if (_off) return;

        // Never early: timers count whole milliseconds and leave out the rest.
        var wait = dueIn is { } due ? TimeSpan.FromMilliseconds(Math.Ceiling(Math.Max(0, due.TotalMilliseconds))) : Timeout.InfiniteTimeSpan;
        _timer.Change(wait, Timeout.InfiniteTimeSpan);
    }

    public void Dispose()
    {
        _off = true;
        _timer.Dispose();
    }

    private void Ring() =>
        Background.Run("ring an alarm", Task.Factory.StartNew(RingAsync, CancellationToken.None, TaskCreationOptions.None, _grain).Unwrap());

    private async Task RingAsync()
    {
        if (_off) return;
        try
        {
            await _turn();
        }
        catch (Exception e)
        {
            _failed(e);
            Set(_again);
        }
    }
}
