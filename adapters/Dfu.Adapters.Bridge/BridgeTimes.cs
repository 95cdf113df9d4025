using Dfu.Protocol.Timing;

namespace Dfu.Adapters.Bridge;

/// <summary>
/// How long each side waits for the other before it gives up; a test checks how the times relate. Real time: a simulator behind a
/// bridge may run at another pace, the bridge does not.
/// </summary>
internal static class BridgeTimes
{
    /// <summary>Host: until the TCP connection stands.</summary>
    public static readonly TimeSpan Open = TimeSpan.FromSeconds(5);

    /// <summary>Host: until HelloReply. Bridge: until Hello.</summary>
    public static readonly TimeSpan Hello = TimeSpan.FromSeconds(10);

    /// <summary>Bridge: until its radio is open. Shorter than the host's wait, so that the host is told why there is none.</summary>
    public static readonly TimeSpan OpenRadio = TimeSpan.FromSeconds(8);

    /// <summary>Bridge: beyond a Connect's own time-out, until a radio that does not keep it is told to stop.</summary>
    public static readonly TimeSpan ConnectOvertime = TimeSpan.FromSeconds(1);

    /// <summary>Host: beyond a Connect's own time-out, until the bridge has said how it ended.</summary>
    public static readonly TimeSpan ConnectGrace = TimeSpan.FromSeconds(5);

    /// <summary>Host: until Subscribed or Written. ATT gives a transaction as long, and no second chance on the same link.</summary>
    public static readonly TimeSpan Request = TimeSpan.FromSeconds(30);

    /// <summary>Host: until Secured. Longer than a pairing may take, so that the one who asks gives up first.</summary>
    public static readonly TimeSpan Secure = TimeSpan.FromSeconds(40);

    /// <summary>Host: until a packet's credit arrives. A link that moves nothing for so long has no peripheral any more.</summary>
    public static readonly TimeSpan Credit = TimeSpan.FromSeconds(30);

    /// <summary>Host: from Disconnect to Disconnected. Longer than everything a bridge does in between.</summary>
    public static readonly TimeSpan Close = TimeSpan.FromSeconds(10);

    /// <summary>Bridge: from the end of a link or stream until packets already taken have left the air.</summary>
    public static readonly TimeSpan Drain = TimeSpan.FromSeconds(3);

    /// <summary>Bridge: how long a request outstanding at the end may still be answered.</summary>
    public static readonly TimeSpan LastAnswer = TimeSpan.FromSeconds(1);

    /// <summary>Bridge: until the radio has closed a link or itself.</summary>
    public static readonly TimeSpan Dispose = TimeSpan.FromSeconds(3);

    /// <summary>Both: a write to the stream without progress.</summary>
    public static readonly TimeSpan Stall = TimeSpan.FromSeconds(30);

    /// <summary>Both: until the last messages have left a stream that this side closes.</summary>
    public static readonly TimeSpan Flush = TimeSpan.FromSeconds(2);

    /// <summary>Waits for something that must not throw and may not come; whether it came.</summary>
    public static async Task<bool> CameAsync(this Task task, TimeSpan within, TimeProvider time)
    {
        try
        {
            await task.WithinAsync(within, time, CancellationToken.None);
        }
        catch (TimeoutException) when (!task.IsCompleted)
        {
            return false;
        }
#pragma warning disable CA1031 // What failed at the end of a link or stream is gone either way.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Background.Overlook("wait for an end", e);
            return true;
        }

        return true;
    }
}
