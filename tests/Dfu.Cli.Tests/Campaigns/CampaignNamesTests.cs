using Dfu.Fleet.Campaigns;
using Dfu.Cli.Campaigns;
using Dfu.Protocol.Errors;

namespace Dfu.Cli.Tests.Campaigns;

public sealed class CampaignNamesTests
{
    private static readonly CampaignEntry[] Campaigns =
    [
        Entry("1a22aa7a13b-55227b3e", "Week 47"), Entry("1a22aa7a13b-0f1e2d3c", ""),
        Entry("1a22ab00000-0f1e2d3c", "Week 48"), Entry("1a22ac00000-0f1e2d3c", "Week 48"),
    ];

    [Theory]
    [InlineData("last", "1a22ac00000-0f1e2d3c")]
    [InlineData("1a22ab00000-0f1e2d3c", "1a22ab00000-0f1e2d3c")]
    [InlineData("1a22ab", "1a22ab00000-0f1e2d3c")]
    [InlineData("1A22AC", "1a22ac00000-0f1e2d3c")]
    [InlineData("week 47", "1a22aa7a13b-55227b3e")]
    [InlineData("1a22aa7a13b-5", "1a22aa7a13b-55227b3e")]
    public void A_campaign_is_meant_by_the_beginning_of_its_id_its_name_or_last(string text, string id) =>
        Assert.Equal(id, CampaignNames.Find(text, Campaigns).Campaign);

    [Theory]
    [InlineData("1a22aa", "'1a22aa' may be 1a22aa7a13b-55227b3e (Week 47), 1a22aa7a13b-0f1e2d3c", "Write more of the id.")]
    [InlineData("Week 48", "'Week 48' may be 1a22ab00000-0f1e2d3c (Week 48), 1a22ac00000-0f1e2d3c (Week 48)", "Write more of the id.")]
    [InlineData("Wek 47", "there is no campaign 'Wek 47'", "Did you mean 1a22aa7a13b-55227b3e (Week 47)?")]
    [InlineData(
        "nothing",
        "there is no campaign 'nothing'",
        "The latest are 1a22ac00000-0f1e2d3c (Week 48), 1a22ab00000-0f1e2d3c (Week 48), 1a22aa7a13b-0f1e2d3c, 1a22aa7a13b-55227b3e (Week 47).")]
    public void What_may_be_meant_is_named(string text, string what, string remedy)
    {
        var refused = Assert.Throws<DfuException>(() => CampaignNames.Find(text, Campaigns));
        Assert.Equal((DfuError.InvalidArgument, what, remedy), (refused.Error, refused.Message, refused.Remedy));
    }

    [Fact]
    public void Where_there_is_none_it_is_said_how_to_make_one() =>
        Assert.Equal("there is no campaign yet", Assert.Throws<DfuException>(() => CampaignNames.Find("last", [])).Message);

    [Fact]
    public void An_id_is_shortened_to_what_no_other_begins_with()
    {
        Assert.Equal("1a22ab00000", CampaignNames.Short("1a22ab00000-0f1e2d3c", Campaigns));
        Assert.Equal("1a22aa7a13b-5", CampaignNames.Short("1a22aa7a13b-55227b3e", Campaigns));
        Assert.Equal("other", CampaignNames.Short("other", Campaigns));
    }

    private static CampaignEntry Entry(string id, string name) => new() { Campaign = id, PackageId = "p", Targets = "all", Name = name };
}
