using Dfu.Fleet.Access;
using Dfu.Fleet.Peers;

namespace Dfu.Grains;

/// <summary>
/// Gives slots to devices over all adapters and campaigns; one, key 0. It stores nothing: whoever is silent for some seconds is
/// forgotten, and everybody tells it again what it must know.
/// </summary>
[Alias("dfu.scheduler")]
public interface ISchedulerGrain : IGrainWithIntegerKey
{
    /// <inheritdoc cref="ISchedulerPeer.AdapterAsync"/>
    [Alias("Adapter")]
    Task AdapterAsync(AdapterReport report);

    /// <inheritdoc cref="ISchedulerPeer.CampaignAsync"/>
    [Alias("Campaign")]
    Task CampaignAsync(CampaignWatch watch);

    /// <inheritdoc cref="ISchedulerPeer.WaitingAsync"/>
    [Alias("Waiting")]
    Task<AirReport> WaitingAsync(SlotRequest request);

    /// <inheritdoc cref="ISchedulerPeer.LiveAsync"/>
    [Alias("Live")]
    Task<LiveReport> LiveAsync(string campaign, bool signals);

    /// <summary>Who is on the air, for views; at most <see cref="HeardAir.Most"/>, and as old as adapters' reports are.</summary>
    [Alias("Heard")]
    Task<HeardAir> HeardAsync();
}
