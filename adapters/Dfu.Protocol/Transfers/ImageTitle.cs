using System.Globalization;
using Dfu.Protocol.Packages;

namespace Dfu.Protocol.Transfers;

/// <summary>What people call an image of a package: <c>application 3</c>.</summary>
public static class ImageTitle
{
    /// <summary>With its version, where it has one: a SoftDevice by itself has none.</summary>
    public static string Of(DfuImage image) =>
        image.Type == ImageType.SoftDevice ? Of(image.Type) : string.Create(CultureInfo.InvariantCulture, $"{Of(image.Type)} {image.FwVersion}");

    public static string Of(ImageType type) => type switch
    {
        ImageType.Application => "application",
        ImageType.SoftDevice => "SoftDevice",
        ImageType.Bootloader => "bootloader",
        _ => "SoftDevice and bootloader",
    };

    /// <summary>A SoftDevice's id as packages name it.</summary>
    internal static string OfSoftDevice(uint id) => string.Create(CultureInfo.InvariantCulture, $"0x{id:X4}");
}
