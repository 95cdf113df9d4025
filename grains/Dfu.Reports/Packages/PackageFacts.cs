using System.Collections.Immutable;
using System.Security.Cryptography;
using Dfu.Fleet.Orders;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Transfers;

namespace Dfu.Reports;

/// <summary>What a report says of the package.</summary>
/// <param name="Signature">Of all images together: <c>none</c>, <c>notChecked</c>, <c>verified</c> or <c>invalid</c>.</param>
/// <param name="Signer">SHA-256 of the public key (its SubjectPublicKeyInfo) that the signatures were checked against; null when none was given.</param>
public sealed record PackageFacts(string Id, string Title, long Bytes, ImmutableArray<ImageFacts> Images, string Signature, string? Signer)
{
    /// <param name="key">The one that the package was read with; null for none.</param>
    public static PackageFacts Of(DfuPackage package, ECDsa? key) => new(
        package.Id,
        string.Join(" + ", package.Images.Select(ImageTitle.Of)),
        package.TotalBytes,
        [.. package.Images.Select(ImageFacts.Of)],
        package.Images switch
        {
            var images when images.Any(static image => image.SignatureValid == false) => "invalid",
            var images when images.Any(static image => image.Signature == SignatureKind.None) => "none",
            var images when images.All(static image => image.SignatureValid == true) => "verified",
            _ => "notChecked",
        },
        key is null ? null : Convert.ToHexStringLower(SHA256.HashData(key.ExportSubjectPublicKeyInfo())));

    /// <summary>Of a package file that a fleet keeps. That it is not signed for the key is a fact of the report, no reason to make none.</summary>
    /// <param name="zip">Null when it is not kept any more.</param>
    /// <param name="only">The one part of it that is meant; null for all of it.</param>
    public static PackageFacts? Of(byte[]? zip, ImageType? only, ECDsa? key)
    {
        if (zip is null) return null;
        try
        {
            return Of(PackageReader.Read(zip, key).Only(only), key);
        }
        catch (DfuException refused) when (key is not null && refused.Error is DfuError.SignatureInvalid or DfuError.SignatureMissing)
        {
            var facts = Of(PackageReader.Read(zip, null).Only(only), key);
            return facts with { Signature = refused.Error == DfuError.SignatureMissing ? "none" : "invalid" };
        }
    }

    public string InitPackets => string.Join(' ', Images.Select(static image => image.InitPacketSha256));
}

/// <param name="Sha256">Of the firmware.</param>
/// <param name="InitPacketSha256">Of the init packet as it went over the air.</param>
public sealed record ImageFacts(string Type, uint Version, int Bytes, string Sha256, string InitPacketSha256)
{
    public static ImageFacts Of(DfuImage image) => new(
        image.Type.ManifestName(),
        image.FwVersion,
        image.Firmware.Length,
        Convert.ToHexStringLower(image.Sha256.Span),
        Convert.ToHexStringLower(SHA256.HashData(image.InitPacket.Span)));
}
