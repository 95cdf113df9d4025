namespace Dfu.Protocol.Timing;

/// <summary>Bounded waits that stay on the scheduler they were called on.</summary>
/// <remarks>
/// Task.WaitAsync, WhenAny and WhenAll attach to the task itself; when that belongs to a completion source that runs its
/// continuations asynchronously, they go on from the thread pool, beside the scheduler that simulation and grains run on.
/// Awaiting first keeps them on it.
/// </remarks>
public static class Waiting
{
    /// <exception cref="TimeoutException">The task did not complete in time; it goes on by itself.</exception>
    public static Task<T> WithinAsync<T>(this Task<T> task, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
#pragma warning disable RS0030 // the one place that may
        return task.IsCompleted ? task : HereAsync(task).WaitAsync(timeout, time, cancellationToken);
#pragma warning restore RS0030
    }

    /// <inheritdoc cref="WithinAsync{T}"/>
    public static Task WithinAsync(this Task task, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
#pragma warning disable RS0030 // the one place that may
        return task.IsCompleted ? task : HereAsync(task).WaitAsync(timeout, time, cancellationToken);
#pragma warning restore RS0030
    }

    private static async Task<T> HereAsync<T>(Task<T> task) => await task;

    private static async Task HereAsync(Task task) => await task;
}
