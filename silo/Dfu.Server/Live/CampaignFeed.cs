using Dfu.Fleet.Peers;
using Dfu.Grains;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Timing;

namespace Dfu.Server.Live;

/// <summary>Reads one campaign.</summary>
internal sealed class CampaignFeed(ICampaignGrain grain, string campaign, CampaignBoard board, TimeProvider time) : Feed(board, time)
{
    /// <summary>At most four tellings a second.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(0.25);

    /// <summary>A campaign that is over is asked whether it still is, and is read now and then, for its adapters are at work for others.</summary>
    public static readonly TimeSpan WhenOver = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ReadWhenOver = TimeSpan.FromSeconds(5);

    /// <summary>Where nothing changes, the clock is told.</summary>
    private static readonly TimeSpan Clock = TimeSpan.FromSeconds(1);

    /// <summary>A follower is sent no more than that in a second, but what many transfers show is no older than the longest pause.</summary>
    private const double MostBytes = 80_000;
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(3);

    private readonly CampaignFollower _follower = new();
    private long _read;
    private long _told;

    public CampaignBoard Board => board;

    protected override async Task<bool> ReadAsync(CancellationToken cancellationToken)
    {
        if (board.IsOver && Time.GetElapsedTime(_read) < ReadWhenOver
            && await grain.IsOverAsync().WithinAsync(LongestCall, Time, cancellationToken))
            return false;
        var told = await _follower.TellAsync(cursor => grain.ChangesAsync(cursor, Every).WithinAsync(LongestCall, Time, cancellationToken));
        _read = Time.GetTimestamp();
        lock (Gate)
        {
            if (!board.Take(told))
            {
                if (board.IsOver || Time.GetElapsedTime(_told) < Clock) return false;
                board.Tell();
            }
        }

        _told = _read;
        return true;
    }

    protected override TimeSpan Pause(int size)
    {
        if (board.IsOver) return WhenOver;
        var paced = TimeSpan.FromSeconds(size / MostBytes);
        return paced < Every ? Every : paced < LongestPause ? paced : LongestPause;
    }

    protected override DfuException Refusal(Exception failure) => failure switch
    {
        KeyNotFoundException => new(DfuError.NotFound, $"there is no campaign {campaign}", failure),
        DfuException known => known,
        _ => new(DfuError.Unexpected, $"campaign {campaign} cannot be read: {failure.Message}", failure),
    };
}
