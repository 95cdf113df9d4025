using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Requests;

namespace Dfu.Protocol.Transfers;

/// <summary>A bootloader's refusal of an init packet, said with what the package asks for; of the device only its answer is known.</summary>
internal static class InitPacketRefusal
{
    /// <param name="explains">Whether the bootloader is known to have extended errors, which SDK 12 has not.</param>
    public static DfuException Of(Response response, Asked asked, DfuImage image, bool explains, BootloaderRules rules)
    {
        var error = ErrorOf(response, asked, explains, rules);
        var sides = Sides(error, image, rules.InitMax);
        var answered = Refusal.Exception(response, asked).Message;
        return new DfuException(error, sides.Length == 0 ? answered : $"{answered}: {sides}");
    }

    /// <summary>Whether the answer is one that old bootloaders give to a packet they do not take, and later ones where their flash is busy.</summary>
    public static bool IsUnclear(Response response, BootloaderRules rules) => response.Result == ResultCode.OperationFailed && rules.IsOld;

    /// <remarks>
    /// SDK 12, dfu_req_handling.c: 0A for hardware, SoftDevice, version and a packet that is not signed, 05 for the signature; others were met
    /// that say 05 to all of it. SDK 13 and 14 answer 0A to what is built for debug bootloaders. None of these three says 0A because its flash is busy.
    /// </remarks>
    private static DfuError ErrorOf(Response response, Asked asked, bool explains, BootloaderRules rules)
    {
        var error = Refusal.ErrorOf(response, asked);
        if (asked != Asked.ExecuteCommand || !rules.IsOld) return error;
        if (!explains && (error == DfuError.SignatureRefused || IsUnclear(response, rules))) return DfuError.InitPacketRefusedUnexplained;
        return IsUnclear(response, rules) ? DfuError.InitPacketRefused : error;
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
            DfuError.InitPacketRefused when image.IsDebug => $"{title} {are} for bootloaders that are built for debugging (--debug), and this may be none",
            DfuError.InitPacketRefusedUnexplained =>
                $"{title} {are} for hardware {image.HwVersion} and {SoftDevicesOf(image)}, {VersionOf(image, have)}and {are} "
                + $"{(image.Signature == SignatureKind.None ? "not signed" : "signed")}{(image.IsDebug ? " and for debug bootloaders" : "")}"
                + "; any of them may be what the device does not take",
            _ => "",
        };
    }

    private static string VersionOf(DfuImage image, string have) => image.Type == ImageType.SoftDevice ? "" : $"{have} version {image.FwVersion} ";

    private static string SoftDevicesOf(DfuImage image) =>
        image.SdReq.Count == 0 ? "no SoftDevice" : $"SoftDevice {string.Join(" or ", image.SdReq.Select(Wanted))}";

    private static string Wanted(uint id) => id switch
    {
        SoftDevices.Any => "0xFFFE (no 'any' here: that counts for external applications only)",
        SoftDevices.None => "0 (none)",
        _ => SoftDevices.Describe(id),
    };
}
