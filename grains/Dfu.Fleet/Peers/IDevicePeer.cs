using Dfu.Fleet.Devices;

namespace Dfu.Fleet.Peers;

/// <summary>A device, as campaigns, the scheduler and adapters call it. It is in one unfinished campaign at a time.</summary>
public interface IDevicePeer
{
    /// <summary>From a campaign, again and again while the device has no outcome: take part in it. May come twice.</summary>
    /// <returns>False when another campaign that is not over has the device, or has not heard yet how it ended there.</returns>
    Task<bool> JoinAsync(CampaignPlace place);

    /// <param name="run">The campaign's run in which that was asked for; one before the device was asked for again comes late.</param>
    /// <param name="drain">An attempt under way is finished; it is the last one.</param>
    Task CancelAsync(string campaign, int run, bool drain);

    /// <summary>
    /// From a campaign that is paused, again and again: this attempt is broken off, and the device waits for another. Durable when it returns.
    /// </summary>
    Task PauseAsync(string campaign, int attempt);

    /// <summary>From the scheduler: the device may have a slot. Durable when it returns.</summary>
    /// <returns>False when the device does not wait for one any more.</returns>
    Task<bool> GrantAsync(DeviceEvent.Granted grant);

    /// <summary>From an adapter, at least every second while an attempt runs: what happened in it. May come late or twice.</summary>
    Task<ReportReceipt> ReportAsync(AttemptReport report);

    /// <summary>From an adapter that turned out bad: attempts that found no link over it do not count. May come late, twice or never.</summary>
    /// <param name="attempt">The last of them.</param>
    Task AdapterBlamedAsync(string adapter, int epoch, int attempt);

    /// <summary>What is stored of the device; null when it was never part of a campaign.</summary>
    Task<DeviceState?> GetAsync();

    /// <summary>From a campaign that is being deleted: nothing of the device is stored when it returns, unless it has been in another campaign since.</summary>
    Task ForgetAsync(string campaign);
}
