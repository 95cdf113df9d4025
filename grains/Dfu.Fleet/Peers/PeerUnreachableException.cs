namespace Dfu.Fleet.Peers;

/// <summary>A peer could not be asked, or its answer was no answer: that is its trouble, and passes.</summary>
internal sealed class PeerUnreachableException(string message, Exception inner) : Exception(message, inner);

internal static class PeerCalls
{
    /// <summary>Whatever a peer throws is its trouble, not the caller's.</summary>
    /// <exception cref="PeerUnreachableException">Instead of any other.</exception>
    public static async Task<T> OrUnreachable<T>(this Task<T> call)
    {
        try
        {
            return await call;
        }
        catch (Exception e) when (e is not PeerUnreachableException)
        {
            throw new PeerUnreachableException(e.Message, e);
        }
    }
}
