using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Dfu.Protocol.Packages;

namespace Dfu.Reports;

/// <summary>What <c>dfu package show --json</c> prints: names and order of the fields are a contract.</summary>
public sealed record PackageDocument(string Id, IReadOnlyList<PackageImage> Images)
{
    public static PackageDocument Of(DfuPackage package) => new(package.Id, package.Images.Select(PackageImage.Of).ToList());

    public string ToJson() => JsonSerializer.Serialize(this, PackageJson.Default.PackageDocument);
}

public sealed record PackageImage(
    string Type, int Bytes, string Crc32, string Sha256, bool HashMatches, uint FwVersion, uint HwVersion, IReadOnlyList<uint> SdReq,
    bool IsDebug, string Signature, bool? SignatureValid)
{
    /// <summary>Left out where it is CRC, as in nearly every package.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? BootValidation { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? BootSignatureValid { get; init; }

    public static PackageImage Of(DfuImage image) => new(
        image.Type.ManifestName(),
        image.Firmware.Length,
        string.Create(CultureInfo.InvariantCulture, $"0x{image.Crc:x8}"),
        Convert.ToHexStringLower(image.Sha256.Span),
        image.HashMatches,
        image.FwVersion,
        image.HwVersion,
        image.SdReq,
        image.IsDebug,
        image.Signature == SignatureKind.None ? "none" : "ecdsaP256Sha256",
        image.SignatureValid)
    {
        BootValidation = Reports.BootValidations.AreUsual(image) ? null : [.. image.BootValidations.Select(BootValidations.Code)],
        BootSignatureValid = image.BootSignatureValid,
    };
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(PackageDocument))]
internal sealed partial class PackageJson : JsonSerializerContext;
