using System.Collections.Immutable;
using System.Globalization;
using Dfu.Fleet.Identity;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;

namespace Dfu.Fleet.Campaigns;

/// <summary>What a directory answers to a request.</summary>
public abstract record CampaignDecision
{
    private CampaignDecision()
    {
    }

    public sealed record Refused(DfuError Error, string Detail) : CampaignDecision;

    /// <param name="Entry">The campaign that begins or goes on.</param>
    /// <param name="Order">The number of this order among those of the campaign.</param>
    /// <param name="GoesOn">False for a new campaign.</param>
    /// <param name="Next">The directory from now on.</param>
    public sealed record Accepted(DirectoryEntry Entry, int Order, bool GoesOn, DirectoryState Next) : CampaignDecision;
}

/// <summary>Which campaign a request goes on with, which ones are in its way, and what a directory keeps.</summary>
public static class CampaignDirectory
{
    private const int MostRequests = 8;

    /// <summary>The same package for the same targets goes on; other campaigns that may want the same devices refuse a request, or are superseded.</summary>
    /// <param name="restart">The operator begins anew: earlier campaigns for the same targets, and those in the way, are superseded.</param>
    /// <param name="only">The one part of the package that is wanted; null for all of it.</param>
    /// <param name="name">What people call the campaign: another name is another campaign.</param>
    public static CampaignDecision Decide(
        this DirectoryState directory,
        string packageId,
        TargetSelection selection,
        bool restart,
        DateTimeOffset now,
        ImageType? only = null,
        string name = "")
    {
        Wanted wanted;
        try
        {
            wanted = new(CampaignTargets.Key(selection), CampaignTargets.Addresses(selection)) { NameGlob = selection.NameGlob, Name = name };
        }
        catch (DfuException e)
        {
            return new CampaignDecision.Refused(e.Error, e.Message);
        }

        var same = restart ? null : directory.Same(packageId, wanted, only);
        var inTheWay = restart ? null : directory.InTheWay(wanted).FirstOrDefault(entry => entry != same);
        if (inTheWay is not null)
        {
            var package = inTheWay.PackageId[..Math.Min(12, inTheWay.PackageId.Length)];
            var what = inTheWay.Only is { } part ? $"the part {part.ManifestName()} of package"
                : inTheWay.PackageId == packageId && only is not null ? "all of package" : "package";
            var called = inTheWay.Name.Length == 0 ? "" : $" ({inTheWay.Name})";
            return new CampaignDecision.Refused(DfuError.CampaignConflict, $"campaign {inTheWay.Campaign}{called} for {what} {package} is not finished");
        }

        if (same is not null)
        {
            var order = same.Orders + 1;
            return new CampaignDecision.Accepted(
                same,
                order,
                GoesOn: true,
                directory.Change(same.Campaign, known => known with { Finished = false, Untold = false, Addresses = wanted.Addresses, Orders = order }));
        }

        var begun = new DirectoryEntry(directory.NewId(packageId, now), packageId, wanted.Key, now, Finished: false, Superseded: false)
        {
            Only = only,
            Addresses = wanted.Addresses,
            NameGlob = selection.NameGlob,
            Name = name,
            Orders = 1,
        };
        return new CampaignDecision.Accepted(begun, begun.Orders, GoesOn: false, directory.Begin(begun, restart));
    }

    /// <summary>What was decided when the same request was made before; null when it was not.</summary>
    /// <param name="key">What its sender tells it by from all others; empty tells it from none.</param>
    /// <param name="content">The same for the same request.</param>
    public static CampaignDecision? Repeated(this DirectoryState directory, string key, string content)
    {
        if (key.Length == 0) return null;
        foreach (var entry in directory.Campaigns)
        {
            if (entry.Requests.FirstOrDefault(request => request.Key == key) is not { } known) continue;
            return known.Content == content
                ? new CampaignDecision.Accepted(entry, known.Order, known.GoesOn, directory)
                : new CampaignDecision.Refused(
                    DfuError.IdempotencyKeyReused, $"the idempotency key was given before with another request, for the campaign {entry.Campaign}");
        }

        return null;
    }

    /// <summary>The request is not to be carried out again for as long as its campaign is kept, unless many others came for it since.</summary>
    public static DirectoryState Remember(this DirectoryState directory, string campaign, DirectoryRequest request) => request.Key.Length == 0
        ? directory
        : directory.Change(campaign, entry => entry with { Requests = [.. entry.Requests.TakeLast(MostRequests - 1), request] });

    /// <summary>The last campaign with this package and these targets, unless another one that may have had the same devices came after it.</summary>
    internal static DirectoryEntry? Same(this DirectoryState directory, string packageId, Wanted wanted, ImageType? only = null)
    {
        foreach (var entry in directory.Campaigns.Reverse())
        {
            var same = entry.PackageId == packageId && entry.Only == only && entry.Targets == wanted.Key && entry.Name == wanted.Name;
            if (same) return entry.Superseded || entry.Overtaken ? null : entry;
            if (entry.MayShareDevices(wanted)) return null;
        }

        return null;
    }

    /// <summary>Every device of the campaign has an outcome.</summary>
    /// <param name="overtook">Campaigns that had devices of it before.</param>
    /// <param name="told">The audit has all of it. What comes late may say that it does not, after it has.</param>
    /// <returns>The same directory when it is no news.</returns>
    public static DirectoryState Finish(this DirectoryState directory, string campaign, IReadOnlySet<string> overtook, bool told = true) =>
        directory.Campaigns.Any(entry => entry.Campaign == campaign && (!entry.Finished || (entry.Untold && told)))
        ? directory with
        {
            Campaigns = [.. directory.Campaigns.Select(entry => entry.Campaign == campaign
                ? entry with { Finished = true, Untold = !told, Addresses = "" }
                : overtook.Contains(entry.Campaign) ? entry with { Overtaken = true } : entry)],
        }
        : directory;

    /// <summary>A campaign that is over goes on.</summary>
    /// <param name="devices">By all their addresses, of a list that was given; empty for what is collected from the air.</param>
    /// <returns>Why it cannot, in words; empty when it can. The same directory when it is not over.</returns>
    public static (DirectoryState Next, string Refusal) Reopen(this DirectoryState directory, string campaign, ImmutableArray<BluetoothAddress> devices)
    {
        var entry = directory.Campaigns.FirstOrDefault(entry => entry.Campaign == campaign);
        if (entry is null) return (directory, "the directory does not have it any more");
        if (entry.Superseded) return (directory, "it was begun anew: go on with the campaign that came after it");
        if (!entry.Finished) return (directory, "");
        var wanted = new Wanted(entry.Targets, devices.IsEmpty ? "" : AddressList.Pack(devices)) { NameGlob = entry.NameGlob };
        if (directory.InTheWay(wanted).FirstOrDefault(other => other != entry) is { } other)
            return (directory, $"campaign {other.Campaign} may have the same devices and is not finished");
        return (directory.Change(campaign, known => known with { Finished = false, Untold = false, Addresses = wanted.Addresses }), "");
    }

    private static DirectoryState Change(this DirectoryState directory, string campaign, Func<DirectoryEntry, DirectoryEntry> change) =>
        directory with { Campaigns = [.. directory.Campaigns.Select(entry => entry.Campaign == campaign ? change(entry) : entry)] };

    public static DirectoryState Remove(this DirectoryState directory, string campaign) =>
        directory with { Campaigns = directory.Campaigns.RemoveAll(entry => entry.Campaign == campaign) };

    /// <summary>What one campaign learned is added to what others did; the same directory when it is nothing new.</summary>
    public static DirectoryState Keep(this DirectoryState directory, ClassState learned)
    {
        for (var i = 0; i < directory.Classes.Length; i++)
        {
            var known = directory.Classes[i];
            if (known.Key != learned.Key) continue;
            var merged = ClassLearning.Merge(known.Traits, learned.Traits);
            return merged == known.Traits ? directory : directory with { Classes = directory.Classes.SetItem(i, known with { Traits = merged }) };
        }

        return directory with { Classes = directory.Classes.Add(learned) };
    }

    /// <summary>Without these, unless they are not over; the same directory when it has none of them.</summary>
    public static DirectoryState Forget(this DirectoryState directory, ImmutableArray<string> campaigns)
    {
        var kept = directory.Campaigns.RemoveAll(entry => entry.Finished && campaigns.Contains(entry.Campaign));
        return kept.Length == directory.Campaigns.Length ? directory : directory with { Campaigns = kept };
    }

    /// <remarks>
    /// A list of addresses that is over has told which campaigns it <see cref="DirectoryEntry.Overtaken">overtook</see>; whose devices it had
    /// matters no more.
    /// </remarks>
    internal static bool MayShareDevices(this DirectoryEntry entry, Wanted wanted)
    {
        if (entry.NameGlob is { } glob && wanted.NameGlob is { } other) return Globs.MayMatchTheSame(glob, other);
        if (entry.Targets == wanted.Key || wanted.Addresses.Length == 0 || !CampaignTargets.IsList(entry.Targets)) return true;
        return entry.Addresses.Length > 0 && AddressList.Overlap(entry.Addresses, wanted.Addresses);
    }

    /// <summary>Unfinished campaigns that may want the same devices, oldest first.</summary>
    private static IEnumerable<DirectoryEntry> InTheWay(this DirectoryState directory, Wanted wanted) =>
        directory.Campaigns.Where(entry => entry is { Finished: false, Superseded: false } && entry.MayShareDevices(wanted));

    /// <summary>An id that sorts by time and tells the package, and that no other campaign has.</summary>
    private static string NewId(this DirectoryState directory, string packageId, DateTimeOffset now)
    {
        var id = $"{now.ToUnixTimeMilliseconds().ToString("x", CultureInfo.InvariantCulture)}-{packageId[..Math.Min(8, packageId.Length)]}";
        while (directory.Campaigns.Any(entry => entry.Campaign == id)) id += "-again";
        return id;
    }

    private static DirectoryState Begin(this DirectoryState directory, DirectoryEntry begun, bool restart)
    {
        var wanted = new Wanted(begun.Targets, begun.Addresses) { NameGlob = begun.NameGlob };
        return directory with { Campaigns = [.. directory.Campaigns.Select(Earlier), begun] };

        DirectoryEntry Earlier(DirectoryEntry entry) =>
            restart && (entry.Targets == begun.Targets || (!entry.Finished && entry.MayShareDevices(wanted)))
                ? entry with { Superseded = true }
                : entry;
    }

    /// <param name="Key">See <see cref="CampaignTargets.Key"/>.</param>
    /// <param name="Addresses">See <see cref="CampaignTargets.Addresses"/>.</param>
    internal readonly record struct Wanted(string Key, string Addresses)
    {
        public string? NameGlob { get; init; }

        public string Name { get; init; } = "";
    }
}
