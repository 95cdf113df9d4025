using Dfu.Adapters;

namespace Dfu.Fleet.Updates;

/// <summary>What the steps of one attempt share.</summary>
internal sealed record UpdateAttempt(IUpdateRadio Radio, UpdateOrder Order, TargetDevice Device, IUpdateObserver Observer, TimeProvider Time)
{
    public Task<Advertisement?> HearAsync(Func<Advertisement, bool> wanted, TimeSpan timeout, CancellationToken cancellationToken) =>
        Radio.HearAsync(heard => heard.Connectable && wanted(heard), timeout, cancellationToken);
}
