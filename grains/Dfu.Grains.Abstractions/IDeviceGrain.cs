using System.Collections.Immutable;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Storage;

namespace Dfu.Grains;

/// <summary>
/// One device, by its name within campaigns: the address it was given or first heard by (<c>C0:98:76:54:32:10</c>). It is in one
/// unfinished campaign at a time.
/// </summary>
[Alias("dfu.device")]
public interface IDeviceGrain : IGrainWithStringKey
{
    /// <summary>From a campaign, again and again while the device has no outcome: take part in it. May come twice.</summary>
    /// <returns>False when another campaign that is not over has the device, or has not heard yet how it ended there.</returns>
    [Alias("Join")]
    Task<bool> JoinAsync(CampaignPlace place);

    /// <param name="run">The campaign's run in which that was asked for; one before the device was asked for again comes late.</param>
    /// <param name="drain">An attempt under way is finished; it is the last one.</param>
    [Alias("Cancel")]
    Task CancelAsync(string campaign, int run, bool drain);

    /// <summary>
    /// From a campaign that is paused, again and again: this attempt is broken off, and the device waits for another. Durable when it returns.
    /// </summary>
    [Alias("Pause")]
    Task PauseAsync(string campaign, int attempt);

    /// <summary>From the scheduler: the device may have a slot. Durable when it returns.</summary>
    /// <returns>False when the device does not wait for one any more.</returns>
    [Alias("Grant")]
    Task<bool> GrantAsync(DeviceEvent.Granted grant);

    /// <summary>From an adapter, at least every second while an attempt runs: what happened in it. May come late or twice.</summary>
    [Alias("Report")]
    Task<ReportReceipt> ReportAsync(AttemptReport report);

    /// <summary>From an adapter that turned out bad: attempts that found no link over it do not count. May come late, twice or never.</summary>
    /// <param name="attempt">The last of them.</param>
    [Alias("AdapterBlamed")]
    Task AdapterBlamedAsync(string adapter, int epoch, int attempt);

    /// <summary>What is stored of the device; null when it was never part of a campaign.</summary>
    [Alias("Get")]
    Task<DeviceState?> GetAsync();

    /// <summary>What is known of the device beyond its campaigns; null when nothing is.</summary>
    [Alias("Passport")]
    Task<DevicePassport?> PassportAsync();

    /// <summary>The device's last decisions and outcomes, oldest first, at most 200.</summary>
    [Alias("History")]
    Task<ImmutableArray<HistoryEntry>> HistoryAsync();

    /// <summary>From a campaign that is being deleted: nothing of the device is stored when it returns, unless it has been in another campaign since.</summary>
    [Alias("Forget")]
    Task ForgetAsync(string campaign);
}
