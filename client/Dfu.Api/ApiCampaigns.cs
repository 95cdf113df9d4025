using System.Collections.Immutable;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Plans;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;

namespace Dfu.Api;

/// <summary>A campaign in the list.</summary>
/// <param name="Standing">Null when <c>standing=false</c> was asked for.</param>
public sealed record ApiCampaign(CampaignEntry Entry, CampaignStanding? Standing);

/// <summary>Asks for a campaign, or to go on with the one that has the same package, part of it, targets and name.</summary>
public sealed record ApiCampaignOrder
{
    /// <summary>A package that was uploaded before: SHA-256 of the file, 64 lower-case hexadecimal digits.</summary>
    public required string PackageId { get; init; }

    public required TargetSelection Targets { get; init; }

    /// <summary>Send this part of the package and no other; null for all of it.</summary>
    public ImageType? Only { get; init; }

    /// <summary>What the campaign may do; one that is gone on with takes these over.</summary>
    public CampaignLimits Limits { get; init; } = new();

    /// <summary>How it is to be carried out; one that is gone on with takes this over.</summary>
    public CampaignPlan Plan { get; init; } = new();

    /// <summary>Forget an earlier campaign for the same targets, and begin anew. Asked for twice it begins twice, unless with an Idempotency-Key.</summary>
    public bool Restart { get; init; }
}

/// <param name="GoesOn">False for a new campaign (201), true for one that goes on (200).</param>
public sealed record ApiCampaignStarted(string Campaign, bool GoesOn, CampaignStanding Standing);

/// <summary>What is wanted of a campaign.</summary>
public sealed record ApiCampaignControl
{
    public required CampaignControlKind Kind { get; init; }

    /// <summary>For pause and cancel: what is under way is broken off, not finished.</summary>
    public bool Cut { get; init; }

    /// <summary>For retry and restart, by any address of theirs; empty retries all that failed or were cancelled.</summary>
    public ImmutableArray<BluetoothAddress> Devices { get; init; } = [];
}

/// <param name="Done">What was done, in words.</param>
public sealed record ApiDone(string Done);
