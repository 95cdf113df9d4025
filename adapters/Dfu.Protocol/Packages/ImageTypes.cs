namespace Dfu.Protocol.Packages;

/// <summary>The names of <see cref="ImageType"/> in manifests, reports and JSON.</summary>
public static class ImageTypes
{
    public static string ManifestName(this ImageType type) => type switch
    {
        ImageType.Application => "application",
        ImageType.SoftDevice => "softdevice",
        ImageType.Bootloader => "bootloader",
        ImageType.SoftDeviceBootloader => "softdevice_bootloader",
        ImageType.ExternalApplication => "external_application",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "not an image type"),
    };

    public static bool TryParse(string name, out ImageType type)
    {
        (var known, type) = name switch
        {
            "application" => (true, ImageType.Application),
            "softdevice" => (true, ImageType.SoftDevice),
            "bootloader" => (true, ImageType.Bootloader),
            "softdevice_bootloader" => (true, ImageType.SoftDeviceBootloader),
            "external_application" => (true, ImageType.ExternalApplication),
            _ => (false, default),
        };
        return known;
    }
}
