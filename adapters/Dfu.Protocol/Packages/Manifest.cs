using System.Text.Json;
using Dfu.Protocol.Errors;

namespace Dfu.Protocol.Packages;

/// <summary>What manifest.json says of one image; the part sizes are there for SoftDevice with bootloader only.</summary>
internal sealed record ManifestImage(ImageType Type, string BinFile, string DatFile, uint? SoftDeviceSize, uint? BootloaderSize);

/// <summary>manifest.json: <c>{"manifest": {"application": {"bin_file": ..., "dat_file": ...}, ...}}</c>, as Nordic's tool writes it.</summary>
internal static class Manifest
{
    public const string FileName = "manifest.json";

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 16, AllowDuplicateProperties = false };

    /// <returns>One or two images in the order a device must receive them.</returns>
    /// <exception cref="DfuException"><see cref="DfuError.PackageManifestInvalid"/>.</exception>
    public static IReadOnlyList<ManifestImage> Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            if (json.Span.StartsWith("\uFEFF"u8)) json = json[3..];
            using var document = JsonDocument.Parse(json, Options);
            return InOrder(Images(Object(Member(Object(document.RootElement, "the top level"), "manifest", FileName), "manifest")));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw Invalid($"it is not JSON as it must be: {OneLine.Of(e.Message)}");
        }
    }

    private static List<ManifestImage> Images(JsonElement manifest)
    {
        var images = new List<ManifestImage>();
        foreach (var member in manifest.EnumerateObject())
        {
            if (ImageTypes.TryParse(member.Name, out var type))
            {
                if (member.Value.ValueKind != JsonValueKind.Null) images.Add(Image(type, Object(member.Value, member.Name)));
            }
            else if (member.Value.ValueKind == JsonValueKind.Object)
            {
                throw Invalid($"{OneLine.Quoted(member.Name)} is no image that a bootloader knows");
            }
        }

        return images;
    }

    private static ManifestImage Image(ImageType type, JsonElement image)
    {
        var where = type.ManifestName();
        uint? softDevice = null, bootloader = null;
        if (image.TryGetProperty("info_read_only_metadata", out var metadata) && metadata.ValueKind != JsonValueKind.Null)
        {
            Object(metadata, "info_read_only_metadata");
            (softDevice, bootloader) = (Size(metadata, "sd_size"), Size(metadata, "bl_size"));
        }

        var (bin, dat) = (Text(Member(image, "bin_file", where), "bin_file"), Text(Member(image, "dat_file", where), "dat_file"));
        return new ManifestImage(type, bin, dat, softDevice, bootloader);
    }

    private static IReadOnlyList<ManifestImage> InOrder(List<ManifestImage> images)
    {
        var system = images.Where(image => image.Type != ImageType.Application).ToList();
        return (images.Count, system.Count) switch
        {
            (0, _) => throw Invalid("it names no image"),
            (_, > 1) => throw Invalid($"{string.Join(" and ", system.Select(image => image.Type.ManifestName()))} cannot be in one package as separate images"),
            _ => [.. system, .. images.Except(system)],
        };
    }

    private static JsonElement Object(JsonElement element, string where) =>
        element.ValueKind == JsonValueKind.Object ? element : throw Invalid($"{OneLine.Quoted(where)} must be an object");

    private static JsonElement Member(JsonElement parent, string name, string where) =>
        parent.TryGetProperty(name, out var member) ? member : throw Invalid($"'{name}' is missing in '{where}'");

    private static string Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.String && element.GetString() is { Length: > 0 } text ? text : throw Invalid($"'{name}' must be a file name");

    private static uint? Size(JsonElement metadata, string name)
    {
        if (!metadata.TryGetProperty(name, out var element)) return null;
        return element.ValueKind == JsonValueKind.Number && element.TryGetUInt32(out var size) ? size : throw Invalid($"'{name}' must be a number of bytes");
    }

    private static DfuException Invalid(string what) => new(DfuError.PackageManifestInvalid, $"{FileName}: {what}");
}
