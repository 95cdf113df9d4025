using Dfu.Adapters;

namespace Dfu.Fleet.Updates;

/// <summary>What the steps of one attempt share.</summary>
internal sealed record UpdateContext(IUpdateAdapter Adapter, UpdateOrder Order, TargetDevice Device, IUpdateObserver Observer, TimeProvider Time)
{
    /// <summary>Images that the device has accepted, in this attempt or before it.</summary>
    public HashSet<int> Activated { get; } = [.. Order.Activated];

    public Task<Advertisement?> HearAsync(Func<Advertisement, bool> wanted, TimeSpan timeout, CancellationToken cancellationToken) =>
        Adapter.HearAsync(heard => heard.Connectable && wanted(heard), timeout, cancellationToken);
}
