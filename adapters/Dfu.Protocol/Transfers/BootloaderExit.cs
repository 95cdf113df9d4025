using Dfu.Protocol.Links;

namespace Dfu.Protocol.Transfers;

/// <summary>What became of a request to leave DFU mode.</summary>
public enum ExitAnswer
{
    /// <summary>The bootloader reset: a valid application runs next.</summary>
    Left,

    /// <summary>It does not know the request: SDK 14 and older.</summary>
    NotKnown,

    /// <summary>It neither answered nor left.</summary>
    None,
}

/// <summary>Sends a bootloader back to its application by ABORT, which resets it (SDK 15 and later; docs/bootloader.md#refusals).</summary>
/// <remarks>What the bootloader holds in RAM only is lost, so it is for a device that has nothing to go on with.</remarks>
public static class BootloaderExit
{
    /// <summary>What holds of a device whose bootloader answers <see cref="ExitAnswer.NotKnown"/>, fit to follow "its bootloader" or "which".</summary>
    public const string CannotBeTold = "cannot be told to leave: one of SDK 14 does so after 120 s, an older one after a reset";

    /// <summary>A bootloader of SDK 15 resets without closing the link: the radio notices after its supervision timeout.</summary>
    private static readonly TimeSpan LinkEnds = TimeSpan.FromSeconds(7);

    /// <param name="subscribe">Notifications are not on yet; without them a bootloader takes no request (F16).</param>
    /// <exception cref="Errors.DfuException">The notifications could not be turned on.</exception>
    public static async Task<ExitAnswer> RunAsync(
        IDfuLink link, bool subscribe, TransferOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var control = new ControlPoint(link, options, time);
        if (subscribe) await control.SubscribeAsync(cancellationToken);
        return await control.LeaveAsync(LinkEnds, cancellationToken) switch
        {
            true => ExitAnswer.Left,
            false => ExitAnswer.NotKnown,
            null => ExitAnswer.None,
        };
    }
}
