using System.Collections.Immutable;
using Dfu.Fleet.Campaigns;
using Dfu.Reports;

namespace Dfu.Server.Console.Campaigns;

/// <summary>Which campaigns that are over a list shows, and in which order: all of it stands in the page's address.</summary>
/// <param name="Outcome"><c>updated</c>, <c>failed</c>, <c>cancelled</c>; empty for all.</param>
/// <param name="Find">A part of the name, of the package's title or of an id.</param>
/// <param name="Sort"><c>name</c>, <c>units</c>, <c>failed</c>; anything else is the newest first.</param>
internal readonly record struct PastCampaigns(string Outcome, string Find, string Sort)
{
    public IEnumerable<CampaignStanding> Of(ImmutableArray<CampaignStanding> campaigns, Func<CampaignStanding, string> package)
    {
        var (outcome, find) = (Outcome, Find);
        var found = campaigns.Where(static standing => standing.Outcome != CampaignOutcome.Running)
            .Where(standing => outcome.Length == 0 || outcome == Word(standing)).Where(standing => find.Length == 0 || Has(standing, package(standing), find));
        return Sort switch
        {
            "name" => found.OrderBy(standing => standing.Name.Length > 0 ? standing.Name : package(standing), StringComparer.OrdinalIgnoreCase),
            "units" => found.OrderByDescending(static standing => standing.Devices),
            "failed" => found.OrderByDescending(static standing => standing.Failed),
            _ => found.OrderByDescending(static standing => standing.CreatedAt),
        };
    }

    private static string Word(CampaignStanding standing) => CampaignStates.Sign(standing) switch
    {
        UnitState.Done => "updated",
        UnitState.Cancelled => "cancelled",
        _ => "failed",
    };

    private static bool Has(CampaignStanding standing, string package, string find) =>
        new[] { standing.Name, package, standing.Id, standing.PackageId }.Any(text => text.Contains(find, StringComparison.OrdinalIgnoreCase));
}
