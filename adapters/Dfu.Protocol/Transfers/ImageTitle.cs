using System.Globalization;
using Dfu.Protocol.Packages;

namespace Dfu.Protocol.Transfers;

/// <summary>What people call an image of a package: <c>application 3</c>.</summary>
public static class ImageTitle
{
    /// <summary>With its version; a SoftDevice has none but an id, where its image tells that.</summary>
    public static string Of(DfuImage image) => image.Type == ImageType.SoftDevice && image.FwVersion == uint.MaxValue
        ? SoftDeviceInfo.Of(image) is { } info ? $"{Of(image.Type)} {SoftDevices.Describe(info.Id)}" : Of(image.Type)
        : string.Create(CultureInfo.InvariantCulture, $"{Of(image.Type)} {image.FwVersion}");

    public static string Of(ImageType type) => type switch
    {
        ImageType.Application => "application",
        ImageType.SoftDevice => "SoftDevice",
        ImageType.Bootloader => "bootloader",
        ImageType.ExternalApplication => "external application",
        _ => "SoftDevice and bootloader",
    };
}
