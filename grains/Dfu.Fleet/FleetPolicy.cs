using Dfu.Adapters;
using Dfu.Fleet.Campaigns;
using Dfu.Protocol.Links;
using Dfu.Protocol.Transfers;

namespace Dfu.Fleet;

/// <summary>How a host works for a campaign: what the campaign may do, and the host's ceilings for its own adapters.</summary>
public sealed record FleetPolicy
{
    /// <summary>Ceiling: transfers at once per adapter, at least 1; null is what the adapter holds. How many it has below that is learned.</summary>
    public int? MaxTransfersPerAdapter { get; init; }

    /// <summary>Ceiling: transfers at once over the adapters of this host; null is no limit.</summary>
    public int? MaxConcurrency { get; init; }

    /// <summary>A device that this host's adapters connect to when they test themselves, and nobody updates meanwhile; null for none.</summary>
    public BluetoothAddress? GoldenUnit { get; init; }

    /// <summary>The limits of the campaign at hand; those of no campaign in what a host is composed with.</summary>
    public CampaignLimits Campaign { get; init; } = new();

    public LinkOptions Link { get; init; } = new();
    public TransferOptions Transfer { get; init; } = new();

    /// <inheritdoc cref="CampaignLimits.Patience"/>
    public TimeSpan Patience => Campaign.Patience;

    /// <inheritdoc cref="CampaignLimits.MaxFruitlessAttempts"/>
    public int MaxFruitlessAttempts => Campaign.MaxFruitlessAttempts;

    /// <inheritdoc cref="CampaignLimits.MaxAttempts"/>
    public int MaxAttempts => Campaign.MaxAttempts;

    /// <inheritdoc cref="CampaignLimits.FirstBackoff"/>
    public TimeSpan FirstBackoff => Campaign.FirstBackoff;

    /// <inheritdoc cref="CampaignLimits.LongestBackoff"/>
    public TimeSpan LongestBackoff => Campaign.LongestBackoff;

    /// <summary>The same host at work for a campaign.</summary>
    public FleetPolicy For(CampaignLimits campaign) => this with { Campaign = campaign };
}
