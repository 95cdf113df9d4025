using System.Globalization;
using Dfu.Protocol.Packages;

namespace Dfu.Cli.Progress;

/// <summary>What is being done, for the first line of progress and summary.</summary>
/// <param name="Firmware">The package in words.</param>
/// <param name="Note">What else is worth knowing at a glance; may be empty.</param>
/// <param name="TimeScale">Campaign seconds in a second of the person who watches; 1 unless time is simulated.</param>
internal sealed record ProgressTitle(string Firmware, string Note = "", double TimeScale = 1)
{
    public static string Describe(DfuPackage package) => $"{string.Join(" + ", package.Images.Select(Describe))}, {Format.Bytes(package.TotalBytes)}";

    /// <summary>A SoftDevice has no version but an id.</summary>
    private static string Describe(DfuImage image) => image.FwVersion == uint.MaxValue && image.Type == ImageType.SoftDevice
        ? SoftDeviceInfo.Of(image) is { } info ? $"SoftDevice {SoftDevices.Describe(info.Id)}" : "SoftDevice"
        : string.Create(CultureInfo.InvariantCulture, $"{Word(image.Type)} {image.FwVersion}");

    private static string Word(ImageType type) => type switch
    {
        ImageType.Application => "application",
        ImageType.SoftDevice => "SoftDevice",
        ImageType.Bootloader => "bootloader",
        ImageType.ExternalApplication => "external application",
        _ => "SoftDevice and bootloader",
    };
}
