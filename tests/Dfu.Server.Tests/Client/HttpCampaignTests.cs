using System.Net;
using Dfu.Api;
using Dfu.Api.Events;
using Dfu.Fleet.Campaigns;
using Dfu.Protocol.Errors;

namespace Dfu.Server.Tests.Client;

public sealed class HttpCampaignTests
{
    private static readonly CampaignUpdate Running = Update(CampaignOutcome.Running);
    private static readonly CampaignUpdate Over = Update(CampaignOutcome.Succeeded);

    [Fact]
    public async Task A_campaign_is_followed_to_its_end()
    {
        await using var client = new Answers(() => Answers.Events(("1", EventNames.Snapshot, Running), ("2", EventNames.Changes, Over))).Client();
        await using var campaign = await client.FollowAsync("c", default);
        var view = await campaign.WaitAsync(default);
        Assert.Equal(("c", CampaignOutcome.Succeeded), (view.Id, view.Outcome));
    }

    [Fact]
    public async Task A_stream_that_breaks_is_opened_again_after_the_last_event_that_came()
    {
        var server = new Answers(
            () => Answers.Events(("7", EventNames.Snapshot, Running)), Answers.Nobody, () => Answers.Events(("8", EventNames.Changes, Over)));
        await using var client = server.Client();
        await using var campaign = await client.FollowAsync("c", default);
        await campaign.WaitAsync(default);
        Assert.Equal(["", "7", "7"], server.Requests.Select(static request => request.Headers.TryGetValues("Last-Event-ID", out var id) ? id.Single() : ""));
        Assert.All(server.Asked, static asked => Assert.Equal("GET /api/v1/campaigns/c/events", asked));
    }

    [Fact]
    public async Task For_how_long_nobody_has_answered_is_said_until_somebody_does()
    {
        using var back = new ManualResetEventSlim();
        var server = new Answers(
            () => Answers.Events(("1", EventNames.Snapshot, Running)),
            Answers.Nobody,
            Answers.Nobody,
            Answers.Nobody,
            Answers.Nobody,
            () => back.IsSet ? Answers.Events(("2", EventNames.Changes, Over)) : Answers.Nobody());
        await using var client = server.Client();
        await using var campaign = await client.FollowAsync("c", default);
        Assert.True(SpinWait.SpinUntil(() => campaign.Snapshot().NoAnswerFor is not null, TimeSpan.FromSeconds(20)));
        Assert.True(campaign.Snapshot().NoAnswerFor >= TimeSpan.FromSeconds(5));
        back.Set();
        Assert.Null((await campaign.WaitAsync(default)).NoAnswerFor);
        Assert.Null(campaign.Snapshot().NoAnswerFor);
    }

    [Fact]
    public async Task A_campaign_that_is_not_there_is_said_not_to_be()
    {
        await using var client = new Answers(static () => Answers.Problem(HttpStatusCode.NotFound, DfuError.NotFound, "there is no campaign c")).Client();
        await FleetHttpClientTests.RefusedAsync(() => client.FollowAsync("c", default), DfuError.NotFound);
    }

    [Fact]
    public async Task A_key_that_is_revoked_ends_the_following()
    {
        var server = new Answers(
            static () => Answers.Events(("1", EventNames.Snapshot, Running)),
            static () => Answers.Problem(HttpStatusCode.Unauthorized, DfuError.KeyRefused, "the key was revoked"));
        await using var client = server.Client();
        await using var campaign = await client.FollowAsync("c", default);
        await FleetHttpClientTests.RefusedAsync(() => campaign.WaitAsync(default), DfuError.KeyRefused);
    }

    [Fact]
    public async Task A_stream_that_ends_for_good_says_why()
    {
        var problem = new ApiProblem(Detail: "there is no campaign c", Code: "notFound");
        var server = new Answers(() => Answers.Events(("1", EventNames.Snapshot, Running), ("", EventNames.Problem, problem)));
        await using var client = server.Client();
        await using var campaign = await client.FollowAsync("c", default);
        await FleetHttpClientTests.RefusedAsync(() => campaign.WaitAsync(default), DfuError.NotFound);
    }

    [Fact]
    public async Task Nobody_to_follow_is_said_after_a_while()
    {
        await using var client = new Answers(Answers.Nobody).Client(TimeSpan.FromSeconds(3));
        await FleetHttpClientTests.RefusedAsync(() => client.FollowAsync("c", default), DfuError.ServerUnreachable);
    }

    private static CampaignUpdate Update(CampaignOutcome outcome) => new() { Campaign = new() { Id = "c", PackageId = "p", Outcome = outcome } };
}
