using Dfu.Fleet.Peers;
using Dfu.Fleet.Turns;
using Microsoft.Extensions.Logging;

namespace Dfu.Fleet.Shells.Adapters;

/// <summary>Tells the scheduler what an adapter is and hears: one report at a time, the newest. What gets lost is said again soon.</summary>
/// <param name="stopped">From then on nobody begins with what is heard.</param>
internal sealed class SchedulerReporter(AdapterParts parts, UnreportedAdvertisements heard, Func<AdapterReport> report, CancellationToken stopped)
{
    private long _sent;
    private bool _inFlight;
    private bool _more;
    private bool _soon;

    /// <summary>Something changed that decides who may be granted a slot.</summary>
    public void Now()
    {
        if (_inFlight) _more = true;
        else Send();
    }

    /// <summary>The same, and it can be told of several at once: there is no plan in between.</summary>
    public void Soon()
    {
        if (_soon) return;
        _soon = true;
        OwnWork.Run(parts.Log, "report to the scheduler soon", parts.Id, SoonAsync, LogLevel.Error);
    }

    public void Tick()
    {
        // A report that does not come back is not waited for, or the scheduler would forget the adapter meanwhile.
        if (!_inFlight || parts.Host.Time.GetElapsedTime(_sent) >= parts.Host.Times.AdapterSilence) Send();
    }

    private void Send() => OwnWork.Run(parts.Log, "report to the scheduler", parts.Id, SendAsync, LogLevel.Error);

    private async Task SoonAsync()
    {
        var pause = parts.Host.Times.Plan - parts.Host.Time.GetElapsedTime(_sent);
        await Task.Delay(pause.InWholeMilliseconds(), parts.Host.Time, stopped);
        _soon = false;
        Now();
    }

    private async Task SendAsync()
    {
        (_inFlight, _more) = (true, false);
        var sent = _sent = parts.Host.Time.GetTimestamp();
        var (advertisements, deaf) = heard.Take();
        try
        {
            await parts.Peers.Scheduler.AdapterAsync(report() with { Heard = advertisements, Deaf = deaf });
        }
        catch (Exception e)
        {
            if (deaf) heard.TellDeafnessAgain();
            parts.Log.WorkFailed(LogLevel.Debug, parts.Id, "report to the scheduler", e);
        }

        if (sent != _sent) return;
        _inFlight = false;
        if (_more) Send();
    }
}
