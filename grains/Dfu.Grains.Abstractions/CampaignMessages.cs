using Dfu.Protocol.Packages;
using System.Collections.Immutable;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Plans;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Grains;

/// <summary>What an operator asks for; the package has been put under its id before.</summary>
[GenerateSerializer, Immutable, Alias("dfu.campaign-order")]
public sealed record CampaignOrder
{
    /// <summary>SHA-256 of the package file, see <see cref="IPackageGrain"/>.</summary>
    [Id(0)]
    public required string PackageId { get; init; }

    /// <summary>Sizes in bytes of the package's images, in their order.</summary>
    [Id(1)]
    public required ImmutableArray<long> ImageSizes { get; init; }

    /// <summary>Hardware version of the package's first image.</summary>
    [Id(2)]
    public required uint HwVersion { get; init; }

    [Id(3)]
    public required TargetSelection Targets { get; init; }

    /// <summary>Cancel and forget an earlier campaign for the same targets, and begin anew.</summary>
    [Id(4)]
    public bool Restart { get; init; }

    /// <summary>What the campaign may do; one that is gone on with takes these over.</summary>
    [Id(5)]
    public CampaignLimits Limits { get; init; } = new();

    /// <summary>Send this part of the package and no other; null for all of it. The sizes are those of what is sent.</summary>
    [Id(6)]
    public ImageType? Only { get; init; }

    /// <summary>How it is to be carried out; a campaign that is gone on with takes this over.</summary>
    [Id(7)]
    public CampaignPlan Plan { get; init; } = new();

    /// <summary>Who asks, for the audit; empty for nobody in particular.</summary>
    [Id(8)]
    public string By { get; init; } = "";

    /// <summary>An order with a key that was given before is answered as it was then, and not carried out again; empty for none.</summary>
    [Id(9)]
    public string Key { get; init; } = "";

    /// <summary>The same for the same order: with another one the key is refused.</summary>
    [Id(10)]
    public string Content { get; init; } = "";
}

/// <summary>The answer to a <see cref="CampaignOrder"/>.</summary>
[GenerateSerializer, Immutable, Alias("dfu.campaign-ticket")]
public sealed record CampaignTicket
{
    /// <summary>The campaign; empty when it was refused.</summary>
    [Id(0)]
    public string Campaign { get; init; } = "";

    /// <summary>True when an earlier campaign is gone on with.</summary>
    [Id(1)]
    public bool GoesOn { get; init; }

    /// <summary>None when it was accepted.</summary>
    [Id(2)]
    public DfuError Refusal { get; init; }

    [Id(3)]
    public string Detail { get; init; } = "";
}

/// <summary>A device's place in a campaign.</summary>
[GenerateSerializer, Immutable, Alias("dfu.campaign-place")]
public sealed record CampaignPlace
{
    [Id(0)]
    public required string Campaign { get; init; }

    [Id(1)]
    public required string PackageId { get; init; }

    [Id(2)]
    public required ImmutableArray<long> ImageSizes { get; init; }

    /// <summary>W3C trace context: of the campaign, and in the order of an attempt that of the device's update; null when nobody traces.</summary>
    [Id(3)]
    public string? TraceParent { get; init; }

    /// <summary>The campaign's run in which it asks again for a device that had failed in it; 0 when it does not.</summary>
    [Id(4)]
    public int Run { get; init; }

    [Id(5)]
    public CampaignLimits Limits { get; init; } = new();

    /// <summary>The one part of the package that is sent; null for all of it.</summary>
    [Id(6)]
    public ImageType? Only { get; init; }

    [Id(11)]
    public FinishPlan Finish { get; init; } = new();

    /// <summary>Devices that are known to run the package, or to refuse it, are sent it all the same.</summary>
    [Id(12)]
    public bool Force { get; init; }

    /// <summary>What people call the device; null when nobody said.</summary>
    [Id(13)]
    public TargetLabel? Label { get; init; }

    /// <summary>With <see cref="Run"/>: the device begins anew, whatever became of it and whatever it is known to run.</summary>
    [Id(7)]
    public bool Anew { get; init; }
}

/// <summary>What the attempts of one adapter showed of bootloaders and links. Its events are numbered.</summary>
[GenerateSerializer, Immutable, Alias("dfu.campaign-report")]
public sealed record CampaignReport
{
    [Id(0)]
    public required CampaignEvents Events { get; init; }
}

/// <summary>Whose advertisements matter to a campaign.</summary>
[GenerateSerializer, Immutable, Alias("dfu.campaign-watch")]
public sealed record CampaignWatch
{
    [Id(0)]
    public required string Campaign { get; init; }

    [Id(1)]
    public ImmutableArray<WatchedDevice> Devices { get; init; } = [];

    /// <summary>Devices that are no targets yet are wanted: any that may be updated, or those whose name fits <see cref="NameGlob"/>.</summary>
    [Id(2)]
    public bool Collecting { get; init; }

    [Id(3)]
    public string? NameGlob { get; init; }

    /// <summary>The campaign was collected from the air, so its devices are named by application addresses.</summary>
    [Id(4)]
    public bool NamedByApplication { get; init; }

    /// <summary>The campaign is over: it can be forgotten.</summary>
    [Id(5)]
    public bool Over { get; init; }

    [Id(6)]
    public CampaignLimits Limits { get; init; } = new();

    /// <summary>None of its devices may begin now, and none is missed.</summary>
    [Id(7)]
    public bool Held { get; init; }

    /// <summary>See <see cref="CampaignPlan.Priority"/>.</summary>
    [Id(8)]
    public int Priority { get; init; } = CampaignPlan.UsualPriority;

    /// <summary>Devices that were taken away: the campaign is told when they are heard again.</summary>
    [Id(9)]
    public ImmutableArray<BluetoothAddress> Missing { get; init; } = [];
}

/// <summary>A device of a campaign and what connecting showed of its addresses; null where that is not known.</summary>
[GenerateSerializer, Immutable, Alias("dfu.watched-device")]
public sealed record WatchedDevice
{
    [Id(0)]
    public required BluetoothAddress Device { get; init; }

    [Id(1)]
    public BluetoothAddress? Application { get; init; }

    [Id(2)]
    public BluetoothAddress? Bootloader { get; init; }
}
