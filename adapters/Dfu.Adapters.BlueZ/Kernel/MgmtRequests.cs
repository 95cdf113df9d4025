using System.Collections.Concurrent;
using Dfu.Protocol.Timing;

namespace Dfu.Adapters.BlueZ.Kernel;

/// <summary>Commands and their answers: the kernel names only command and controller in an answer, so of each pair one is under way at a time.</summary>
/// <param name="send">False when the packet could not be sent.</param>
internal sealed class MgmtRequests(Func<byte[], bool> send, TimeProvider time)
{
    private readonly ConcurrentDictionary<(MgmtCommand Command, ushort Index), Slot> _slots = new();
    private volatile bool _closed;

    /// <param name="parameters">Called when it is this request's turn.</param>
    /// <returns>Null when it could not be sent or nothing was answered within <paramref name="bound"/>.</returns>
    public async Task<MgmtAnswer?> AskAsync(MgmtCommand command, ushort index, Func<byte[]> parameters, TimeSpan bound, CancellationToken cancellationToken)
    {
        var slot = _slots.GetOrAdd((command, index), static _ => new());
        await slot.Turn.WaitAsync(cancellationToken);
        try
        {
            var pending = new TaskCompletionSource<MgmtAnswer?>(TaskCreationOptions.RunContinuationsAsynchronously);
            slot.Pending = pending;
            if (_closed || !send(MgmtPacket.Write((ushort)command, index, parameters()))) return null;
            return await pending.Task.WithinAsync(bound, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            return null;
        }
        finally
        {
            slot.Pending = null;
            slot.Turn.Release();
        }
    }

    public void OnAnswer(MgmtAnswer answer)
    {
        if (_slots.TryGetValue((answer.Command, answer.Index), out var slot)) slot.Pending?.TrySetResult(answer);
    }

    /// <summary>Ends what is under way, and everything after it at once, without an answer.</summary>
    public void Close()
    {
        _closed = true;
        foreach (var slot in _slots.Values) slot.Pending?.TrySetResult(null);
    }

    private sealed class Slot
    {
        private volatile TaskCompletionSource<MgmtAnswer?>? _pending;

        public SemaphoreSlim Turn { get; } = new(1);

        public TaskCompletionSource<MgmtAnswer?>? Pending
        {
            get => _pending;
            set => _pending = value;
        }
    }
}
