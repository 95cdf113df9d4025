using Dfu.Fleet.Campaigns;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;

namespace Dfu.Fleet.Orders;

/// <summary>Why something that was brought to a fleet is not taken.</summary>
public sealed record OrderRefusal(DfuError Error, string Detail);

/// <summary>Which packages and orders a host takes, whoever brings them: a client, another member, or a file of its own.</summary>
/// <param name="publicKey">A P-256 key in PEM form that every package must be signed for; null leaves signatures unchecked.</param>
public sealed class OrderRules(string? publicKey = null)
{
    /// <summary>Devices of one campaign.</summary>
    public const int MostDevices = 20_000;

    public const int LongestPattern = 248; // the longest name that a device can have
    private const ulong NoAddress = 0xFFFF_FFFF_FFFF;

    /// <exception cref="DfuException">What is wrong with the package.</exception>
    public DfuPackage Read(ReadOnlyMemory<byte> file)
    {
        using var key = publicKey is null ? null : DfuKeys.ParsePublic(publicKey);
        return PackageReader.Read(file, key);
    }

    /// <summary>Whether a package may be stored, and whether an order says the truth about it.</summary>
    /// <param name="id">What it was called by.</param>
    /// <param name="imageSizes">What the order says of its images; null when there is no order yet.</param>
    /// <param name="hwVersion">The same of the hardware.</param>
    /// <param name="only">The one part of it that the order is for; null for all of it.</param>
    /// <returns>Null when it is taken.</returns>
    public OrderRefusal? OfPackage(string id, ReadOnlyMemory<byte> file, IReadOnlyList<long>? imageSizes = null, uint? hwVersion = null, ImageType? only = null)
    {
        if (file.Length > PackageLimits.ZipBytes)
            return new(DfuError.PackageTooLarge, $"the package has {file.Length} bytes, more than the {PackageLimits.ZipBytes} that any may have");
        DfuPackage package;
        try
        {
            package = Read(file).Only(only);
        }
        catch (DfuException e)
        {
            return new(e.Error, $"package {Short(id)}: {e.Message}");
        }

        if (package.Id != id) return new(DfuError.HashMismatch, $"the file put as package {Short(id)} is another one, {Short(package.Id)}");
        if (imageSizes is not null && !imageSizes.SequenceEqual(package.Images.Select(static image => (long)image.Firmware.Length)))
            return new(DfuError.SizeMismatch, $"the order has other sizes of images than package {Short(id)}");
        if (hwVersion is not null && hwVersion != package.Images[0].HwVersion)
            return new(DfuError.InvalidArgument, $"the order is for hardware {hwVersion}, package {Short(id)} for {package.Images[0].HwVersion}");
        return null;
    }

    /// <summary>Whether an order makes sense by itself.</summary>
    /// <returns>Null when it does.</returns>
    public static OrderRefusal? OfOrder(string packageId, TargetSelection targets)
    {
        if (packageId.Length != 64 || !packageId.All(char.IsAsciiHexDigitLower)) return Invalid("a package is named by 64 lower-case hexadecimal digits");
        if (!targets.Addresses.IsDefault && targets.Addresses.Length > MostDevices)
            return Invalid($"{targets.Addresses.Length} devices are more than the {MostDevices} of one campaign; make several");
        if (targets.Count > MostDevices) return Invalid($"{targets.Count} devices are more than the {MostDevices} of one campaign");
        if (targets.NameGlob is { } pattern && !IsPattern(pattern)) return Invalid(Patterns);
        if (!targets.Addresses.IsDefault && targets.Addresses.Any(static address => !IsDevice(address)))
            return Invalid($"{targets.Addresses.First(static address => !IsDevice(address))} is no device's address");
        try
        {
            _ = CampaignTargets.Key(targets);
            return null;
        }
        catch (DfuException e)
        {
            return new(e.Error, e.Message);
        }
    }

    /// <summary>Whether devices may be chosen by a pattern for their names.</summary>
    public static bool IsPattern(string glob) => glob.Length is > 0 and <= LongestPattern && !glob.Any(char.IsControl);

    /// <summary>What a pattern is, said of one that is none.</summary>
    public static string Patterns { get; } = $"a name pattern has 1 to {LongestPattern} characters, and no control characters";

    private static bool IsDevice(BluetoothAddress address) => address.Value is not (0 or NoAddress);

    private static OrderRefusal Invalid(string what) => new(DfuError.InvalidArgument, what);

    private static string Short(string id) => id[..Math.Min(12, id.Length)];
}
