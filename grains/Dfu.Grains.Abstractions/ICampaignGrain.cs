using System.Collections.Immutable;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Updates;
using Dfu.Protocol.Links;
using Orleans.Concurrency;

namespace Dfu.Grains;

/// <summary>One campaign, by its id: who belongs to it, what it learned, when it is over.</summary>
[Alias("dfu.campaign")]
public interface ICampaignGrain : IGrainWithStringKey
{
    /// <summary>
    /// From the directory, for a new campaign and for one that goes on: the campaign tries failed devices again, and listens again if it
    /// takes whatever it hears.
    /// </summary>
    /// <param name="campaign">The state to begin with; ignored when there is one already.</param>
    /// <param name="labels">What people call its devices; ones that go on with none keep those they have.</param>
    [Alias("Run")]
    Task RunAsync(CampaignState campaign, ImmutableArray<ClassState> classes, CampaignLabels labels);

    /// <summary>Does nothing but see to it that the campaign is at work.</summary>
    [Alias("Wake")]
    Task WakeAsync();

    /// <summary>What changed since a follower asked last; see <see cref="CampaignFollower"/>.</summary>
    /// <param name="atMostOld">How old that may be. Nothing is put together more often than each 0.2 s.</param>
    /// <exception cref="KeyNotFoundException">There is no such campaign.</exception>
    [Alias("Changes"), AlwaysInterleave]
    Task<CampaignChanges> ChangesAsync(CampaignCursor since, TimeSpan atMostOld);

    /// <summary>Whether every device has an outcome, durably.</summary>
    /// <exception cref="KeyNotFoundException">There is no such campaign.</exception>
    [Alias("IsOver"), AlwaysInterleave]
    Task<bool> IsOverAsync();

    /// <summary>Cancels every device that has no outcome yet.</summary>
    [Alias("Cancel")]
    Task CancelAsync();

    /// <summary>What an operator wants of the campaign. Durable, and on its way to whom it concerns, when it returns.</summary>
    /// <exception cref="KeyNotFoundException">There is no such campaign.</exception>
    [Alias("Control")]
    Task<ControlAnswer> ControlAsync(CampaignControl control);

    /// <summary>How it stands, without its devices.</summary>
    /// <exception cref="KeyNotFoundException">There is no such campaign.</exception>
    [Alias("Standing"), AlwaysInterleave]
    Task<CampaignStanding> StandingAsync();

    /// <summary>From the scheduler: devices that fit the targets were heard. Application addresses as far as that can be told.</summary>
    [Alias("Found")]
    Task FoundAsync(ImmutableArray<BluetoothAddress> devices);

    /// <summary>From the scheduler: an adapter listens for this campaign.</summary>
    [Alias("Listening")]
    Task ListeningAsync();

    /// <summary>From an adapter that begins an attempt: what the campaign has learned. Decides whether this attempt is the one that probes.</summary>
    [Alias("Knowledge")]
    Task<CampaignKnowledge> KnowledgeAsync(BluetoothAddress device, int attempt, string? deviceClass);

    /// <summary>From an adapter: what its attempts showed.</summary>
    [Alias("Learned")]
    Task LearnedAsync(CampaignReport report);

    /// <summary>From a device, after each decision that operators want to see. May come late or twice.</summary>
    [Alias("DeviceChanged")]
    Task DeviceChangedAsync(DeviceState device);

    /// <summary>From a device, again and again until it returns: the outcome is durable then.</summary>
    [Alias("DeviceEnded")]
    Task DeviceEndedAsync(DeviceState device);

    /// <summary>
    /// From retention, again and again until it returns: the directory does not have the campaign any more, and nothing of it is stored then,
    /// nor of devices that were in no other campaign since.
    /// </summary>
    [Alias("Forget")]
    Task ForgetAsync();
}
