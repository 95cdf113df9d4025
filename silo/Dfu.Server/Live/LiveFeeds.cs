using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Dfu.Grains;
using Dfu.Protocol.Errors;

namespace Dfu.Server.Live;

/// <inheritdoc cref="ILiveFeeds"/>
internal sealed class LiveFeeds(IGrainFactory grains, TimeProvider time) : ILiveFeeds, IAsyncDisposable
{
    private const string Fleet = "\0"; // no campaign is called so

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<string, Feed> _feeds = [];
    private readonly FleetReading _reading = new();

    /// <summary>Feeds that read this moment.</summary>
    public int Count
    {
        get
        {
            lock (_gate) return _feeds.Count;
        }
    }

    /// <summary>How many follow them.</summary>
    public int Followers
    {
        get
        {
            lock (_gate) return _feeds.Values.Sum(static feed => feed.Followers);
        }
    }

    public async IAsyncEnumerable<CampaignNews> CampaignAsync(string campaign, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var seat = OfCampaign(campaign);
        var (feed, turn, version) = ((CampaignFeed)seat.Feed, 0L, -1L);
        while (true)
        {
            turn = await feed.AfterAsync(turn, cancellationToken);
            CampaignNews? news = null;
            lock (feed.Gate)
            {
                if (feed.Board.Version != version) news = new(feed.Board.View, feed.Board.ChangedSince(version));
                version = feed.Board.Version;
            }

            if (news is not null) yield return news;
        }
    }

    public async IAsyncEnumerable<FleetNews> FleetAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var seat = OfFleet();
        var (feed, turn, version) = ((FleetFeed)seat.Feed, 0L, -1L);
        while (true)
        {
            turn = await feed.AfterAsync(turn, cancellationToken);
            FleetNews? news = null;
            lock (feed.Gate)
            {
                if (feed.Board.Version != version) news = feed.Board.News;
                version = feed.Board.Version;
            }

            if (news is not null) yield return news;
        }
    }

    /// <summary>A follower's place; whoever has it disposes of it.</summary>
    public Seat OfCampaign(string campaign) => Join(campaign, () =>
        new CampaignFeed(grains.GetGrain<ICampaignGrain>(campaign), campaign, new(BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8))), time));

    /// <inheritdoc cref="OfCampaign"/>
    public Seat OfFleet() => Join(Fleet, () => new FleetFeed(grains, _reading, time));

    public async ValueTask DisposeAsync()
    {
        Feed[] feeds;
        lock (_gate)
        {
            if (_stop.IsCancellationRequested) return;
            feeds = [.. _feeds.Values];
            _stop.Cancel();
        }

        foreach (var feed in feeds) await feed.Reading;
        _stop.Dispose();
    }

    private Seat Join(string key, Func<Feed> make)
    {
        lock (_gate)
        {
            if (_stop.IsCancellationRequested) throw new DfuException(DfuError.Interrupted, "the server stops");
            if (!_feeds.TryGetValue(key, out var feed))
            {
                _feeds[key] = feed = make();
                feed.Start(one => IsLeft(key, one), one => Forget(key, one), _stop.Token);
            }

            feed.Followers++;
            return new(this, feed);
        }
    }

    private void Leave(Feed feed)
    {
        lock (_gate) (feed.Followers, feed.LeftAt) = (feed.Followers - 1, time.GetTimestamp());
    }

    private bool IsLeft(string key, Feed feed)
    {
        lock (_gate) return feed.Followers == 0 && time.GetElapsedTime(feed.LeftAt) >= Feed.Linger && _feeds.Remove(key);
    }

    private void Forget(string key, Feed feed)
    {
        lock (_gate)
        {
            if (_feeds.GetValueOrDefault(key) == feed) _feeds.Remove(key);
        }
    }

    /// <summary>Somebody's place at a feed.</summary>
    public sealed class Seat(LiveFeeds feeds, Feed feed) : IDisposable
    {
        public Feed Feed => feed;

        public void Dispose() => feeds.Leave(feed);
    }
}
