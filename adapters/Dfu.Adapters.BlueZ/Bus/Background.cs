namespace Dfu.Adapters.BlueZ.Bus;

/// <summary>Work that outlives the call that begins it, and so must not stay on the scheduler of that call.</summary>
internal static class Background
{
    /// <returns>Ends with the work; the work sees to its own exceptions.</returns>
    public static Task Start(Func<Task> work)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        ThreadPool.UnsafeQueueUserWorkItem(static item => _ = item.RunAsync(), new Work(work, ended), preferLocal: false);
        return ended.Task;
    }

    private sealed record Work(Func<Task> Run, TaskCompletionSource Ended)
    {
        public async Task RunAsync()
        {
            try
            {
                await Run();
            }
            catch (Exception)
            {
                // Nobody is there to tell.
            }
            finally
            {
                Ended.TrySetResult();
            }
        }
    }
}
