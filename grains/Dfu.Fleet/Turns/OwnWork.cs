using Dfu.Protocol.Timing;
using Microsoft.Extensions.Logging;

namespace Dfu.Fleet.Turns;

/// <summary>
/// What a turn starts and does not wait for. It belongs to the fleet and not to the call that happened to bring it about, which may be long over.
/// </summary>
internal static class OwnWork
{
    /// <summary>A context that carries nothing: no activity, no request.</summary>
    private static readonly ExecutionContext Nobodys = Capture();

    /// <summary>
    /// Begins work on the caller's scheduler and leaves the caller's trace and request behind. Without that every call of a campaign would
    /// end up in the trace of whoever started it.
    /// </summary>
    /// <param name="what">A constant that says what is done, beginning with a verb.</param>
    /// <param name="failed">Handles a failure that the work does not handle, on the caller's scheduler.</param>
    public static void Run(string what, Func<Task> work, Action<Exception> failed) => Background.Run(what, BeginAsync(work), failed);

    /// <inheritdoc cref="Run(string, Func{Task}, Action{Exception})"/>
    /// <param name="subject">Whose work it is: a campaign, a device, an adapter.</param>
    /// <param name="level">How a failure is logged: Debug where whatever is outstanding is tried again. Work that was cancelled has not failed.</param>
    public static void Run(ILogger logger, string what, object subject, Func<Task> work, LogLevel level = LogLevel.Debug) => Run(what, work, e =>
    {
        if (e is not OperationCanceledException) logger.WorkFailed(level, subject, what, e);
    });

    /// <summary>Does work of its own within a turn that waits for it.</summary>
    public static async Task BeginAsync(Func<Task> work)
    {
        var begun = Task.CompletedTask;
        ExecutionContext.Run(Nobodys, _ => begun = StartAsync(work), null);
        await begun;
    }

    // Async, so that what the work throws before its first await fails its task.
    private static async Task StartAsync(Func<Task> work) => await work();

    private static ExecutionContext Capture()
    {
        var context = default(ExecutionContext);
        var thread = new Thread(() => context = ExecutionContext.Capture());
        thread.UnsafeStart();
        thread.Join();
        return context!;
    }
}
