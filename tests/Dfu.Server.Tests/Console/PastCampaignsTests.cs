using System.Collections.Immutable;
using Dfu.Fleet.Campaigns;
using Dfu.Server.Console.Campaigns;

namespace Dfu.Server.Tests.Console;

public sealed class PastCampaignsTests
{
    private static readonly ImmutableArray<CampaignStanding> Campaigns =
    [
        Of("a", 1, CampaignOutcome.Succeeded, updated: 3),
        Of("b", 2, CampaignOutcome.Failed, updated: 1, failed: 2, name: "Line 3"),
        Of("c", 3, CampaignOutcome.Failed, updated: 1, cancelled: true, name: "again"),
        Of("d", 4, CampaignOutcome.Running, updated: 1),
    ];

    [Theory]
    [InlineData("", "", "", "c b a")]
    [InlineData("updated", "", "", "a")]
    [InlineData("failed", "", "", "b")]
    [InlineData("cancelled", "", "", "c")]
    [InlineData("", "line", "", "b")]
    [InlineData("", "application 7", "", "c b a")]
    [InlineData("failed", "again", "", "")]
    [InlineData("", "", "failed", "b a c")]
    [InlineData("", "", "name", "c a b")]
    public void What_ran_is_filtered_found_and_sorted_and_what_runs_is_not_in_it(string outcome, string find, string sort, string expected) =>
        Assert.Equal(expected, string.Join(' ', new PastCampaigns(outcome, find, sort).Of(Campaigns, static _ => "application 7").Select(static one => one.Id)));

    private static CampaignStanding Of(string id, int hour, CampaignOutcome outcome, int updated, int failed = 0, bool cancelled = false, string name = "") => new()
    {
        Id = id, PackageId = "p", Name = name, Outcome = outcome, Devices = 3, Updated = updated, Failed = failed, CancelRequested = cancelled,
        CreatedAt = DateTimeOffset.UnixEpoch.AddHours(hour),
    };
}
