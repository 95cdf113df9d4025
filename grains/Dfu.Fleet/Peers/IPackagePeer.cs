using System.Collections.Immutable;
using Dfu.Protocol.Packages;

namespace Dfu.Fleet.Peers;

/// <summary>A package file, by its SHA-256.</summary>
public interface IPackagePeer
{
    /// <summary>Whether the package is here, is what an order says of it, and is signed for the member's key.</summary>
    Task<PackageAnswer> CheckAsync(ImmutableArray<long> imageSizes, uint hwVersion, ImageType? only);

    /// <summary>Null when it was never put.</summary>
    Task<byte[]?> GetAsync();
}
