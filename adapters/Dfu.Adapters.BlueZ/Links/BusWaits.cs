using Dfu.Adapters.BlueZ.Bus;

namespace Dfu.Adapters.BlueZ.Links;

/// <summary>Calls whose answer holds something that must be let go of, also when nobody waits for it any more.</summary>
internal static class BusWaits
{
    /// <summary>The answer, or what it fails with; one that comes too late goes to <paramref name="late"/>.</summary>
    public static async Task<T> AnsweredAsync<T>(this Task<T> call, TimeSpan timeout, TimeProvider time, Action<T> late, CancellationToken cancellationToken)
    {
        try
        {
            return await call.AnsweredAsync(timeout, time, cancellationToken);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            _ = LateAsync(call, late);
            throw;
        }
    }

    private static async Task LateAsync<T>(Task<T> call, Action<T> late)
    {
        try
        {
            late(await call);
        }
        catch (Exception)
        {
            // Nothing came, so there is nothing to let go of.
        }
    }
}
