using Dfu.Protocol.Packages;

namespace Dfu.Fleet.Campaigns;

/// <summary>A campaign in the directory.</summary>
public sealed record CampaignEntry
{
    public required string Campaign { get; init; }

    public required string PackageId { get; init; }

    /// <summary>For whom it is, in short; equal for equal choices. See <see cref="CampaignTargets.Key"/>.</summary>
    public required string Targets { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public bool Finished { get; init; }

    /// <summary>The one part of the package it sends; null for all of it.</summary>
    public ImageType? Only { get; init; }

    /// <summary>What people call it; empty for none.</summary>
    public string Name { get; init; } = "";
}
