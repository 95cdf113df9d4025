using System.Collections.Immutable;
using System.Globalization;
using Dfu.Fleet.Campaigns;
using Dfu.Protocol.Links;

namespace Dfu.Grains.Directory;

/// <summary>What a directory says to a request: which campaign it goes on with, and which are in its way.</summary>
internal static class CampaignDirectory
{
    /// <summary>The last campaign with this package and these targets, unless another one that may have had the same devices came after it.</summary>
    public static DirectoryEntry? Same(this DirectoryState directory, string packageId, string targets)
    {
        foreach (var entry in directory.Campaigns.Reverse())
        {
            if (entry.PackageId == packageId && entry.Targets == targets) return entry.Superseded ? null : entry;
            if (MayShareDevices(entry.Targets, targets)) return null;
        }

        return null;
    }

    /// <summary>Unfinished campaigns that may want the same devices, oldest first.</summary>
    public static IEnumerable<DirectoryEntry> InTheWay(this DirectoryState directory, string targets) =>
        directory.Campaigns.Where(entry => entry is { Finished: false, Superseded: false } && MayShareDevices(entry.Targets, targets));

    /// <summary>An id that sorts by time and tells the package, and that no other campaign has.</summary>
    public static string NewId(this DirectoryState directory, string packageId, DateTimeOffset now)
    {
        var id = $"{now.ToUnixTimeMilliseconds().ToString("x", CultureInfo.InvariantCulture)}-{packageId[..Math.Min(8, packageId.Length)]}";
        while (directory.Campaigns.Any(entry => entry.Campaign == id)) id += "-again";
        return id;
    }

    public static DirectoryState Change(this DirectoryState directory, string campaign, Func<DirectoryEntry, DirectoryEntry> change) =>
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

    /// <summary>Forgets the oldest finished campaigns so that the directory stays small.</summary>
    public static DirectoryState Trim(this DirectoryState directory, int most)
    {
        var tooMany = directory.Campaigns.Length - most;
        return tooMany <= 0
            ? directory
            : directory with { Campaigns = directory.Campaigns.RemoveRange(directory.Campaigns.Where(static entry => entry.Finished).Take(tooMany).ToImmutableArray()) };
    }

    /// <param name="a">See <see cref="CampaignTargets.Key"/>.</param>
    /// <param name="b">The same of another campaign.</param>
    public static bool MayShareDevices(string a, string b)
    {
        if (a == b || !TryAddresses(a, out var some) || !TryAddresses(b, out var others)) return true;
        return some.Overlaps(others);
    }

    private static bool TryAddresses(string targets, out HashSet<BluetoothAddress> addresses)
    {
        addresses = [];
        foreach (var text in targets.Split(' '))
        {
            if (!BluetoothAddress.TryParse(text, out var address)) return false;
            addresses.Add(address);
        }

        return true;
    }
}
