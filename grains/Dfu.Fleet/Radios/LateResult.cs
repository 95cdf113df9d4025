using Dfu.Protocol.Timing;

namespace Dfu.Fleet.Radios;

/// <summary>For what is outside and may not keep to its contract.</summary>
internal static class LateResult
{
    /// <summary>Lets go of what comes when nobody waits for it any more; never throws.</summary>
    public static async Task DisposeLateAsync<T>(this Task<T> coming)
        where T : IAsyncDisposable
    {
        try
        {
            await (await coming).DisposeAsync();
        }
        catch (Exception)
        {
            // Nobody is left to be told.
        }
    }

    /// <summary>Closes what may fail to close, and no longer than <paramref name="timeout"/>; never throws.</summary>
    public static async Task CloseWithinAsync(this IAsyncDisposable closing, TimeSpan timeout, TimeProvider time)
    {
        try
        {
            await closing.DisposeAsync().AsTask().WithinAsync(timeout, time, CancellationToken.None);
        }
        catch (Exception)
        {
            // What cannot even be closed is gone for us.
        }
    }
}
