using System.Collections.Immutable;
using Dfu.Fleet.Peers;
using Dfu.Protocol.Packages;

namespace Dfu.Grains;

/// <summary>One package file, by the SHA-256 of its bytes (64 lower-case hexadecimal digits).</summary>
[Alias("dfu.package")]
public interface IPackageGrain : IGrainWithStringKey
{
    /// <summary>Durable when it returns. The same file again changes nothing.</summary>
    /// <param name="by">Who brings it, for the audit; empty tells the audit nothing, for what is brought with a campaign.</param>
    /// <returns>Also why it was not taken: other bytes than those of its name, too many, no sound package, or not signed for the member's key.</returns>
    [Alias("Put")]
    Task<PackageAnswer> PutAsync(byte[] file, string by = "");

    /// <inheritdoc cref="IPackagePeer.CheckAsync"/>
    [Alias("Check")]
    Task<PackageAnswer> CheckAsync(ImmutableArray<long> imageSizes, uint hwVersion, ImageType? only);

    /// <inheritdoc cref="IPackagePeer.GetAsync"/>
    [Alias("Get")]
    Task<byte[]?> GetAsync();

    [Alias("Exists")]
    Task<bool> ExistsAsync();

    /// <summary>From retention: nobody has needed the package for long.</summary>
    /// <returns>False when somebody has wanted it lately: then it stays.</returns>
    [Alias("Forget")]
    Task<bool> ForgetAsync();

    /// <summary>From retention, for an operator, when no unfinished campaign needs the package.</summary>
    /// <returns>NotFound when it is not here; PackageInUse when a campaign is being made with it at this moment.</returns>
    [Alias("Delete")]
    Task<PackageAnswer> DeleteAsync(string by);
}
