using Dfu.Protocol.Packages;
using Dfu.Protocol.Packages.Doubts;
using Dfu.Reports;

namespace Dfu.Server.Console.NewCampaign;

/// <summary>The package of a campaign that is being made.</summary>
/// <param name="Name">Of its file, or what it has in it.</param>
public sealed record ChosenPackage(string Name, DfuPackage Package, byte[] File)
{
    public PackageFacts Facts { get; } = PackageFacts.Of(Package, null);

    /// <summary>What speaks against it, the grave first.</summary>
    public IReadOnlyList<Doubt> Doubts { get; } = [.. PackageDoubts.Of(Package).OrderByDescending(static doubt => doubt.Level)];
}
