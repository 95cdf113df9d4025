using Dfu.Protocol.Timing;

namespace Dfu.Adapters.BlueZ.Radio;

/// <summary>Wakes one waiter. Set while nobody waits, it wakes the next one at once.</summary>
internal sealed class Signal(TimeProvider time)
{
    private TaskCompletionSource _set = New();

    public void Set() => Volatile.Read(ref _set).TrySetResult();

    /// <summary>A waiter looks at the state again afterwards, whatever woke it.</summary>
    public async Task WaitAsync(TimeSpan timeout)
    {
        var set = Volatile.Read(ref _set);
        try
        {
            await set.Task.WithinAsync(timeout, time, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            // Nothing happened.
        }
        finally
        {
            Volatile.Write(ref _set, New());
            set.TrySetResult(); // or each time-out would leave a waiter on it
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
