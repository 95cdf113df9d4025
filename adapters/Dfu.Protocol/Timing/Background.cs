using Dfu.Protocol.Telemetry;

namespace Dfu.Protocol.Timing;

/// <summary>Background work that failed although nobody expected it to.</summary>
/// <param name="Work">What was to be done: <c>watch the radio</c>.</param>
public sealed record BackgroundFault(string Work, Exception Exception);

/// <summary>Runs work that no caller awaits, and sees to it that no failure of it stays unseen. Work that is cancelled has
/// not failed, but a caller that handles failures is told of it too: what it began did not happen.</summary>
/// <remarks>
/// The work handles the failures that it expects, or its caller does (<c>onFault</c>). Any other is a defect: it is counted
/// (docs/telemetry.md, <c>dfu.background.faults</c>) and written to standard error with its stack.
/// </remarks>
public static class Background
{
    /// <summary>
    /// For tests: raised, on the scheduler that the work ran on, for failures that nothing handles, instead of writing them.
    /// </summary>
    internal static event Action<BackgroundFault>? Faulted;

    /// <summary>
    /// Raised, on any thread, for failures that change nothing for whoever met them, such as that of closing what is gone. For a host's log.
    /// </summary>
    public static event Action<BackgroundFault>? Overlooked;

    /// <summary>Says that a failure changed nothing here, for people who look for the cause of something else.</summary>
    /// <param name="what">A constant that says what was to be done, beginning with a verb.</param>
    public static void Overlook(string what, Exception exception) => Overlooked?.Invoke(new BackgroundFault(what, exception));

    /// <summary>Reports a defect that must not stop whoever met it: it is counted and written like any other that nothing handles.</summary>
    /// <inheritdoc cref="Overlook"/>
    public static void Report(string what, Exception exception) => Raise(new BackgroundFault(what, exception));

    /// <summary>Lets work go on that has begun on the caller's scheduler, and stays there.</summary>
    /// <param name="what">A constant that says what is done, beginning with a verb: it ends up in logs and as a tag of a metric.</param>
    /// <param name="onFault">Handles a failure of the work, on the caller's scheduler.</param>
    public static void Run(string what, Task work, Action<Exception>? onFault = null)
    {
        if (!work.IsCompletedSuccessfully) _ = SeeToEndAsync(what, work, onFault);
    }

    /// <inheritdoc cref="Run(string, Task, Action{Exception}?)"/>
    public static void Run(string what, ValueTask work, Action<Exception>? onFault = null)
    {
        if (!work.IsCompletedSuccessfully) _ = SeeToEndAsync(what, work.AsTask(), onFault);
    }

    /// <summary>Begins work on the thread pool, for work that outlives its caller and so must not stay on the caller's scheduler or in its context.</summary>
    /// <returns>Completes when the work has ended, however it ended; never faults.</returns>
    public static Task Start(string what, Func<Task> work, Action<Exception>? onFault = null)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        ThreadPool.UnsafeQueueUserWorkItem(static item => _ = item.RunAsync(), new Queued(what, work, onFault, ended), preferLocal: false);
        return ended.Task;
    }

    private static async Task SeeToEndAsync(string what, Task work, Action<Exception>? onFault)
    {
        try
        {
            await work;
        }
        catch (OperationCanceledException) when (onFault is null)
        {
            // Whoever cancelled the work knows.
        }
        catch (Exception e)
        {
            Handle(what, e, onFault);
        }
    }

    private static void Handle(string what, Exception exception, Action<Exception>? onFault)
    {
        if (onFault is null)
        {
            Raise(new BackgroundFault(what, exception));
            return;
        }

        try
        {
            onFault(exception);
        }
        catch (Exception e)
        {
            Raise(new BackgroundFault(what, new AggregateException(exception, e)));
        }
    }

    private static void Raise(BackgroundFault fault)
    {
        ProtocolMetrics.BackgroundFault(fault);
        if (Faulted is { } faulted) faulted(fault);
        else Console.Error.WriteLine($"background work failed: {fault.Work}: {fault.Exception}");
    }

    private sealed record Queued(string What, Func<Task> Work, Action<Exception>? OnFault, TaskCompletionSource Ended)
    {
        public async Task RunAsync()
        {
            await SeeToEndAsync(What, BeginAsync(), OnFault);
            Ended.TrySetResult();
        }

        // Async, so that what the work throws before its first await fails its task.
        private async Task BeginAsync() => await Work();
    }
}
