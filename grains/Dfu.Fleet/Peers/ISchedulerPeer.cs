
namespace Dfu.Fleet.Peers;

/// <summary>The scheduler, as adapters, campaigns and devices call it. It stores nothing: everybody tells it again what it must know.</summary>
public interface ISchedulerPeer
{
    /// <summary>From an adapter, every 0.25 s while it is open or not, and when it changes or hears an address that was silent.</summary>
    Task AdapterAsync(AdapterReport report);

    /// <summary>From a campaign, every 2 s and whenever it changes: whose advertisements matter to it.</summary>
    Task CampaignAsync(CampaignWatch watch);

    /// <summary>From a device that waits for a slot or backs off, when that begins and every 2 s.</summary>
    Task<AirReport> WaitingAsync(SlotRequest request);

    /// <summary>All adapters and what is under way on them, for views.</summary>
    /// <param name="signals">Whether it matters how well devices are heard.</param>
    Task<LiveReport> LiveAsync(string campaign, bool signals);
}
