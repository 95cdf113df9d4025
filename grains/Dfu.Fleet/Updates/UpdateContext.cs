using Dfu.Adapters;

namespace Dfu.Fleet.Updates;

/// <summary>What the steps of one attempt share.</summary>
internal sealed record UpdateContext(IUpdateAdapter Adapter, UpdateOrder Order, TargetDevice Device, IUpdateObserver Observer, TimeProvider Time)
{
    /// <summary>What the application said before it was sent to its bootloader; null when it was not asked, or did not answer.</summary>
    public ApplicationInformation? Told { get; set; }

    /// <summary>Nothing of the package was sent in this campaign, and nobody looked at what is known of the device.</summary>
    public bool PreflightDue { get; set; } = Order.IsFresh;

    /// <summary>Set when the device runs the package: why that is known.</summary>
    public string? Current { get; set; }

    /// <summary>Images that the device has accepted, in this attempt or before it.</summary>
    public HashSet<int> Activated { get; } = [.. Order.Activated];

    public Task<Advertisement?> HearAsync(Func<Advertisement, bool> wanted, TimeSpan timeout, CancellationToken cancellationToken) =>
        Adapter.HearAsync(heard => heard.Connectable && wanted(heard), timeout, cancellationToken);
}
