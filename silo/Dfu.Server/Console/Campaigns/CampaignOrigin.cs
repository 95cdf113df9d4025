using Dfu.Fleet.Access;
using Dfu.Fleet.Orders;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;
using Dfu.Reports;

namespace Dfu.Server.Console.Campaigns;

/// <summary>What a campaign began with: it does not change.</summary>
/// <param name="Title">What its package has in it, or the beginning of the package's id.</param>
/// <param name="Size">Of its firmware; empty when the package is not kept any more.</param>
/// <param name="By">Who started it; empty when the audit does not go back so far.</param>
internal sealed record CampaignOrigin(string Title, string Size, string By)
{
    private const int PackageDigits = 12;
    private const int MostEntries = 1000;

    public static CampaignOrigin Unknown { get; } = new("Campaign", "", "");

    public static async Task<CampaignOrigin> OfAsync(IFleetServer fleet, string campaign, CancellationToken cancellationToken)
    {
        try
        {
            var standing = await fleet.StandingAsync(campaign, cancellationToken);
            var (zip, entries, trail) = (
                fleet.PackageAsync(standing.PackageId, cancellationToken),
                fleet.CampaignsAsync(cancellationToken),
                fleet.AuditAsync(campaign, MostEntries, cancellationToken));
            await Task.WhenAll(zip, entries, trail);
            var by = (await trail).LastOrDefault(static entry => entry.Action == "campaignCreated")?.By ?? "";
            var only = (await entries).FirstOrDefault(entry => entry.Campaign == campaign)?.Only;
            if (await zip is not { } bytes) return new($"Package {standing.PackageId[..Math.Min(PackageDigits, standing.PackageId.Length)]}", "", by);
            var facts = PackageFacts.Of(PackageReader.Read(bytes, null).Only(only), null);
            return new(facts.Title, Format.Bytes(facts.Bytes), by);
        }
        catch (DfuException)
        {
            return Unknown; // the feed of the campaign says why it cannot be read
        }
    }
}
