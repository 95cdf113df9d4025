namespace Dfu.Simulation.Engine;

/// <summary>A result that many may wait for, each with a token of its own, without leaving the scheduler they wait on.</summary>
internal sealed class Broadcast<T>
{
    private readonly object _gate = new();
    private readonly List<TaskCompletionSource<T>> _waiting = [];
    private Action<TaskCompletionSource<T>>? _answer;

    public void Set(T value) => Answer(waiting => waiting.TrySetResult(value));

    public void Fail(Exception error) => Answer(waiting => waiting.TrySetException(error));

    public async Task<T> WaitAsync(CancellationToken cancellationToken)
    {
        var waiting = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_answer is null) _waiting.Add(waiting);
            else _answer(waiting);
        }

        using var registration = cancellationToken.Register(() => waiting.TrySetCanceled(cancellationToken));
        try
        {
            return await waiting.Task;
        }
        finally
        {
            lock (_gate) _waiting.Remove(waiting);
        }
    }

    /// <summary>The first answer stays.</summary>
    private void Answer(Action<TaskCompletionSource<T>> answer)
    {
        lock (_gate)
        {
            if (_answer is not null) return;
            _answer = answer;
            foreach (var waiting in _waiting) answer(waiting);
        }
    }
}
