using System.Collections.Concurrent;

namespace Dfu.Adapters.BlueZ.Tests.StandIn;

/// <summary>
/// One thread on which everything of the stand-in runs, as everything of bluetoothd does, so that nothing there needs a lock and the order of its
/// signals is plain.
/// </summary>
internal sealed class EventLoop : SynchronizationContext, IDisposable
{
    private readonly BlockingCollection<Action> _work = [];

    public EventLoop() => new Thread(Run) { IsBackground = true, Name = "stand-in for bluetoothd" }.Start();

    public override void Post(SendOrPostCallback d, object? state) => Post(() => d(state));

    public void Post(Action action)
    {
        try
        {
            _work.Add(action);
        }
        catch (InvalidOperationException)
        {
            // The loop has ended; what is left of an operation has nobody to tell.
        }
    }

    /// <summary>Begins the operation on the loop; completes with it.</summary>
    public Task<T> InvokeAsync<T>(Func<Task<T>> operation)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(() => Forward(operation, result));
        return result.Task;

        static async void Forward(Func<Task<T>> operation, TaskCompletionSource<T> result)
        {
            try
            {
                result.SetResult(await operation());
            }
            catch (Exception e)
            {
                result.SetException(e);
            }
        }
    }

    public Task InvokeAsync(Func<Task> operation) => InvokeAsync(async () =>
    {
        await operation();
        return true;
    });

    public Task<T> InvokeAsync<T>(Func<T> operation) => InvokeAsync(() => Task.FromResult(operation()));

    public Task InvokeAsync(Action operation) => InvokeAsync(() =>
    {
        operation();
        return true;
    });

    public void Dispose() => _work.CompleteAdding();

    private void Run()
    {
        SetSynchronizationContext(this);
        foreach (var action in _work.GetConsumingEnumerable()) action();
    }
}
