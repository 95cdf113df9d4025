using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Requests;

namespace Dfu.Protocol.Transfers;

/// <summary>A bootloader's refusal of an init packet, said with what the package asks for; of the device only its answer is known.</summary>
internal static class InitPacketRefusal
{
    /// <param name="explains">Whether the bootloader is sure to know extended errors, which SDK 12 does not: its only answer is 05.</param>
    /// <param name="initMax">Bytes of an init packet that the bootloader takes.</param>
    public static DfuException Of(Response response, Asked asked, DfuImage image, bool explains, int initMax)
    {
        var error = Refusal.ErrorOf(response, asked);
        if (error == DfuError.SignatureRefused && !explains) error = DfuError.InitPacketRefusedUnexplained;
        var refused = Refusal.Exception(response, asked);
        var sides = Sides(error, image, initMax);
        return new DfuException(error, sides.Length == 0 ? refused.Message : $"{refused.Message}: {sides}");
    }

    private static string Sides(DfuError error, DfuImage image, int initMax)
    {
        var title = ImageTitle.Of(image);
        var (are, have) = image.Type == ImageType.SoftDeviceBootloader ? ("are", "have") : ("is", "has");
        return error switch
        {
            DfuError.HwVersionRefused => $"{title} {are} for hardware {image.HwVersion}, and the bootloader was built for another",
            DfuError.SoftDeviceRefused => $"{title} {are} for {SoftDevicesOf(image)}, and the device runs another",
            DfuError.VersionRefused => $"the device has {ImageTitle.Of(image.Type)} {image.FwVersion} or a newer one",
            DfuError.SignatureRefused when image.Signature == SignatureKind.None => $"{title} {are} not signed, and the bootloader made nothing of it",
            DfuError.SignatureRefused => $"{title} {are} signed, and the signature does not fit the bootloader's key",
            DfuError.SignatureRequired => $"{title} {are} not signed",
            DfuError.ImageDoesNotFit => $"{title} {have} {image.Firmware.Length} bytes, and the device has no room for so many",
            DfuError.InitPacketTooLarge => $"the init packet of {title} has {image.InitPacket.Length} bytes, and this bootloader takes {initMax}",
            DfuError.InitPacketRefusedUnexplained =>
                $"{title} {are} for hardware {image.HwVersion} and {SoftDevicesOf(image)}, {VersionOf(image, have)}and {are} "
                + $"{(image.Signature == SignatureKind.None ? "not signed" : "signed")}; any of them may be what the device does not take",
            _ => "",
        };
    }

    private static string VersionOf(DfuImage image, string have) => image.Type == ImageType.SoftDevice ? "" : $"{have} version {image.FwVersion} ";

    private static string SoftDevicesOf(DfuImage image) =>
        image.SdReq.Count == 0 ? "no SoftDevice" : $"SoftDevice {string.Join(" or ", image.SdReq.Select(SoftDevices.Describe))}";
}
