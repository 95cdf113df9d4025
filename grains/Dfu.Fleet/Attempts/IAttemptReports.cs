using Dfu.Fleet.Adapters;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;

namespace Dfu.Fleet.Attempts;

/// <summary>Where an attempt tells what happens in it. Any thread calls; implementations return at once. Nothing comes after <see cref="Ended"/>.</summary>
public interface IAttemptReports
{
    void Device(DeviceEvent e);

    /// <summary>Returns when the event's effect is stored.</summary>
    /// <exception cref="OperationCanceledException">The attempt is over, for us or for whoever stores.</exception>
    Task DurableAsync(DeviceEvent e, CancellationToken cancellationToken);

    void Adapter(AdapterEvent e);

    void Campaign(CampaignEvent e);

    /// <summary>Called once, however the attempt ended, when its links are closed.</summary>
    void Ended(AttemptRun run, DeviceEvent.Ended e);
}
