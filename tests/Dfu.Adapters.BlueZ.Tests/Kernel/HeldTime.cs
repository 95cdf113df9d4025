using System.Threading.Channels;

namespace Dfu.Adapters.BlueZ.Tests.Kernel;

/// <summary>Time in which nothing becomes due until the test lets it.</summary>
internal sealed class HeldTime : TimeProvider
{
    private readonly Channel<Timer> _timers = Channel.CreateUnbounded<Timer>();

    /// <summary>Waits for the next timer to be set and lets it become due.</summary>
    /// <returns>What it was set to.</returns>
    public async Task<TimeSpan> PassAsync()
    {
        var timer = await _timers.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20), System);
        timer.Callback(timer.State);
        return timer.Due;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(callback, state, dueTime);
        _timers.Writer.TryWrite(timer);
        return timer;
    }

    private sealed record Timer(TimerCallback Callback, object? State, TimeSpan Due) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
