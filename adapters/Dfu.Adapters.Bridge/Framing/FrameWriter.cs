using System.Net.Sockets;
using Google.Protobuf;

namespace Dfu.Adapters.Bridge.Framing;

/// <summary>The one writing loop of a stream: messages are encoded where they arise, and leave together while the write before them is under way.</summary>
/// <remarks>Two buffers take turns, so nothing is allocated per message here.</remarks>
/// <param name="abort">Breaks the stream, from any thread; called when a write has made no progress for <see cref="BridgeTimes.Stall"/>.</param>
internal sealed class FrameWriter(Stream stream, Action abort, TimeProvider time)
{
    /// <summary>Above this many waiting bytes callers of <see cref="RoomAsync"/> wait.</summary>
    public const int RoomBytes = 256 * 1024;

    private const int UsualBytes = 32 * 1024;
    private readonly Lock _gate = new();
    private byte[] _filling = new byte[UsualBytes];
    private byte[] _leaving = new byte[UsualBytes];
    private int _filled;
    private bool _completed;
    private bool _unbounded;
    private volatile bool _stalled;
    private TaskCompletionSource? _work;
    private TaskCompletionSource? _room;
    private TaskCompletionSource _left = NewSignal();
    private TaskCompletionSource? _goes;

    /// <summary>Bytes encoded and not yet given to the stream.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate) return _filled;
        }
    }

    /// <summary>Encodes the message at once, so its buffers may be reused; false when the stream is closed or closing.</summary>
    public bool Enqueue(IMessage message)
    {
        lock (_gate)
        {
            if (_completed) return false;
            var size = message.CalculateSize();
            ArgumentOutOfRangeException.ThrowIfGreaterThan(size, Frame.MaxLength, nameof(message));
            if (_filling.Length - _filled < size + Frame.MaxHeaderLength)
            {
                Array.Resize(ref _filling, Math.Max(_filling.Length * 2, _filled + size + Frame.MaxHeaderLength));
            }
            _filled += Frame.WriteHeader(_filling.AsSpan(_filled), size);
            message.WriteTo(_filling.AsSpan(_filled, size));
            _filled += size;
            _work?.TrySetResult();
            return true;
        }
    }

    /// <summary>Waits until the other side has taken enough, or the stream is closed.</summary>
    public ValueTask RoomAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (HasRoomNow) return ValueTask.CompletedTask;
            _room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return new ValueTask(_room.Task.WaitAsync(cancellationToken));
        }
    }

    /// <summary>Waits until everything encoded so far has been given to the stream, or the stream is closed.</summary>
    public ValueTask LeftAsync()
    {
        lock (_gate)
        {
            if (_completed) return ValueTask.CompletedTask;
            if (_filled > 0) return new ValueTask(_left.Task);
            return _goes is { } goes ? new ValueTask(goes.Task) : ValueTask.CompletedTask;
        }
    }

    /// <summary>From now on nobody waits for room: the stream is about to end, and what is left is little.</summary>
    public void ReleaseRoom()
    {
        lock (_gate)
        {
            _unbounded = true;
            _room?.TrySetResult();
        }
    }

    /// <summary>Takes nothing more; <see cref="RunAsync"/> ends when what it has is sent.</summary>
    public void Complete()
    {
        lock (_gate)
        {
            _completed = true;
            _work?.TrySetResult();
            _room?.TrySetResult();
            _left.TrySetResult();
        }
    }

    /// <summary>Sends until completed or broken; never throws.</summary>
    /// <returns>Null when everything was sent, else why not, for people.</returns>
    public async Task<string?> RunAsync()
    {
        await using var timer = time.CreateTimer(_ => Stalled(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        try
        {
            while (await SomethingAsync())
            {
                var (batch, left) = TakeBatch();
                try
                {
                    var write = stream.WriteAsync(batch);
                    if (write.IsCompletedSuccessfully) continue;
                    timer.Change(BridgeTimes.Stall, Timeout.InfiniteTimeSpan);
                    await write;
                    timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                }
                finally
                {
                    left.TrySetResult();
                }
            }

            return null;
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            return _stalled ? $"it took nothing for {BridgeTimes.Stall.TotalSeconds:0} s" : $"the stream broke: {e.Message}";
        }
        finally
        {
            Complete();
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private bool HasRoomNow => _filled < RoomBytes || _unbounded || _completed;

    private void Stalled()
    {
        _stalled = true;
        abort();
    }

    private async ValueTask<bool> SomethingAsync()
    {
        Task work;
        lock (_gate)
        {
            if (_filled > 0) return true;
            if (_completed) return false;
            _work = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            work = _work.Task;
        }

        await work;
        lock (_gate)
        {
            _work = null;
            return _filled > 0;
        }
    }

    private (ReadOnlyMemory<byte> Batch, TaskCompletionSource Left) TakeBatch()
    {
        lock (_gate)
        {
            if (_leaving.Length > RoomBytes * 2) _leaving = new byte[UsualBytes];
            (_filling, _leaving) = (_leaving, _filling);
            var batch = _leaving.AsMemory(0, _filled);
            _filled = 0;
            _room?.TrySetResult();
            _room = null;
            _goes = _left;
            _left = NewSignal();
            return (batch, _goes);
        }
    }
}
