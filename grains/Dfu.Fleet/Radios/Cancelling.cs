namespace Dfu.Fleet.Radios;

internal static class Cancelling
{
    /// <summary>Cancels on the calling thread, as virtual time needs; what a callback throws is not the canceller's business.</summary>
    public static bool CancelInPlace(this CancellationTokenSource source)
    {
        try
        {
            source.Cancel();
            return true;
        }
        catch (Exception e) when (e is AggregateException or ObjectDisposedException)
        {
            return false;
        }
    }
}
