namespace Dfu.Fleet.Adapters;

internal static class Cancelling
{
    /// <summary>Cancels on the calling thread, as virtual time needs; the canceller ignores what a callback throws.</summary>
    public static void CancelInPlace(this CancellationTokenSource source)
    {
        try
        {
            source.Cancel();
        }
        catch (Exception e) when (e is AggregateException or ObjectDisposedException)
        {
            // Whoever registered the callback has to handle that.
        }
    }
}
