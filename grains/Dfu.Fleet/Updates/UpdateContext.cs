using Dfu.Adapters;

namespace Dfu.Fleet.Updates;

/// <summary>What the steps of one attempt share.</summary>
internal sealed record UpdateContext(IUpdateAdapter Adapter, UpdateOrder Order, TargetDevice Device, IUpdateObserver Observer, TimeProvider Time)
{
    public Task<Advertisement?> HearAsync(Func<Advertisement, bool> wanted, TimeSpan timeout, CancellationToken cancellationToken) =>
        Adapter.HearAsync(heard => heard.Connectable && wanted(heard), timeout, cancellationToken);
}
