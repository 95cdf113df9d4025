using System.Globalization;
using Dfu.Protocol.Transfers;

namespace Dfu.Fleet.Campaigns;

/// <summary>Names a class of bootloaders: package hardware version, largest init packet and MTU.</summary>
public static class ClassKey
{
    public static string Of(uint hwVersion, BootloaderTraits traits) =>
        string.Create(CultureInfo.InvariantCulture, $"hw{hwVersion}/init{traits.InitMax}/mtu{traits.Mtu}");

    /// <summary>The MTU of a class, and its largest init packet; null for what is no name of a class.</summary>
    public static int? MtuOf(string key) => Part(key, 2, "mtu");

    public static int? InitMaxOf(string key) => Part(key, 1, "init");

    private static int? Part(string key, int index, string name) =>
        key.Split('/') is { Length: 3 } parts && parts[index].StartsWith(name, StringComparison.Ordinal)
        && int.TryParse(parts[index].AsSpan(name.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;

    /// <summary>Whether forced saves can help where the class keeps nothing by itself (SDK 15.3 and later).</summary>
    public static bool TakesForcedSaves(BootloaderTraits traits) => traits.InitMax >= 512;
}
