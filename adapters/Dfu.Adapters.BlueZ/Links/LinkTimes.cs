namespace Dfu.Adapters.BlueZ.Links;

/// <summary>How long a link waits for what.</summary>
internal static class LinkTimes
{
    /// <summary>An ATT transaction may take 30 s (Core 5.4, Vol 3, Part F, 3.3.3); a packet may wait for room as long.</summary>
    public static readonly TimeSpan Request = TimeSpan.FromSeconds(30);

    /// <summary>What bluetoothd does without asking the peripheral.</summary>
    public static readonly TimeSpan Answer = TimeSpan.FromSeconds(5);

    /// <summary>BlueZ takes about 2 s for a disconnect.</summary>
    public static readonly TimeSpan Disconnect = TimeSpan.FromSeconds(5);

    /// <summary>For leaving a device disconnected after a connect that failed: whoever asked for the connect waits.</summary>
    public static readonly TimeSpan LetGo = TimeSpan.FromSeconds(4);

    /// <summary>From BlueZ's answer to a disconnect until it tells that the device is not connected.</summary>
    public static readonly TimeSpan DisconnectedAfterAnswer = TimeSpan.FromSeconds(2);

    /// <summary>Connect answers before the kernel has told BlueZ that the link is there, and also where a connect was given up.</summary>
    public static readonly TimeSpan ConnectedAfterAnswer = TimeSpan.FromSeconds(2);

    /// <summary>BlueZ may tell that the services are resolved a moment before it tells of the last of them.</summary>
    public static readonly TimeSpan CharacteristicsAfterResolved = TimeSpan.FromMilliseconds(500);

    /// <summary>A link whose socket closed normally ends within this.</summary>
    public static readonly TimeSpan EndAfterSocket = TimeSpan.FromSeconds(2);

    /// <summary>A call may fail a moment before BlueZ tells that the link is gone.</summary>
    public static readonly TimeSpan EndAfterFailure = TimeSpan.FromSeconds(1);

    /// <summary>The kernel's reason may come a moment after BlueZ's word that the link is gone.</summary>
    public static readonly TimeSpan ReasonAfterEnd = TimeSpan.FromMilliseconds(200);
}
