using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Transfers;

namespace Dfu.Fleet.Updates;

/// <summary>What a refusal says about a part of a package: bootloaders refuse what they have already, and no answer is only that.</summary>
/// <remarks>
/// A bootloader looks at the SoftDevice before it looks at the version, so a part with a SoftDevice that is there already is refused for its
/// SoftDevice where it names only older ones. SDK 12 has one answer for everything.
/// </remarks>
internal static class PartRefusal
{
    /// <summary>The refusal of an image whose last EXECUTE was sent before: whether the device obeyed that.</summary>
    public static bool MeansActivated(DfuError error, DfuImage image) =>
        error.MayMeanNotNewer() || (error == DfuError.SoftDeviceRefused && HasSoftDevice(image));

    /// <summary>Whether the next image should be tried: the device may have this one, and the bootloader's answer to the next one decides.</summary>
    public static bool MayBeThere(DfuError error, DfuImage image, DfuImage next) =>
        error.MayMeanNotNewer() || (error == DfuError.SoftDeviceRefused && HasSoftDevice(image) && next.SdReq.Except(image.SdReq).Any());

    /// <summary>What the report of a device says that is updated without the image.</summary>
    public static string Note(DfuError error, DfuImage image)
    {
        var (title, several) = (ImageTitle.Of(image), image.Type == ImageType.SoftDeviceBootloader);
        return error switch
        {
            DfuError.VersionRefused => $"{title} {(several ? "were there already, or newer ones" : "was there already, or a newer one")}",
            DfuError.SoftDeviceRefused => $"{title} {(several ? "were" : "was")} passed over: for another SoftDevice than the one that is there already",
            _ => $"{title} {(several ? "were" : "was")} refused without a reason, so probably there already",
        };
    }

    private static bool HasSoftDevice(DfuImage image) => image.Type is ImageType.SoftDevice or ImageType.SoftDeviceBootloader;
}
