using System.Collections.Immutable;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Turns;
using Microsoft.Extensions.Logging;

namespace Dfu.Fleet.Audit;

/// <summary>Tells the audit what has changed and is stored, again and again until it has it. Lives on one scheduler.</summary>
internal sealed class AuditOutbox(IPeers peers, FleetHost host, ILogger logger)
{
    private bool _telling;
    private DateTimeOffset? _notBefore;

    /// <summary>No audit is kept.</summary>
    public bool IsNobody => peers.Audit is null;

    /// <param name="subject">Whose changes they are.</param>
    /// <param name="untold">What is stored and the audit has not taken yet.</param>
    /// <param name="taken">The audit has all of them.</param>
    public void Tell(string subject, ImmutableArray<AuditEntry> untold, Action taken)
    {
        if (untold.IsEmpty || _telling || host.Time.GetUtcNow() < _notBefore) return;
        _telling = true;
        _notBefore = host.Time.GetUtcNow() + host.Times.Again;
        OwnWork.Run(logger, "tell the audit what has changed", subject, () => TellAsync(untold, taken));
    }

    private async Task TellAsync(ImmutableArray<AuditEntry> untold, Action taken)
    {
        try
        {
            if (peers.Audit is not { } audit) return;
            await audit.AppendAsync(untold);
            _notBefore = null;
            taken();
        }
        finally
        {
            _telling = false;
        }
    }
}
