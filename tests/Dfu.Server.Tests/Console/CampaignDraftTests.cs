using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;
using Dfu.Server.Console.NewCampaign;

namespace Dfu.Server.Tests.Console;

public sealed class CampaignDraftTests
{
    private static readonly ChosenTargets Two = new() { Ticked = [Address(2), Address(4)] };

    [Fact]
    public void A_draft_without_a_word_is_one_group_at_once_to_the_end()
    {
        var draft = new CampaignDraft();
        Assert.Null(draft.Flaw(2));
        Assert.Empty(draft.Plan.Groups);
        Assert.Null(draft.Plan.Errors);
        Assert.Equal("Bring application 7 to 2 devices, over 4 adapters.", draft.Summary(Package(), Two, 4));
    }

    [Fact]
    public void All_that_is_written_into_the_fields_is_in_the_plan_and_in_the_sentence()
    {
        var draft = new CampaignDraft { Title = " Line 3 ", Groups = "10, 5%", Approval = true, MaxFailures = "3", PatienceSeconds = 30, Force = true };
        Assert.Null(draft.Flaw(200));
        Assert.Equal("Line 3", draft.Plan.Name);
        Assert.Equal(
            [(10, null, true), (null, 5.0, true), (null, null, false)], draft.Plan.Groups.Select(static group => (group.Count, group.Percent, group.Approval)));
        Assert.Equal(3, draft.Plan.Errors?.Count);
        Assert.Equal(TimeSpan.FromSeconds(30), draft.Limits.Patience);
        Assert.Equal(
            "Bring application 7 to 2 devices, over 1 adapter; first 10, then 5%, then the rest, each group after an approval; pause at 3 failed; "
                + "give up on who is not heard for 30 s; also where it runs already.",
            draft.Summary(Package(), Two, 1));
    }

    [Theory]
    [InlineData("ten", "", 120, "'ten' is no size of a group such as 10 or 5%")]
    [InlineData("", "many", 120, "'many' is no number of failures such as 3 or 5%")]
    [InlineData("", "", 0, "a campaign's patience is 1 s to 7 days")]
    [InlineData("5%", "", 120, "group 1: percent of how many? Give the number of devices, or the group's count")]
    public void What_is_wrong_is_said_in_a_sentence(string groups, string failures, int patience, string expected) =>
        Assert.Equal(expected, new CampaignDraft { Groups = groups, MaxFailures = failures, PatienceSeconds = patience }.Flaw(null));

    [Fact]
    public void Devices_are_chosen_in_one_way_only_and_said_in_words()
    {
        Assert.Null(new ChosenTargets().Selection);
        Assert.Equal($"{Address(2)} {Address(4)}", string.Join(' ', Two.Selection!.Addresses));
        var named = Two with { Kind = TargetKind.Name, Pattern = "Sensor*" };
        Assert.Equal((0, "Sensor*", false), (named.Selection!.Addresses.Length, named.Selection.NameGlob, named.Selection.Feed));
        Assert.Equal("every device named Sensor* heard in the first 10 s", named.Words);
        var feed = Two with { Kind = TargetKind.Feed, Count = 40 };
        Assert.Equal((true, true, 40), (feed.Selection!.All, feed.Selection.Feed, feed.Selection.Count));
        Assert.Equal("devices as they come, until 40 are updated", feed.Words);
        Assert.Null((Two with { Kind = TargetKind.List }).Selection);
    }

    private static BluetoothAddress Address(ulong value) => new(0xC098_7654_0000 + value);

    private static ChosenPackage Package()
    {
        var zip = PackageWriter.Create(
            new() { Application = new("app", new byte[64]), ApplicationVersion = 7, HwVersion = 52, SdReq = [0x0100] }, null);
        return new("app.zip", PackageReader.Read(zip, null), zip);
    }
}
