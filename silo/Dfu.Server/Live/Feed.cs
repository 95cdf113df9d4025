using Dfu.Grains;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Timing;

namespace Dfu.Server.Live;

/// <summary>One reader for however many follow the same. It reads while somebody does and some seconds longer, and ends for good after that.</summary>
internal abstract class Feed(IEventBoard board, TimeProvider time)
{
    /// <summary>So long it reads when nobody follows any more: pages are left and entered.</summary>
    public static readonly TimeSpan Linger = TimeSpan.FromSeconds(5);

    /// <summary>Something is sent as often, so that whoever is between knows that the line is needed.</summary>
    public static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    /// <summary>An answer that went down with a silo is not waited for as long as Orleans would.</summary>
    protected static readonly TimeSpan LongestCall = TimeSpan.FromSeconds(3);

    /// <summary>An outage that is shorter is nobody's concern.</summary>
    private static readonly TimeSpan WorthSaying = TimeSpan.FromSeconds(5);

    /// <summary>So long the first answer is waited for.</summary>
    private static readonly TimeSpan LongestFirst = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan Again = TimeSpan.FromSeconds(0.25);
    private static readonly TimeSpan BetweenSilences = TimeSpan.FromSeconds(1);

    /// <summary>Followers at the same position get the same bytes; those at positions of their own cost themselves.</summary>
    private const int MostTexts = 64;

    private readonly Dictionary<EventPosition, EventText> _texts = [];
    private TaskCompletionSource _told = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private DfuException? _end;
    private long _turn;
    private long _toldAt;
    private long _textsOf;
    private int _size;

    /// <summary>Guards the board, which is read by followers while it changes.</summary>
    public Lock Gate { get; } = new();

    /// <summary>How many follow, and since when nobody does; under the caller's lock.</summary>
    public int Followers { get; set; }
    public long LeftAt { get; set; }

    /// <summary>Completes when it reads no more.</summary>
    public Task Reading { get; private set; } = Task.CompletedTask;

    protected TimeProvider Time => time;

    /// <param name="isLeft">Asked now and then: nobody follows, and nobody will follow this one any more.</param>
    /// <param name="ended">Called when it has failed: nobody will follow this one any more.</param>
    public void Start(Func<Feed, bool> isLeft, Action<Feed> ended, CancellationToken stop)
    {
        // What it reads for all must not be part of the first one's request.
        using (ExecutionContext.SuppressFlow()) Reading = Task.Run(() => RunAsync(isLeft, ended, stop), CancellationToken.None);
    }

    /// <summary>Returns when there is something after a turn, or a heartbeat is due.</summary>
    /// <returns>The turn that it is now.</returns>
    /// <exception cref="DfuException">What ended the feed.</exception>
    public async Task<long> AfterAsync(long turn, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task told;
            lock (Gate)
            {
                if (_end is not null) throw new DfuException(_end.Error, _end.Message, _end) { Remedy = _end.Remedy };
                if (_turn != turn) return _turn;
                told = _told.Task;
            }

            await told.WaitAsync(cancellationToken);
        }
    }

    /// <summary>The next event for a reader, written once for all who are at the same position; null when it has everything.</summary>
    public EventText? TextAfter(EventPosition? at)
    {
        lock (Gate)
        {
            if (_textsOf != board.Version) _texts.Clear();
            _textsOf = board.Version;
            var key = at ?? default;
            if (_texts.TryGetValue(key, out var written)) return written;
            if (board.After(at) is not { } told) return null;
            var text = EventText.Of(told);
            if (_texts.Count == MostTexts) return text;
            _texts[key] = text;
            if (at?.Version == board.Version - 1) _size += text.Bytes.Length;
            return text;
        }
    }

    /// <summary>Reads once; what it read is on the board then.</summary>
    /// <returns>Whether followers are to be told.</returns>
    protected abstract Task<bool> ReadAsync(CancellationToken cancellationToken);

    /// <summary>How long nothing is read then.</summary>
    /// <param name="size">Bytes of the events that followers who keep up were sent the time before; 0 for none.</param>
    protected abstract TimeSpan Pause(int size);

    /// <summary>How followers are told of a failure that does not pass by itself.</summary>
    protected abstract DfuException Refusal(Exception failure);

    private async Task RunAsync(Func<Feed, bool> isLeft, Action<Feed> ended, CancellationToken stop)
    {
        var (answered, silent) = (time.GetTimestamp(), time.GetTimestamp());
        try
        {
            while (!isLeft(this))
            {
                var pause = Again;
                try
                {
                    var changed = await ReadAsync(stop);
                    answered = time.GetTimestamp();
                    pause = Pause(_size);
                    if (changed || time.GetElapsedTime(_toldAt) >= Heartbeat) Tell();
                }
                catch (Exception e) when (Outage.Is(e) || (e is OperationCanceledException && !stop.IsCancellationRequested))
                {
                    var silence = time.GetElapsedTime(answered);
                    if (board.Version == 0 && silence >= LongestFirst) throw Unreachable(e);
                    if (board.Version > 0 && silence >= WorthSaying && time.GetElapsedTime(silent) >= BetweenSilences)
                    {
                        lock (Gate) board.Silent(silence);
                        silent = time.GetTimestamp();
                        Tell();
                    }
                }

                await Task.Delay(pause, time, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            End(new(DfuError.Interrupted, "the server stops"), ended);
        }
        catch (Exception e)
        {
            var refusal = Refusal(e);
            if (refusal.Error == DfuError.Unexpected) Background.Report("read for pages and event streams", e);
            End(refusal, ended);
        }
    }

    private static DfuException Unreachable(Exception e) =>
        new(DfuError.ServerUnreachable, $"no member of the cluster answers: {e.Message}", e);

    private void End(DfuException why, Action<Feed> ended)
    {
        ended(this);
        lock (Gate) _end = why;
        Tell();
    }

    private void Tell()
    {
        TaskCompletionSource told;
        lock (Gate)
        {
            (_turn, _size) = (_turn + 1, 0);
            _toldAt = time.GetTimestamp();
            told = _told;
            _told = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        told.SetResult();
    }
}
