using Dfu.Adapters.BlueZ.Kernel;

namespace Dfu.Adapters.BlueZ.Links;

/// <summary>Why links end, where nobody tells.</summary>
internal static class LinkReasons
{
    /// <summary>
    /// HCI's "unspecified error": neither the drop nor the device's own wish that it may have been. What an update does then is what it does after a
    /// drop: it looks.
    /// </summary>
    public const byte Unspecified = 0x1f;

    /// <summary>Whether a reason can be expected a moment later.</summary>
    public static bool AreTold(IKernelBluetooth kernel) => kernel.MayConfigure || kernel.MayMonitor;

    public static string NotTold(IKernelBluetooth kernel) => AreTold(kernel)
        ? "the kernel told no reason"
        : "this host does not tell why: that takes CAP_NET_RAW, CAP_NET_ADMIN or BlueZ 5.80";
}
