using System.Collections.Immutable;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Updates;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Peers;

/// <summary>A campaign, as the directory, the scheduler, devices and adapters call it.</summary>
public interface ICampaignPeer
{
    /// <summary>
    /// From the directory, for a new campaign and for one that goes on: the campaign tries failed devices again, and listens again if it
    /// takes whatever it hears.
    /// </summary>
    /// <param name="campaign">
    /// The state to begin with. One that goes on takes its limits and its plan over, once for each <see cref="CampaignState.LastOrder"/>.
    /// </param>
    /// <param name="labels">What people call its devices; ones that go on with none keep those they have.</param>
    Task RunAsync(CampaignState campaign, ImmutableArray<ClassState> classes, CampaignLabels labels);

    /// <summary>Does nothing but see to it that the campaign is at work.</summary>
    Task WakeAsync();

    /// <summary>
    /// From the directory, which was not told that the campaign began, and told nobody: it never begins, even if the order is still on its way.
    /// </summary>
    /// <returns>False when it has begun.</returns>
    Task<bool> AbandonAsync();

    /// <summary>Whether every device has an outcome, durably.</summary>
    /// <exception cref="KeyNotFoundException">There is no such campaign.</exception>
    Task<bool> IsOverAsync();

    /// <summary>Cancels every device that has no outcome yet.</summary>
    Task CancelAsync();

    /// <summary>From the scheduler: devices that fit the targets were heard. Application addresses as far as that can be told.</summary>
    Task FoundAsync(ImmutableArray<BluetoothAddress> devices);

    /// <summary>From the scheduler: an adapter listens for this campaign.</summary>
    Task ListeningAsync();

    /// <summary>From an adapter that begins an attempt: what the campaign has learned. Decides whether this attempt is the one that probes.</summary>
    Task<CampaignKnowledge> KnowledgeAsync(BluetoothAddress device, int attempt, string? deviceClass);

    /// <summary>From an adapter: what its attempts showed.</summary>
    Task LearnedAsync(LearnedReport report);

    /// <summary>From a device, after each decision that operators want to see. May come late or twice.</summary>
    Task DeviceChangedAsync(DeviceState device);

    /// <summary>From a device, again and again until it returns: the outcome is durable then.</summary>
    Task DeviceEndedAsync(DeviceState device);
}
