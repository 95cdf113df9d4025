using Dfu.Cluster.Tests.Support;
using Dfu.Fleet.Campaigns;
using Dfu.Protocol.Errors;
using Dfu.Server.Live;

namespace Dfu.Server.Tests.Live;

/// <summary>What pages follow: read once for all of them.</summary>
public sealed class LiveFeedsTests : IAsyncLifetime, IAsyncDisposable
{
    private readonly HandTime _time = new();
    private readonly FakeFleet _fleet = new();
    private readonly FakeCampaign _campaign;
    private readonly LiveFeeds _feeds;

    public LiveFeedsTests()
    {
        _campaign = _fleet.Add(new(_time, 50));
        _feeds = new(_fleet.Grains, _time);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    public ValueTask DisposeAsync() => _feeds.DisposeAsync();

    [Fact]
    public async Task Ten_who_follow_a_campaign_cost_one_reader_and_get_the_same_view()
    {
        await using var followers = new Followers(this, 10);
        var views = await followers.NextAsync();
        Assert.All(views, view => Assert.Same(views[0], view));
        Assert.Equal((1, 1), (_campaign.Reads, _feeds.Count));
        for (var n = 1; n <= 5; n++)
        {
            _campaign.Begin(n, 1);
            await PassAsync(0.25);
            views = await followers.NextAsync();
            Assert.All(views, view => Assert.Equal(1, view.Devices[n].Attempts));
            Assert.Equal(1 + n, _campaign.Reads);
        }
    }

    [Fact]
    public async Task Nothing_is_read_more_often_than_four_times_a_second_and_a_campaign_in_which_nothing_happens_is_told_each_second()
    {
        await using var followers = new Followers(this, 1);
        await followers.NextAsync();
        var told = 0;
        var telling = Task.Run(async () =>
        {
            while (await followers.MovedAsync()) told++;
        });
        for (var quarter = 0; quarter < 40; quarter++) await PassAsync(0.25);
        Assert.Equal(41, _campaign.Reads);
        followers.Leave();
        await telling.Soon();
        Assert.InRange(told, 1, 10);
    }

    [Fact]
    public async Task A_reader_goes_on_for_some_seconds_after_the_last_has_left_and_the_next_one_begins_anew()
    {
        var followers = new Followers(this, 2);
        await followers.NextAsync();
        await followers.DisposeAsync();
        await PassAsync(4.75, 0.25);
        Assert.Equal(1, _feeds.Count);
        await PassAsync(0.25, last: true);
        var reads = _campaign.Reads;
        await using var next = new Followers(this, 1);
        await next.NextAsync();
        Assert.Equal((1, reads + 1), (_feeds.Count, _campaign.Reads));
    }

    [Fact]
    public async Task A_cluster_that_does_not_answer_is_told_of_and_then_it_goes_on()
    {
        await using var followers = new Followers(this, 1);
        await followers.NextAsync();
        _campaign.Failure = static () => new TimeoutException();
        await PassAsync(4.5, 0.25);
        _campaign.Begin(3, 1);
        await PassAsync(0.75, 0.25);
        var view = (await followers.NextAsync())[0];
        Assert.Equal((TimeSpan.FromSeconds(5), 0), (view.NoAnswerFor, view.Devices[3].Attempts));
        _campaign.Failure = null;
        await PassAsync(0.25);
        view = (await followers.NextAsync())[0];
        Assert.Equal((null, 1), (view.NoAnswerFor, view.Devices[3].Attempts));
    }

    [Fact]
    public async Task A_campaign_that_is_not_there_and_one_that_is_deleted_end_in_a_refusal()
    {
        await using var stray = _feeds.CampaignAsync("y", CancellationToken.None).GetAsyncEnumerator();
        var refusal = await Assert.ThrowsAsync<DfuException>(async () => await stray.MoveNextAsync().AsTask().Soon());
        Assert.Equal((DfuError.NotFound, "there is no campaign y"), (refusal.Error, refusal.Message));
        await using var followers = new Followers(this, 3);
        await followers.NextAsync();
        _campaign.Failure = static () => new KeyNotFoundException();
        await PassAsync(0.25, last: true);
        refusal = await Assert.ThrowsAsync<DfuException>(followers.NextAsync);
        Assert.Equal((DfuError.NotFound, 0), (refusal.Error, _feeds.Count));
    }

    [Fact]
    public async Task A_cluster_that_never_answers_ends_in_a_refusal_too()
    {
        _campaign.Failure = static () => new TimeoutException("no answer");
        await using var enumerator = _feeds.CampaignAsync("x", CancellationToken.None).GetAsyncEnumerator();
        var next = enumerator.MoveNextAsync().AsTask();
        await PassAsync(19.75, 0.25);
        Assert.False(next.IsCompleted);
        await PassAsync(0.25, last: true);
        Assert.Equal(DfuError.ServerUnreachable, (await Assert.ThrowsAsync<DfuException>(next.Soon)).Error);
    }

    [Fact]
    public async Task A_campaign_that_is_over_is_hardly_read_and_its_retry_is_noticed_within_a_second()
    {
        _campaign.Finish();
        await using var followers = new Followers(this, 1);
        await followers.NextAsync();
        await PassAsync(60, 1);
        Assert.InRange(_campaign.Reads, 10, 13);
        _campaign.Retry();
        await PassAsync(1);
        Assert.Equal(CampaignOutcome.Running, (await followers.NextAsync())[0].Outcome);
    }

    [Fact]
    public async Task Changes_name_the_devices_of_a_slow_follower()
    {
        await using var news = _feeds.CampaignAsync("x", CancellationToken.None).GetAsyncEnumerator();
        await news.MoveNextAsync().AsTask().Soon();
        Assert.Null(news.Current.Changed);
        await SettleAsync();
        foreach (var device in new[] { 9, 3, 7 })
        {
            _campaign.Begin(device, 1);
            await PassAsync(0.25);
        }

        await news.MoveNextAsync().AsTask().Soon();
        Assert.Equal([3, 7, 9], news.Current.Changed!.Value.ToArray());
    }

    [Fact]
    public async Task Of_a_thousand_campaigns_that_are_over_each_is_read_once_and_again_when_it_is_taken_up()
    {
        for (var n = 0; n < 1000; n++)
        {
            var over = new FakeCampaign(_time, 1, $"a{n:d4}");
            over.Finish();
            _fleet.Add(over);
        }

        await using var news = _feeds.FleetAsync(CancellationToken.None).GetAsyncEnumerator();
        while (await news.MoveNextAsync().AsTask().Soon() && news.Current.Campaigns.Length < 1001) _time.Advance(TimeSpan.Zero);
        await SettleAsync();
        var (finished, running) = (_fleet.Standings - _campaign.Standings, _campaign.Standings);
        Assert.Equal(1000, finished);
        await PassAsync(10, 1);
        Assert.Equal((1000, running + 10), (_fleet.Standings - _campaign.Standings, _campaign.Standings));
        var again = _fleet.Add(new(_time, 1, "a0500"));
        await PassAsync(1);
        await news.MoveNextAsync().AsTask().Soon();
        Assert.Equal((1, CampaignOutcome.Running), (again.Standings, news.Current.Campaigns.Single(static campaign => campaign.Id == "a0500").Outcome));
    }

    [Fact]
    public async Task The_fleet_is_told_when_something_changes_and_what_was_read_is_kept_while_nobody_follows()
    {
        var over = new FakeCampaign(_time, 1, "old");
        over.Finish();
        _fleet.Add(over);
        var first = _feeds.FleetAsync(CancellationToken.None).GetAsyncEnumerator();
        await first.MoveNextAsync().AsTask().Soon();
        await first.DisposeAsync();
        await SettleAsync();
        await PassAsync(5, 1, last: true);
        Assert.Equal(0, _feeds.Count);
        _fleet.Adapters = [new() { Id = "a/b" }];
        await using var next = _feeds.FleetAsync(CancellationToken.None).GetAsyncEnumerator();
        do await next.MoveNextAsync().AsTask().Soon();
        while (next.Current.Adapters.IsEmpty);
        Assert.Equal((2, 1), (next.Current.Campaigns.Length, over.Standings));
    }

    /// <summary>Waits until the one reader waits.</summary>
    private async Task SettleAsync()
    {
        while (_time.Armed == 0) await Task.Yield();
    }

    /// <param name="last">The reader ends with the last step.</param>
    private async Task PassAsync(double seconds, double step = double.MaxValue, bool last = false)
    {
        while (seconds > 0)
        {
            await SettleAsync();
            _time.Advance(TimeSpan.FromSeconds(Math.Min(seconds, step)));
            seconds -= step;
        }

        while (last ? _feeds.Count > 0 : _time.Armed == 0) await Task.Yield();
    }

    private sealed class Followers(LiveFeedsTests test, int count) : IAsyncDisposable
    {
        private readonly CancellationTokenSource _leave = new();
        private readonly List<IAsyncEnumerator<CampaignNews>> _followers = [];

        public async Task<CampaignView[]> NextAsync()
        {
            if (_followers.Count == 0)
                _followers.AddRange(Enumerable.Range(0, count).Select(_ => test._feeds.CampaignAsync("x", _leave.Token).GetAsyncEnumerator()));
            var moved = await Task.WhenAll(_followers.Select(static follower => follower.MoveNextAsync().AsTask())).Soon();
            Assert.All(moved, Assert.True);
            await test.SettleAsync();
            return [.. _followers.Select(static follower => follower.Current.View)];
        }

        /// <returns>False when it has left.</returns>
        public async Task<bool> MovedAsync()
        {
            try
            {
                return await _followers[0].MoveNextAsync();
            }
            catch (OperationCanceledException)
            {
                return false;
            }
        }

        public void Leave() => _leave.Cancel();

        public async ValueTask DisposeAsync()
        {
            foreach (var follower in _followers) await follower.DisposeAsync();
            _leave.Dispose();
        }
    }
}
