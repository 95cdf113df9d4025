using Dfu.Fleet.AccessKeys;
using Dfu.Grains;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Timing;
using Microsoft.Extensions.Logging;

namespace Dfu.Server.Security;

/// <summary>
/// The fleet's keys as this member knows them: read again when somebody asks and they are older than two seconds, so a key that was revoked at
/// another member is refused here within that. What it costs does not depend on who asks how often, nor on which keys are tried.
/// </summary>
internal sealed class KnownKeys(IGrainFactory grains, TimeProvider time, ILogger<KnownKeys> log)
{
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(2);

    /// <summary>Keys that cannot be read again hold for so long: a member of the cluster is just being replaced.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);

    /// <summary>Between two readings that unknown keys cause.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.25);

    private static readonly TimeSpan LongestCall = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan UsedAgain = TimeSpan.FromHours(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _told = [];
    private Task<Reading>? _reading;
    private Task<Reading>? _next;
    private Reading? _last;
    private long _tried;

    /// <exception cref="DfuException">ServerUnreachable: no member of the cluster can tell.</exception>
    public ValueTask<AccessKeyRing> ReadAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_last is { } last && time.GetElapsedTime(last.At) < Every) return new(last.Ring);
            if (_reading is null && time.GetElapsedTime(_tried) < Every && _last is { } known && IsGood(known)) return new(known.Ring);
            _reading ??= Task.Run(ReadAgainAsync, CancellationToken.None);
            return new(RingAsync(_reading, cancellationToken));
        }
    }

    /// <summary>
    /// The keys as they are now, for a key that is not known: it may have just been made. However many ask, they are read four times a second at most, and
    /// all wait for that.
    /// </summary>
    /// <exception cref="DfuException">ServerUnreachable, as above.</exception>
    public Task<AccessKeyRing> ReadAnewAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _next ??= Task.Run(ReadNextAsync, CancellationToken.None);
            return RingAsync(_next, cancellationToken);
        }
    }

    /// <summary>Has the fleet know that a key is used, at most once an hour.</summary>
    public void Used(AccessKey key)
    {
        if (time.GetUtcNow() - key.LastUsed < UsedAgain) return;
        lock (_lock)
        {
            if (_told.TryGetValue(key.Id, out var told) && time.GetElapsedTime(told) < UsedAgain) return;
            _told[key.Id] = time.GetTimestamp();
        }

        Background.Start("tell that an access key is used", () => grains.GetGrain<IAccessKeysGrain>(0).UsedAsync(key.Id), e => log.UseNotKept(key.Id, e));
    }

    private static async Task<AccessKeyRing> RingAsync(Task<Reading> reading, CancellationToken cancellationToken) =>
        (await reading.WaitAsync(cancellationToken)).Ring;

    private async Task<Reading> ReadNextAsync()
    {
        if (Pause - time.GetElapsedTime(_tried) is var left && left > TimeSpan.Zero) await Task.Delay(left, time, CancellationToken.None);
        lock (_lock) _next = null; // who comes from now on may know of a key that this reading misses
        return await ReadAgainAsync();
    }

    private bool IsGood(Reading reading) => time.GetElapsedTime(reading.At) < Longest;

    private async Task<Reading> ReadAgainAsync()
    {
        var begin = time.GetTimestamp();
        try
        {
            var ring = await grains.GetGrain<IAccessKeysGrain>(0).ReadAsync(_last?.Ring.Revision ?? -1).WithinAsync(LongestCall, time, CancellationToken.None);
            return Take(new(ring ?? _last!.Ring, begin));
        }
        catch (Exception e) when (Outage.Is(e))
        {
            log.KeysNotRead(e);
            if (_last is { } last && IsGood(last)) return Take(last);
            Take(_last);
            throw new DfuException(DfuError.ServerUnreachable, "no member of the cluster can tell which access keys are in force", e);
        }
    }

    private Reading Take(Reading? reading)
    {
        lock (_lock)
        {
            if (_last is null || reading?.At >= _last.At) _last = reading;
            (_reading, _tried) = (null, time.GetTimestamp());
            return _last!;
        }
    }

    private sealed record Reading(AccessKeyRing Ring, long At);
}
