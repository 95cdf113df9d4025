using System.Security.Cryptography;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;

namespace Dfu.Cli.Arguments;

/// <summary>A package and the very bytes it was read from.</summary>
internal sealed record PackageFile(DfuPackage Package, byte[] Zip)
{
    /// <exception cref="DfuException">What is wrong with it.</exception>
    public static PackageFile Read(string path, ECDsa? key)
    {
        var package = PackageReader.Read(path, key);
        var zip = File.ReadAllBytes(path);
        return Convert.ToHexStringLower(SHA256.HashData(zip)) == package.Id
            ? new(package, zip)
            : throw new DfuException(DfuError.PackageNotAZip, $"{path} was changed while it was read");
    }

    /// <summary>One part of it; null is all.</summary>
    public static System.CommandLine.Option<ImageType?> OnlyOption() => Option.Of<ImageType?>(
        "--only",
        "Send this part of the package and no other: application, softdevice, bootloader or softdevice_bootloader.",
        Part,
        "a part of a package: application, softdevice, bootloader or softdevice_bootloader",
        null,
        "PART");

    private static bool Part(string text, out ImageType? value)
    {
        var known = ImageTypes.TryParse(text, out var type);
        value = type;
        return known;
    }
}
