namespace Dfu.Protocol.Timing;

/// <summary>Closes radios and links, which may fail to close, or arrive after their caller has given up.</summary>
public static class Disposal
{
    /// <summary>Disposes what a call returns after its caller has given up.</summary>
    public static void DisposeWhenItComes<T>(this Task<T> coming)
        where T : IAsyncDisposable =>
        Background.Run("dispose what came too late", DisposeLateAsync(coming));

    /// <summary>Disposes, and waits for that no longer than <paramref name="timeout"/>; never throws.</summary>
    public static async Task CloseWithinAsync(this IAsyncDisposable closing, TimeSpan timeout, TimeProvider time)
    {
        try
        {
            await closing.DisposeAsync().AsTask().WithinAsync(timeout, time, CancellationToken.None);
        }
        catch (Exception e)
        {
            // The caller treats what cannot even be closed as gone.
            Background.Overlook("close", e);
        }
    }

    private static async Task DisposeLateAsync<T>(Task<T> coming)
        where T : IAsyncDisposable
    {
        T late;
        try
        {
            late = await coming;
        }
        catch (Exception e)
        {
            Background.Overlook("wait for what comes too late", e);
            return; // Nothing came, and the caller has failed already.
        }

        await late.DisposeAsync();
    }
}
