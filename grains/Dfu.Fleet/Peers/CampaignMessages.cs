using System.Collections.Immutable;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Orders;
using Dfu.Fleet.Plans;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;

namespace Dfu.Fleet.Peers;

/// <summary>What an operator asks for; the package has been put under its id before.</summary>
public sealed record CampaignOrder
{
    public static CampaignOrder Of(CampaignRequest request)
    {
        var sent = request.Package.Only(request.Only);
        return new()
        {
            PackageId = request.Package.Id,
            ImageSizes = [.. sent.Images.Select(static image => (long)image.Firmware.Length)],
            HwVersion = sent.Images[0].HwVersion,
            Only = request.Only,
            Targets = request.Targets,
            Restart = request.Restart,
            Limits = request.Limits,
            Plan = request.Plan,
            By = request.By,
            Key = request.Key,
            Content = request.Content,
        };
    }

    /// <summary>SHA-256 of the package file, see <see cref="IPackagePeer"/>.</summary>
    public required string PackageId { get; init; }

    /// <summary>Sizes in bytes of the package's images, in their order.</summary>
    public required ImmutableArray<long> ImageSizes { get; init; }

    /// <summary>Hardware version of the package's first image.</summary>
    public required uint HwVersion { get; init; }
    public required TargetSelection Targets { get; init; }

    /// <summary>Cancel and forget an earlier campaign for the same targets, and begin anew.</summary>
    public bool Restart { get; init; }

    /// <summary>What the campaign may do; one that is gone on with takes these over.</summary>
    public CampaignLimits Limits { get; init; } = new();

    /// <summary>Send this part of the package and no other; null for all of it. The sizes are those of what is sent.</summary>
    public ImageType? Only { get; init; }

    /// <summary>How it is to be carried out; a campaign that is gone on with takes this over.</summary>
    public CampaignPlan Plan { get; init; } = new();

    /// <summary>Who asks, for the audit; empty for nobody in particular.</summary>
    public string By { get; init; } = "";

    /// <summary>An order with a key that was given before is answered as it was then, and not carried out again; empty for none.</summary>
    public string Key { get; init; } = "";

    /// <summary>The same for the same order: with another one the key is refused.</summary>
    public string Content { get; init; } = "";
}

/// <summary>The answer to a <see cref="CampaignOrder"/>.</summary>
public sealed record CampaignTicket
{
    /// <summary>The campaign; empty when it was refused.</summary>
    public string Campaign { get; init; } = "";

    /// <summary>True when an earlier campaign is gone on with.</summary>
    public bool GoesOn { get; init; }

    /// <summary>None when it was accepted.</summary>
    public DfuError Refusal { get; init; }
    public string Detail { get; init; } = "";
}

/// <summary>A device's place in a campaign.</summary>
public sealed record CampaignPlace
{
    public required string Campaign { get; init; }
    public required string PackageId { get; init; }
    public required ImmutableArray<long> ImageSizes { get; init; }

    /// <summary>W3C trace context: of the campaign, and in the order of an attempt that of the device's update; null when nobody traces.</summary>
    public string? TraceParent { get; init; }

    /// <summary>The campaign's run in which it asks again for a device that had failed in it; 0 when it does not.</summary>
    public int Run { get; init; }
    public CampaignLimits Limits { get; init; } = new();

    /// <summary>The one part of the package that is sent; null for all of it.</summary>
    public ImageType? Only { get; init; }
    public FinishPlan Finish { get; init; } = new();

    /// <summary>Devices that are known to run the package, or to refuse it, are sent it all the same.</summary>
    public bool Force { get; init; }

    /// <summary>What people call the device; null when nobody said.</summary>
    public TargetLabel? Label { get; init; }

    /// <summary>With <see cref="Run"/>: the device begins anew, whatever became of it and whatever it is known to run.</summary>
    public bool Anew { get; init; }
}

/// <summary>What the attempts of one adapter showed of bootloaders and links. Its events are numbered.</summary>
public sealed record LearnedReport
{
    public required ImmutableArray<CampaignEvent> Events { get; init; }
}

/// <summary>Whose advertisements matter to a campaign.</summary>
public sealed record CampaignWatch
{
    public required string Campaign { get; init; }
    public ImmutableArray<WatchedDevice> Devices { get; init; } = [];

    /// <summary>Devices that are no targets yet are wanted: any that may be updated, or those whose name fits <see cref="NameGlob"/>.</summary>
    public bool Collecting { get; init; }
    public string? NameGlob { get; init; }

    /// <summary>The campaign was collected from the air, so its devices are named by application addresses.</summary>
    public bool NamedByApplication { get; init; }

    /// <summary>The campaign is over: it can be forgotten.</summary>
    public bool Over { get; init; }
    public CampaignLimits Limits { get; init; } = new();

    /// <summary>None of its devices may begin now, and none is missed.</summary>
    public bool Held { get; init; }

    /// <summary>See <see cref="CampaignPlan.Priority"/>.</summary>
    public int Priority { get; init; } = CampaignPlan.UsualPriority;

    /// <summary>Devices that were taken away: the campaign is told when they are heard again.</summary>
    public ImmutableArray<BluetoothAddress> Missing { get; init; } = [];
}

/// <summary>A device of a campaign and what connecting showed of its addresses; null where that is not known.</summary>
public sealed record WatchedDevice
{
    public required BluetoothAddress Device { get; init; }
    public BluetoothAddress? Application { get; init; }
    public BluetoothAddress? Bootloader { get; init; }
}
