using Dfu.Fleet.Campaigns;
using Dfu.Cli.Arguments;
using Dfu.Protocol.Errors;

namespace Dfu.Cli.Campaigns;

/// <summary>Finds the campaign that an operator means: by the beginning of its id, by its name, or by <c>last</c>.</summary>
internal static class CampaignNames
{
    public const string Last = "last";
    private const int MostNamed = 5;

    /// <param name="campaigns">All of them, oldest first.</param>
    /// <exception cref="DfuException">InvalidArgument, with those that may be meant.</exception>
    public static CampaignEntry Find(string text, IReadOnlyList<CampaignEntry> campaigns)
    {
        if (campaigns.Count == 0) throw new DfuException(DfuError.InvalidArgument, "there is no campaign yet") { Remedy = "'dfu campaign create' makes one." };
        if (text == Last) return campaigns[^1];
        if (campaigns.FirstOrDefault(entry => entry.Campaign == text) is { } exact) return exact;
        var found = campaigns.Where(entry => entry.Campaign.StartsWith(text, StringComparison.OrdinalIgnoreCase)).ToList();
        if (found.Count == 0 || text.Length == 0) found = [.. campaigns.Where(entry => entry.Name.Equals(text, StringComparison.OrdinalIgnoreCase))];
        return found switch
        {
            [var one] => one,
            [] => throw new DfuException(DfuError.InvalidArgument, $"there is no campaign '{text}'") { Remedy = Near(text, campaigns) },
            _ => throw new DfuException(DfuError.InvalidArgument, $"'{text}' may be {Named(found)}") { Remedy = "Write more of the id." },
        };
    }

    /// <summary>The shortest beginning of an id, at least its time, that no other campaign has.</summary>
    public static string Short(string id, IReadOnlyList<CampaignEntry> campaigns)
    {
        var length = id.IndexOf('-', StringComparison.Ordinal) is > 0 and var dash ? dash : id.Length;
        while (length < id.Length && campaigns.Count(entry => entry.Campaign.StartsWith(id[..length], StringComparison.Ordinal)) > 1) length++;
        return id[..length];
    }

    private static string Near(string text, IReadOnlyList<CampaignEntry> campaigns)
    {
        var words = campaigns.Select(entry => entry.Campaign).Concat(campaigns.Select(entry => entry.Name).Where(name => name.Length > 0));
        if (Suggestions.For(text, words) is { } meant)
            return $"Did you mean {Named(campaigns.Where(entry => entry.Campaign == meant || entry.Name == meant).TakeLast(MostNamed).ToList())}?";
        return $"The latest are {Named(campaigns.Skip(Math.Max(0, campaigns.Count - MostNamed)).Reverse().ToList())}.";
    }

    private static string Named(List<CampaignEntry> entries)
    {
        var names = string.Join(", ", entries.Take(MostNamed).Select(entry => entry.Name.Length > 0 ? $"{entry.Campaign} ({entry.Name})" : entry.Campaign));
        return entries.Count > MostNamed ? $"{names} and {entries.Count - MostNamed} more" : names;
    }
}
