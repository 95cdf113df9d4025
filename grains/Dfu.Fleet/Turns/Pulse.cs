using Microsoft.Extensions.Logging;

namespace Dfu.Fleet.Turns;

/// <summary>Has an activation take a turn again and again in the fleet's own clock.</summary>
internal sealed class Pulse : IDisposable
{
    private readonly CancellationTokenSource _stop = new();

    /// <param name="turn">The next one waits for it. What it throws is logged: the next pulse tries again.</param>
    public static Pulse Start(IActivation activation, TimeSpan period, Func<Task> turn)
    {
        var pulse = new Pulse();
        OwnWork.Run(activation.Log, "beat a pulse", activation.Name, () => pulse.BeatAsync(activation, period, turn), LogLevel.Error);
        return pulse;
    }

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    private async Task BeatAsync(IActivation activation, TimeSpan period, Func<Task> turn)
    {
        var stopped = _stop.Token;
        while (!stopped.IsCancellationRequested)
        {
            await Task.Delay(period, activation.Host.Time, stopped);
            try
            {
                await turn();
            }
            catch (Exception e)
            {
                if (!stopped.IsCancellationRequested) activation.Log.WorkFailed(LogLevel.Debug, activation.Name, "take the turn of a pulse", e);
            }
        }
    }
}
