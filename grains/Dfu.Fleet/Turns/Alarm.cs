using Microsoft.Extensions.Logging;

namespace Dfu.Fleet.Turns;

/// <summary>Wakes an activation when something is due, in the fleet's own clock. Used on the activation's scheduler only.</summary>
internal sealed class Alarm : IDisposable
{
    private readonly IActivation _activation;
    private readonly Func<Task> _turn;
    private readonly ITimer _timer;
    private bool _off;

    /// <param name="turn">Sets the alarm anew. One that fails is taken again a little later.</param>
    public Alarm(IActivation activation, Func<Task> turn)
    {
        (_activation, _turn) = (activation, turn);

        // The timer must not carry the activity and the request of the call that happened to make it.
        using var flow = ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow();
        _timer = activation.Host.Time.CreateTimer(static alarm => ((Alarm)alarm!).Ring(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Rings once after this time and not when it was set to before; null for not at all.</summary>
    public void Set(TimeSpan? dueIn)
    {
        if (_off) return;
        _timer.Change(dueIn?.InWholeMilliseconds() ?? Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Dispose()
    {
        _off = true;
        _timer.Dispose();
    }

    private void Ring() => _activation.Enter(RingAsync);

    private async Task RingAsync()
    {
        if (_off) return;
        try
        {
            await _turn();
        }
        catch (Exception e)
        {
            _activation.Log.WorkFailed(LogLevel.Debug, _activation.Name, "take the turn of an alarm", e);
            Set(_activation.Host.Times.Again);
        }
    }
}
