namespace Dfu.Adapters.BlueZ;

/// <summary>How long this host waits for bluetoothd, the kernel and devices. A test holds what one of them means for another.</summary>
internal static class BlueZTimes
{
    /// <summary>What bluetoothd does without asking the radio.</summary>
    public static readonly TimeSpan Answer = TimeSpan.FromSeconds(5);

    /// <summary>From an answer to the signal that tells the same.</summary>
    public static readonly TimeSpan SignalAfterAnswer = TimeSpan.FromSeconds(2);

    /// <summary>From a start of bluetoothd, or from plugging in, until bluetoothd shows a controller.</summary>
    public static readonly TimeSpan Shown = TimeSpan.FromSeconds(3);

    /// <summary>The kernel answers most commands at once; some ask the controller, which has 2 s.</summary>
    public static readonly TimeSpan KernelAnswer = TimeSpan.FromSeconds(3);

    /// <summary>Powering over the kernel, which allows a controller 10 s: it may load firmware, or wait for links to end.</summary>
    public static readonly TimeSpan KernelPower = TimeSpan.FromSeconds(10);

    /// <summary>The same over bluetoothd, which waits for the kernel.</summary>
    public static readonly TimeSpan Power = TimeSpan.FromSeconds(12);

    /// <summary>A controller that has left commands unanswered for so long hangs: the kernel itself gives it 2 s for one.</summary>
    public static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(4);

    /// <summary>A refusal that took bluetoothd as long is one of a controller that did not answer the kernel.</summary>
    public static readonly TimeSpan UnansweredRefusal = TimeSpan.FromSeconds(1.5);

    /// <summary>Between two looks at whether bluetoothd and the controller are well.</summary>
    public static readonly TimeSpan Check = TimeSpan.FromSeconds(2);

    /// <summary>Between a discovery that was refused and the next try.</summary>
    public static readonly TimeSpan DiscoveryRetry = TimeSpan.FromSeconds(1);

    /// <summary>Until discovery has stopped for a connect: an answer under way is waited for.</summary>
    public static readonly TimeSpan Quiet = TimeSpan.FromSeconds(6);

    /// <summary>What a connect gets at least, also when looking for the device has taken the time for it.</summary>
    public static readonly TimeSpan LeastConnect = TimeSpan.FromSeconds(1);

    /// <summary>From BlueZ's answer to a connect until it has the link: after one that was aborted it tries once more by itself.</summary>
    public static readonly TimeSpan ConnectedAfterAnswer = TimeSpan.FromSeconds(2);

    /// <summary>
    /// BlueZ may tell that the services are resolved a moment before it tells of the last of them, and a host may be busy then. Only what a device
    /// that has the DFU service lacks is waited for.
    /// </summary>
    public static readonly TimeSpan CharacteristicsAfterResolved = TimeSpan.FromSeconds(5);

    /// <summary>An ATT transaction may take 30 s (Core 5.4, Vol 3, Part F, 3.3.3); a packet may wait for room as long.</summary>
    public static readonly TimeSpan Request = TimeSpan.FromSeconds(30);

    /// <summary>bluetoothd takes 2 s for a disconnect before it asks the kernel for it.</summary>
    public static readonly TimeSpan Disconnect = TimeSpan.FromSeconds(5);

    /// <summary>For leaving a device disconnected after a connect that failed: the caller of the connect waits.</summary>
    public static readonly TimeSpan LetGo = TimeSpan.FromSeconds(4);

    /// <summary>The caller of a connect that failed waits no longer for BlueZ to forget the device; the next connect to it does.</summary>
    public static readonly TimeSpan Clean = TimeSpan.FromSeconds(3);

    /// <summary>Until the links of an adapter that is let go of are closed.</summary>
    public static readonly TimeSpan LinksClose = TimeSpan.FromSeconds(8);

    /// <summary>A link whose socket closed normally ends within this.</summary>
    public static readonly TimeSpan EndAfterSocket = TimeSpan.FromSeconds(2);

    /// <summary>A call may fail a moment before BlueZ tells that the link is gone.</summary>
    public static readonly TimeSpan EndAfterFailure = TimeSpan.FromSeconds(1);

    /// <summary>The kernel's reason may come a moment after BlueZ's word that the link is gone.</summary>
    public static readonly TimeSpan ReasonAfterEnd = TimeSpan.FromMilliseconds(200);
}
