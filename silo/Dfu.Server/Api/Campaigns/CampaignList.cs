using Dfu.Api;
using Dfu.Fleet.Access;
using Dfu.Fleet.Campaigns;
using Dfu.Protocol.Errors;
using Dfu.Server.Api.Answers;

namespace Dfu.Server.Api.Campaigns;

/// <summary>Campaigns, the newest first, and how they stand. How one stands is asked for only where it is wanted, as each is a call.</summary>
internal sealed class CampaignList(IFleetServer fleet, PageWish page, string? state, string? name, bool standing)
{
    private const string Active = "active";
    private const string Over = "over";
    private const int MostAskedAtOnce = 16;

    private static readonly HashSet<string> Words = [Active, Over, .. CampaignStateCode.Open, .. CampaignStateCode.Over];

    private bool ByWord => state is not null and not Active and not Over;

    public async Task<ApiPage<ApiCampaign>> ReadAsync(CancellationToken cancellationToken)
    {
        if (state is not null && !Words.Contains(state))
            throw new DfuException(DfuError.InvalidArgument, $"state cannot be '{state}'") { Remedy = $"There are {string.Join(", ", Words.Order())}." };
        List<CampaignEntry> all = [.. (await fleet.CampaignsAsync(cancellationToken)).Reverse().Where(IsWanted)];
        var left = all.Skip(page.Cursor?.After(all, Key) ?? 0).ToList();
        var (items, looked) = (new List<ApiCampaign>(), 0);
        foreach (var some in left.Chunk(MostAskedAtOnce))
        {
            foreach (var one in await AskAsync(some, cancellationToken))
            {
                if (items.Count == page.Limit) return new([.. items], Next(all, left[looked - 1]));
                looked++;
                if (one is not null && !(ByWord && CampaignStateCode.Of(one.Standing!) != state)) items.Add(standing ? one : one with { Standing = null });
            }
        }

        return new([.. items], null);
    }

    private static string Key(CampaignEntry entry) => entry.Campaign;

    private static string Next(List<CampaignEntry> all, CampaignEntry last) => new PageCursor(all.IndexOf(last), last.Campaign).ToString();

    private bool IsWanted(CampaignEntry entry) =>
        (name is null || entry.Name.Contains(name, StringComparison.OrdinalIgnoreCase))
        && state switch { Active => !entry.Finished, Over => entry.Finished, _ => true };

    /// <returns>Null for one that was deleted meanwhile.</returns>
    private async Task<ApiCampaign?[]> AskAsync(CampaignEntry[] entries, CancellationToken cancellationToken) => standing || ByWord
        ? await Task.WhenAll(entries.Select(entry => AskAsync(entry, cancellationToken)))
        : [.. entries.Select(static entry => new ApiCampaign(entry, null))];

    private async Task<ApiCampaign?> AskAsync(CampaignEntry entry, CancellationToken cancellationToken)
    {
        try
        {
            return new(entry, await fleet.StandingAsync(entry.Campaign, cancellationToken));
        }
        catch (DfuException gone) when (gone.Error == DfuError.NotFound)
        {
            return null;
        }
    }
}
