using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;

namespace Dfu.Fleet.Orders;

/// <summary>One part of a package that is to be sent without the others.</summary>
public static class PackagePart
{
    /// <summary>The package with no other image than this one; as it is for null.</summary>
    /// <exception cref="DfuException">InvalidArgument, with the parts it has, when it has none such.</exception>
    public static DfuPackage Only(this DfuPackage package, ImageType? part)
    {
        if (part is not { } type) return package;
        var images = package.Images.Where(image => image.Type == type).ToArray();
        if (images.Length > 0) return package with { Images = images };
        var parts = package.Images.Select(static image => image.Type.ManifestName()).ToArray();
        var joined = type is ImageType.SoftDevice or ImageType.Bootloader && package.Images.Any(static image => image.Type == ImageType.SoftDeviceBootloader);
        throw new DfuException(
            DfuError.InvalidArgument,
            joined
                ? $"SoftDevice and bootloader are one part of this package, softdevice_bootloader: a device takes both or neither"
                : $"the package has no part '{type.ManifestName()}'")
        {
            Remedy = parts.Length == 1 ? $"its only part is '{parts[0]}'" : $"its parts are '{string.Join("' and '", parts)}'",
        };
    }
}
