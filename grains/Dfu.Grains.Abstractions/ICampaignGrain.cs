using System.Collections.Immutable;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Updates;
using Dfu.Protocol.Links;
using Orleans.Concurrency;

namespace Dfu.Grains;

/// <summary>One campaign, by its id: who belongs to it, what it learned, when it is over.</summary>
[Alias("dfu.campaign")]
public interface ICampaignGrain : IGrainWithStringKey
{
    /// <inheritdoc cref="ICampaignPeer.RunAsync"/>
    [Alias("Run")]
    Task RunAsync(CampaignState campaign, ImmutableArray<ClassState> classes, CampaignLabels labels);

    /// <inheritdoc cref="ICampaignPeer.WakeAsync"/>
    [Alias("Wake")]
    Task WakeAsync();

    /// <summary>What changed since a follower asked last; see <see cref="CampaignFollower"/>.</summary>
    /// <param name="atMostOld">How old that may be. Nothing is put together more often than each 0.2 s.</param>
    /// <exception cref="KeyNotFoundException">There is no such campaign.</exception>
    [Alias("Changes"), AlwaysInterleave]
    Task<CampaignChanges> ChangesAsync(CampaignCursor since, TimeSpan atMostOld);

    /// <inheritdoc cref="ICampaignPeer.AbandonAsync"/>
    [Alias("Abandon")]
    Task<bool> AbandonAsync();

    /// <inheritdoc cref="ICampaignPeer.IsOverAsync"/>
    [Alias("IsOver"), AlwaysInterleave]
    Task<bool> IsOverAsync();

    /// <inheritdoc cref="ICampaignPeer.CancelAsync"/>
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

    /// <inheritdoc cref="ICampaignPeer.FoundAsync"/>
    [Alias("Found")]
    Task FoundAsync(ImmutableArray<BluetoothAddress> devices);

    /// <inheritdoc cref="ICampaignPeer.ListeningAsync"/>
    [Alias("Listening")]
    Task ListeningAsync();

    /// <inheritdoc cref="ICampaignPeer.KnowledgeAsync"/>
    [Alias("Knowledge")]
    Task<CampaignKnowledge> KnowledgeAsync(BluetoothAddress device, int attempt, string? deviceClass);

    /// <inheritdoc cref="ICampaignPeer.LearnedAsync"/>
    [Alias("Learned")]
    Task LearnedAsync(LearnedReport report);

    /// <inheritdoc cref="ICampaignPeer.DeviceChangedAsync"/>
    [Alias("DeviceChanged")]
    Task DeviceChangedAsync(DeviceState device);

    /// <inheritdoc cref="ICampaignPeer.DeviceEndedAsync"/>
    [Alias("DeviceEnded")]
    Task DeviceEndedAsync(DeviceState device);

    /// <summary>
    /// From retention, again and again until it returns: the directory does not have the campaign any more, and nothing of it is stored then,
    /// nor of devices that were in no other campaign since.
    /// </summary>
    [Alias("Forget")]
    Task ForgetAsync();
}
