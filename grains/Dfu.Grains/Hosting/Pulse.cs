namespace Dfu.Grains.Hosting;

/// <summary>Calls a grain again and again in the fleet's own clock, each time as a turn of its own.</summary>
internal sealed class Pulse : IDisposable
{
    private readonly CancellationTokenSource _stop = new();

    /// <param name="turn">A call through the grain's own reference; the next one waits for it. What it throws is passed over: the next pulse tries again.</param>
    public static Pulse Start(TimeProvider time, TimeSpan period, Func<Task> turn)
    {
        var pulse = new Pulse();
        _ = pulse.RunAsync(time, period, turn);
        return pulse;
    }

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    private async Task RunAsync(TimeProvider time, TimeSpan period, Func<Task> turn)
    {
        OwnWork.Begin();
        var stopped = _stop.Token;
        while (!stopped.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(period, time, stopped);
                await turn();
            }
            catch (OperationCanceledException) when (stopped.IsCancellationRequested)
            {
                return;
            }
            catch (Exception)
            {
                // The next pulse tries again.
            }
        }
    }
}
