using Microsoft.Extensions.Logging;

namespace Dfu.Fleet.Turns;

/// <summary>Has an activation take a turn again and again in the fleet's own clock. Used on the activation's scheduler only.</summary>
/// <param name="turn">The next one waits for it. What it throws is logged: the next pulse tries again.</param>
internal sealed class Pulse(IActivation activation, TimeSpan period, Func<Task> turn)
{
    private int _begun;

    /// <summary>It never beats again.</summary>
    public bool IsOver { get; private set; }

    public bool Beats { get; private set; }

    /// <summary>Beats from now on, if it does not yet.</summary>
    public void Begin()
    {
        if (IsOver || Beats) return;
        Beats = true;
        var begun = ++_begun;
        OwnWork.Run(activation.Log, "beat a pulse", activation.Name, () => BeatAsync(begun), LogLevel.Error);
    }

    public void Stop() => Beats = false;

    /// <summary>Stops it for good: a call may outlive the activation that it came to, and begins nothing there any more.</summary>
    public void End()
    {
        IsOver = true;
        Stop();
    }

    private async Task BeatAsync(int begun)
    {
        while (true)
        {
            await Task.Delay(period, activation.Host.Time, CancellationToken.None);
            if (!Beats || begun != _begun) return;
            try
            {
                await turn();
            }
            catch (Exception e)
            {
                if (Beats) activation.Log.WorkFailed(LogLevel.Debug, activation.Name, "take the turn of a pulse", e);
            }
        }
    }
}
