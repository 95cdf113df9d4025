using Dfu.Fuzz.Engine;
using Dfu.Protocol.Timing;

namespace Dfu.Fuzz.Targets;

/// <summary>
/// The other side of a bridge's stream: the input is what it says, in blocks with their lengths before them. Each comes when this side has written
/// something, or after a second.
/// </summary>
internal sealed class ScriptedStream(Feed feed, TimeProvider time) : Stream
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private readonly MemoryStream _written = new();
    private byte[] _block = [];
    private int _taken;
    private bool _closed;
    private TaskCompletionSource _wrote = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public byte[] Written => _written.ToArray();

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_taken == _block.Length)
        {
            if (_closed || feed.IsEmpty) return 0;
            try
            {
                await _wrote.Task.WithinAsync(Pause, time, cancellationToken);
            }
            catch (TimeoutException)
            {
                // Nothing was said for a second.
            }

            _wrote = new(TaskCreationOptions.RunContinuationsAsynchronously);
            (_block, _taken) = (feed.Block(), 0);
        }

        var count = Math.Min(buffer.Length, _block.Length - _taken);
        _block.AsMemory(_taken, count).CopyTo(buffer);
        _taken += count;
        return count;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_closed) return ValueTask.FromException(new IOException("the stream is closed"));
        _written.Write(buffer.Span);
        _wrote.TrySetResult();
        return ValueTask.CompletedTask;
    }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        _closed = true;
        _wrote.TrySetResult();
        base.Dispose(disposing);
    }
}
