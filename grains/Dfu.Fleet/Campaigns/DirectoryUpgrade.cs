using System.Collections.Immutable;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Campaigns;

/// <summary>The directory as programs wrote it whose databases have an older schema: lists of addresses stood in it as they were.</summary>
public static class DirectoryUpgrade
{
    /// <summary>The same directory when there is nothing to change.</summary>
    public static DirectoryState Upgraded(this DirectoryState directory)
    {
        var lists = directory.Campaigns.Select(static entry => Addresses(entry.Targets)).ToImmutableArray();
        if (lists.All(static list => list.IsEmpty)) return directory;
        return directory with
        {
            Campaigns = [.. directory.Campaigns.Select((entry, i) => lists[i].IsEmpty ? entry : Upgraded(entry, lists[i], lists[(i + 1)..]))],
        };
    }

    private static DirectoryEntry Upgraded(DirectoryEntry entry, ImmutableArray<BluetoothAddress> list, ImmutableArray<ImmutableArray<BluetoothAddress>> later)
    {
        var targets = new TargetSelection { Addresses = list };
        return entry with
        {
            Targets = CampaignTargets.Key(targets),
            Addresses = entry.Finished ? "" : CampaignTargets.Addresses(targets),
            Overtaken = later.Any(other => !other.SequenceEqual(list) && other.Intersect(list).Any()),
        };
    }

    /// <summary>Empty for a choice that is no such list.</summary>
    private static ImmutableArray<BluetoothAddress> Addresses(string targets)
    {
        var addresses = ImmutableArray.CreateBuilder<BluetoothAddress>();
        foreach (var text in targets.Split(' '))
        {
            if (!BluetoothAddress.TryParse(text, out var address)) return [];
            addresses.Add(address);
        }

        return addresses.ToImmutable();
    }
}
