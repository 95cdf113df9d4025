using System.Collections.Immutable;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Devices;

namespace Dfu.Fleet.Campaigns;

/// <summary>A campaign at one moment, as who follows it put it together; immutable, safe to read from any thread.</summary>
public sealed record CampaignView
{
    public required string Id { get; init; }
    public required string PackageId { get; init; }
    public CampaignOutcome Outcome { get; init; }

    /// <summary>How it stands, holds and groups; null for one that was put together by an earlier version.</summary>
    public CampaignStanding? Standing { get; init; }

    /// <summary>True when an earlier run of the same campaign is being continued.</summary>
    public bool GoesOn { get; init; }

    /// <summary>True while targets are still being collected.</summary>
    public bool Collecting { get; init; }
    public ImmutableArray<DeviceView> Devices { get; init; } = [];
    public ImmutableArray<AdapterView> Adapters { get; init; } = [];

    /// <summary>Things an operator should know once, such as that a class of bootloaders saves nothing by itself; oldest first.</summary>
    public ImmutableArray<string> Notices { get; init; } = [];

    /// <summary>Seconds this campaign has been worked on, over all runs.</summary>
    public double Seconds { get; init; }

    /// <summary>For how long the cluster has not answered, so that this view is as old; null while it does.</summary>
    public TimeSpan? NoAnswerFor { get; init; }
}
