using Dfu.Protocol.Packages;

namespace Dfu.Cli.Progress;

/// <summary>What is being done, for the first line of progress and summary.</summary>
/// <param name="Firmware">The package in words.</param>
/// <param name="Note">What else is worth knowing at a glance; may be empty.</param>
/// <param name="TimeScale">Campaign seconds in a second of the person who watches; 1 unless time is simulated.</param>
internal sealed record ProgressTitle(string Firmware, string Note = "", double TimeScale = 1)
{
    public static string Describe(DfuPackage package) => string.Join(" + ", package.Images.Select(image => $"{Word(image.Type)} {image.FwVersion}"))
        + ", " + Format.Bytes(package.TotalBytes);

    private static string Word(ImageType type) => type switch
    {
        ImageType.Application => "application",
        ImageType.SoftDevice => "SoftDevice",
        ImageType.Bootloader => "bootloader",
        _ => "SoftDevice and bootloader",
    };
}
