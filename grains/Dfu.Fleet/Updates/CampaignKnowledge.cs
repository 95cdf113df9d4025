using Dfu.Fleet.Campaigns;
using Dfu.Protocol.Transfers;

namespace Dfu.Fleet.Updates;

/// <summary>What a campaign has learned that an attempt starts with.</summary>
/// <param name="MeanTimeBetweenDrops">Null while no link has dropped.</param>
/// <param name="LinkTime">Link time observed, over all devices.</param>
/// <param name="Probe">This attempt is to find out what its class of bootloaders keeps over a drop.</param>
public sealed record CampaignKnowledge(BootloaderTraits Traits, TimeSpan? MeanTimeBetweenDrops, TimeSpan LinkTime, bool Probe)
{
    /// <summary>Whether the new application says what it is; null while no device has shown.</summary>
    public bool? ApplicationTells { get; init; }

    /// <param name="deviceClass">Null while it is not known.</param>
    public static CampaignKnowledge Of(CampaignState campaign, string? deviceClass, bool probe) => new(
        CampaignMachine.Prior(campaign, deviceClass), campaign.MeanTimeBetweenDrops, TimeSpan.FromSeconds(campaign.LinkSeconds), probe)
    {
        ApplicationTells = campaign.ApplicationTells,
    };
}
