using Dfu.Protocol.Packages;
using Dfu.Protocol.Transfers;

namespace Dfu.Cli.Progress;

/// <summary>What is being done, for the first line of progress and summary.</summary>
/// <param name="Firmware">The package in words.</param>
/// <param name="Note">What else is worth knowing at a glance; may be empty.</param>
/// <param name="TimeScale">Campaign seconds in a second of the person who watches; 1 unless time is simulated.</param>
internal sealed record ProgressTitle(string Firmware, string Note = "", double TimeScale = 1)
{
    public static string Describe(DfuPackage package) => string.Join(" + ", package.Images.Select(ImageTitle.Of)) + ", " + Format.Bytes(package.TotalBytes);
}
