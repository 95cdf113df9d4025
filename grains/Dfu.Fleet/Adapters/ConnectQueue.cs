using Dfu.Protocol.Errors;

namespace Dfu.Fleet.Adapters;

/// <summary>Lets one connect at a time through, in the order they came.</summary>
internal sealed class ConnectQueue
{
    private readonly object _gate = new();
    private readonly LinkedList<TaskCompletionSource> _waiting = new();
    private bool _busy;
    private bool _closed;

    /// <exception cref="DfuException">AdapterLost when the adapter goes meanwhile.</exception>
    public async Task EnterAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        TaskCompletionSource turn;
        lock (_gate)
        {
            if (_closed) throw Lost();
            if (!_busy)
            {
                _busy = true;
                return;
            }

            turn = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.AddLast(turn);
        }

        using var registration = cancellationToken.Register(() =>
        {
            lock (_gate) _waiting.Remove(turn);
            turn.TrySetCanceled(cancellationToken);
        });
        await turn.Task;
    }

    public void Exit()
    {
        lock (_gate)
        {
            while (_waiting.First is { } next)
            {
                _waiting.RemoveFirst();
                if (next.Value.TrySetResult()) return;
            }

            _busy = false;
        }
    }

    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            foreach (var turn in _waiting) turn.TrySetException(Lost());
            _waiting.Clear();
        }
    }

    private static DfuException Lost() => new(DfuError.AdapterLost, "the adapter went away before it was this device's turn to connect");
}
