using System.Globalization;
using Dfu.Protocol.Packages;

namespace Dfu.Reports;

/// <summary>What a package wants of a device, in words.</summary>
public static class PackageNeeds
{
    /// <summary><c>Hardware version 52, SoftDevice S140 7.2.0, and an application older than 7.</c></summary>
    public static string Of(DfuImage image)
    {
        var parts = new List<string> { string.Create(CultureInfo.InvariantCulture, $"hardware version {image.HwVersion}") };
        if (image.SdReq.Count > 0 && !image.SdReq.Contains(SoftDevices.Any))
            parts.Add(image.SdReq is [SoftDevices.None]
                ? "no SoftDevice that its bootloader needs"
                : $"SoftDevice {string.Join(" or ", image.SdReq.Select(SoftDevices.Describe))}");
        if (image is { IsDebug: false, Type: ImageType.Application })
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"no application newer than {image.FwVersion}"));
        if (image is { IsDebug: false, Type: ImageType.Bootloader or ImageType.SoftDeviceBootloader })
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"a bootloader older than {image.FwVersion}"));
        if (image.IsDebug) parts.Add("a debug bootloader, which checks no versions");
        return Format.Sentence(parts.Count == 1 ? parts[0] : $"{string.Join(", ", parts.SkipLast(1))} and {parts[^1]}");
    }

    /// <summary>How it is signed, and whether that was checked.</summary>
    public static string Signature(DfuImage image) => (image.Signature, image.SignatureValid) switch
    {
        (SignatureKind.None, _) => "none",
        (_, true) => "ECDSA P-256, fits this server's key",
        (_, false) => "ECDSA P-256, does not fit this server's key",
        _ => "ECDSA P-256, not checked: this server has no key to check it by",
    };
}
