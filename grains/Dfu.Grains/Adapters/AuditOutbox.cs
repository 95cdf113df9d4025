using System.Collections.Immutable;
using Dfu.Fleet.Audit;
using Dfu.Grains.Turns;

namespace Dfu.Grains.Adapters;

/// <summary>Tells the audit what operators did to an adapter, once that is stored, and again until it is taken. Lives on one scheduler.</summary>
/// <param name="untold">What is stored and not taken yet.</param>
/// <param name="taken">Called with what was taken.</param>
internal sealed class AuditOutbox(
    Func<ImmutableArray<AuditEntry>> untold,
    Func<ImmutableArray<AuditEntry>, Task> append,
    Action<ImmutableArray<AuditEntry>> taken,
    Action<Exception> failed,
    TimeSpan again,
    TimeProvider time)
{
    private long? _failedAt;
    private bool _inFlight;

    /// <summary>To be called several times a second.</summary>
    public void Tick()
    {
        if (_inFlight || untold().IsEmpty || (_failedAt is { } at && time.GetElapsedTime(at) < again)) return;
        _inFlight = true;
        OwnWork.Run("tell the audit", SendAsync, e =>
        {
            (_failedAt, _inFlight) = (time.GetTimestamp(), false);
            failed(e);
        });
    }

    private async Task SendAsync()
    {
        var entries = untold();
        await append(entries);
        (_failedAt, _inFlight) = (null, false);
        taken(entries);
    }
}
