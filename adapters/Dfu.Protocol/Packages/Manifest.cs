using System.Text.Json;
using Dfu.Protocol.Errors;

namespace Dfu.Protocol.Packages;

/// <summary>What manifest.json says of one image; the part sizes are there for SoftDevice with bootloader only.</summary>
/// <param name="IsLegacy">It has members that manifests of SDK 11 and older have. Nordic's first secure packages have them as well.</param>
internal sealed record ManifestImage(ImageType Type, string BinFile, string DatFile, uint? SoftDeviceSize, uint? BootloaderSize, bool IsLegacy);

/// <summary>manifest.json: <c>{"manifest": {"application": {"bin_file": ..., "dat_file": ...}, ...}}</c>, as Nordic's tool writes it.</summary>
/// <param name="Images">Those that a bootloader knows.</param>
/// <param name="PassedOver">What looks like an image of another kind. Members that do not are no matter, as in Nordic's libraries.</param>
internal sealed record Manifest(IReadOnlyList<ManifestImage> Images, IReadOnlyList<string> PassedOver)
{
    public const string FileName = "manifest.json";

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 16, AllowDuplicateProperties = false };

    /// <returns>One or two images in the order a device must receive them.</returns>
    /// <exception cref="DfuException"><see cref="DfuError.PackageManifestInvalid"/>.</exception>
    public static Manifest Parse(ReadOnlyMemory<byte> json) => Read(json).InOrder();

    /// <returns>The images as they are listed, whether or not they go together.</returns>
    /// <exception cref="DfuException"><see cref="DfuError.PackageManifestInvalid"/>.</exception>
    public static Manifest Read(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json[(json.Length - FileKinds.WithoutMark(json.Span).Length)..], Options);
            return OfMembers(Object(Member(Object(document.RootElement, "the top level"), "manifest", FileName), "manifest"));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw Invalid($"it is not JSON as it must be: {OneLine.Of(e.Message)}");
        }
    }

    private static Manifest OfMembers(JsonElement manifest)
    {
        var images = new List<ManifestImage>();
        var others = new List<string>();
        var isLegacy = manifest.TryGetProperty("dfu_version", out _);
        foreach (var member in manifest.EnumerateObject())
        {
            if (ImageTypes.TryParse(member.Name, out var type))
            {
                if (member.Value.ValueKind != JsonValueKind.Null) images.Add(Image(type, Object(member.Value, member.Name), isLegacy));
            }
            else if (member.Value.ValueKind == JsonValueKind.Object
                && (member.Value.TryGetProperty("bin_file", out _) || member.Value.TryGetProperty("dat_file", out _)))
            {
                others.Add(member.Name);
            }
        }

        return new(images, others);
    }

    private static ManifestImage Image(ImageType type, JsonElement image, bool isLegacy)
    {
        var where = type.ManifestName();
        uint? softDevice = null, bootloader = null;
        if (image.TryGetProperty("info_read_only_metadata", out var metadata) && metadata.ValueKind != JsonValueKind.Null)
        {
            Object(metadata, "info_read_only_metadata");
            (softDevice, bootloader) = (Size(metadata, "sd_size"), Size(metadata, "bl_size"));
        }

        var (bin, dat) = (Text(Member(image, "bin_file", where), "bin_file"), Text(Member(image, "dat_file", where), "dat_file"));
        return new ManifestImage(type, bin, dat, softDevice, bootloader, isLegacy || image.TryGetProperty("init_packet_data", out _));
    }

    private Manifest InOrder()
    {
        var system = Images.Where(image => image.Type is not (ImageType.Application or ImageType.ExternalApplication)).ToList();
        return (Images.Count, system.Count) switch
        {
            (0, _) when PassedOver is [var other, ..] => throw Invalid($"it names {OneLine.Quoted(other)} only, which is no image that a bootloader knows"),
            (0, _) => throw Invalid("it names no image"),
            (_, > 1) => throw Invalid($"{string.Join(" and ", system.Select(image => image.Type.ManifestName()))} cannot be in one package as separate images"),
            _ => this with { Images = [.. system, .. Images.Except(system)] },
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
