using Dfu.Fleet.Access;

namespace Dfu.Grains;

/// <summary>
/// Gives slots to devices over all adapters and campaigns; one, key 0. It stores nothing: whoever is silent for some seconds is
/// forgotten, and everybody tells it again what it must know.
/// </summary>
[Alias("dfu.scheduler")]
public interface ISchedulerGrain : IGrainWithIntegerKey
{
    /// <summary>From an adapter, every 0.25 s while it is open or not.</summary>
    [Alias("Adapter")]
    Task AdapterAsync(AdapterReport report);

    /// <summary>From a campaign, every 2 s and whenever it changes: whose advertisements matter to it.</summary>
    [Alias("Campaign")]
    Task CampaignAsync(CampaignWatch watch);

    /// <summary>From a device that waits for a slot or backs off, when that begins and every 2 s.</summary>
    [Alias("Waiting")]
    Task<AirReport> WaitingAsync(SlotRequest request);

    /// <summary>All adapters and what is under way on them, for views.</summary>
    /// <param name="signals">Whether it matters how well devices are heard.</param>
    [Alias("Live")]
    Task<LiveReport> LiveAsync(string campaign, bool signals);

    /// <summary>Who is on the air, for views; at most <see cref="HeardAir.Most"/>, and as old as adapters' reports are.</summary>
    [Alias("Heard")]
    Task<HeardAir> HeardAsync();
}
