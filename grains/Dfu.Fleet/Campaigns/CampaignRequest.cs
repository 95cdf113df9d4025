using Dfu.Fleet.Plans;
using Dfu.Protocol.Packages;

namespace Dfu.Fleet.Campaigns;

/// <summary>What an operator asks for: a package for some devices. The same request on the same store goes on where it was.</summary>
public sealed record CampaignRequest
{
    public required DfuPackage Package { get; init; }
    public required TargetSelection Targets { get; init; }

    /// <summary>Send this part of the package and no other; null for all of it. Another part is another campaign.</summary>
    public ImageType? Only { get; init; }

    /// <summary>The zip file <see cref="Package"/> was read from, stored before the campaign exists; empty stores nothing.</summary>
    public ReadOnlyMemory<byte> PackageFile { get; init; }

    /// <summary>What the campaign may do; one that is gone on with takes these over.</summary>
    public CampaignLimits Limits { get; init; } = new();

    /// <summary>How it is to be carried out; one that is gone on with takes this over.</summary>
    public CampaignPlan Plan { get; init; } = new();

    /// <summary>Who asks, for the audit; empty for nobody in particular.</summary>
    public string By { get; init; } = "";

    /// <summary>A request with a key that was given before is answered as it was then, and not carried out again; empty for none.</summary>
    public string Key { get; init; } = "";

    /// <summary>The same for the same request: with another one the key is refused.</summary>
    public string Content { get; init; } = "";

    /// <summary>Forget what the store knows of an earlier campaign and begin anew.</summary>
    public bool Restart { get; init; }
}
