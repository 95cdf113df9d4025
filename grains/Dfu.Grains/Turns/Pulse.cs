using Microsoft.Extensions.Logging;

namespace Dfu.Grains.Turns;

/// <summary>Calls a grain again and again in the fleet's own clock, each time as a turn of its own.</summary>
internal sealed class Pulse : IDisposable
{
    private readonly CancellationTokenSource _stop = new();

    /// <param name="subject">Whose pulse it is, for the log.</param>
    /// <param name="turn">A call through the grain's own reference; the next one waits for it. What it throws is logged: the next pulse tries again.</param>
    public static Pulse Start(ILogger logger, object subject, TimeProvider time, TimeSpan period, Func<Task> turn)
    {
        var pulse = new Pulse();
        OwnWork.Run(logger, "beat a pulse", subject, () => pulse.BeatAsync(logger, subject, time, period, turn), LogLevel.Error);
        return pulse;
    }

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    private async Task BeatAsync(ILogger logger, object subject, TimeProvider time, TimeSpan period, Func<Task> turn)
    {
        var stopped = _stop.Token;
        while (!stopped.IsCancellationRequested)
        {
            await Task.Delay(period, time, stopped);
            try
            {
                await turn();
            }
            catch (Exception e)
            {
                if (!stopped.IsCancellationRequested) logger.WorkFailed(LogLevel.Debug, subject, "take the turn of a pulse", e);
            }
        }
    }
}
