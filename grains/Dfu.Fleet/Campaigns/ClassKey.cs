using System.Globalization;
using Dfu.Protocol.Transfers;

namespace Dfu.Fleet.Campaigns;

/// <summary>Names a class of bootloaders: package hardware version, largest init packet and MTU.</summary>
public static class ClassKey
{
    public static string Of(uint hwVersion, BootloaderTraits traits) =>
        string.Create(CultureInfo.InvariantCulture, $"hw{hwVersion}/init{traits.InitMax}/mtu{traits.Mtu}");

    /// <summary>Whether forced saves can help where the class keeps nothing by itself (SDK 15.3 and later).</summary>
    public static bool TakesForcedSaves(BootloaderTraits traits) => traits.InitMax >= 512;
}
