using Dfu.Protocol.Packages;
using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Dfu.Fleet.Storage;

namespace Dfu.Fleet.Campaigns;

/// <summary>
/// Every campaign of a cluster, oldest first, and what is known of bootloaders. It is written whenever a campaign begins or ends, so it holds
/// of devices only the addresses of campaigns that are not over.
/// </summary>
public sealed record DirectoryState
{
    public const int CurrentVersion = 1;

    [JsonPropertyName("v"), JsonRequired, StoredVersion(nameof(DirectoryState), CurrentVersion)]
    public int Version { get; init; } = CurrentVersion;

    public ImmutableArray<DirectoryEntry> Campaigns { get; init; } = [];
    public ImmutableArray<ClassState> Classes { get; init; } = [];
}

/// <param name="Targets">See <see cref="CampaignTargets.Key"/>.</param>
/// <param name="Finished">Every device of it had an outcome.</param>
/// <param name="Superseded">The operator began anew: it is cancelled, and no request goes on with it.</param>
public sealed record DirectoryEntry(string Campaign, string PackageId, string Targets, DateTimeOffset CreatedAt, bool Finished, bool Superseded)
{
    /// <summary>The one part of the package it is for; null for all of it.</summary>
    public ImageType? Only { get; init; }

    /// <summary>What people call it; empty for none.</summary>
    public string Name { get; init; } = "";

    /// <summary>See <see cref="TargetSelection.NameGlob"/>.</summary>
    public string? NameGlob { get; init; }

    /// <summary>See <see cref="CampaignTargets.Addresses"/>; empty, too, once the campaign is over.</summary>
    public string Addresses { get; init; } = "";

    /// <summary>It is over, and the audit does not have all of it yet.</summary>
    public bool Untold { get; init; }

    /// <summary>Another campaign has had devices of it since: no request goes on with it.</summary>
    public bool Overtaken { get; init; }

    /// <summary>How many orders began it or went on with it: the number of the last. 0 for one from before they were counted.</summary>
    public int Orders { get; init; }

    /// <summary>The last requests with a key of their own that began it or went on with it, oldest first.</summary>
    public ImmutableArray<DirectoryRequest> Requests { get; init; } = [];

    /// <summary>What others see of it.</summary>
    public CampaignEntry Shown => new()
    {
        Campaign = Campaign,
        PackageId = PackageId,
        Targets = Targets,
        Only = Only,
        Name = Name,
        CreatedAt = CreatedAt,
        Finished = Finished,
    };
}

/// <summary>A request that was carried out, and is not carried out again.</summary>
/// <param name="Key">What its sender tells it by from all others.</param>
/// <param name="Content">The same for the same request.</param>
/// <param name="GoesOn">What was answered.</param>
/// <param name="Order">Its number among the campaign's orders; 0 for one from before they were counted.</param>
public sealed record DirectoryRequest(string Key, string Content, bool GoesOn, int Order = 0);
