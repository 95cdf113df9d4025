using System.Globalization;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Transfers;

namespace Dfu.Fleet.Updates;

public enum PreflightVerdict
{
    /// <summary>Nothing is known that speaks against the update.</summary>
    Go = 0,

    /// <summary>The device runs the package.</summary>
    Current,

    /// <summary>Its bootloader would refuse the package.</summary>
    Refused,
}

/// <param name="Error">What the bootloader would answer; None unless it would refuse.</param>
/// <param name="Detail">Where that is known from, one line; empty for <see cref="PreflightVerdict.Go"/>.</param>
public readonly record struct PreflightAnswer(PreflightVerdict Verdict, DfuError Error, string Detail);

/// <summary>
/// Before an application is sent to its bootloader: what the package needs, held against what is known of the device. A device that is in its
/// bootloader is asked by sending.
/// </summary>
public static class Preflight
{
    private const string Anyway = "--force sends it all the same";

    /// <summary>In an init packet's list: any SoftDevice, and none.</summary>
    private static readonly uint[] NoSoftDevice = [0xfffe, 0];

    /// <param name="told">What the application says now; null when it did not answer.</param>
    public static PreflightAnswer Decide(DfuPackage package, DevicePassport passport, ApplicationInformation? told)
    {
        if (Current(package, passport, told) is { } current) return new(PreflightVerdict.Current, DfuError.None, current);
        var known = Contradicts(passport, told) ? passport with { Images = [] } : passport;
        if (told is not null && passport.HardwareRevision is { } board && board != told.HardwareRevision)
            known = known with { HwVersion = null, SoftDevice = null };
        foreach (var image in package.Images.Where(static image => !image.IsDebug))
        {
            if (Refusal(image, package, known) is var (error, detail)) return new(PreflightVerdict.Refused, error, $"{detail}; {Anyway}");
        }

        return default;
    }

    private static string? Current(DfuPackage package, DevicePassport passport, ApplicationInformation? told)
    {
        if (passport.Check is not (FinishCheck.Heard or FinishCheck.Read or FinishCheck.Compared)) return null;
        if (told is null || Contradicts(passport, told)) return null;
        var known = package.Images.Select(image => passport.Images.FirstOrDefault(one => IsSame(one, image))).ToArray();
        if (known.Any(static one => one is null)) return null;
        var said = told.Revision is { } revision ? $", and says that it is {revision}" : "";
        return string.Create(CultureInfo.InvariantCulture, $"runs {Titles(package)} since {known[^1]!.At:yyyy-MM-dd HH:mm}{said}");
    }

    /// <summary>Somebody else has changed the device since it was updated last.</summary>
    private static bool Contradicts(DevicePassport passport, ApplicationInformation? told) => told is not null && told.Revision != passport.Revision;

    private static (DfuError Error, string Detail)? Refusal(DfuImage image, DfuPackage package, DevicePassport known)
    {
        if (known.HwVersion is { } hardware && hardware != image.HwVersion)
            return (
                DfuError.HwVersionRefused,
                $"its bootloader took hardware version {hardware} in an earlier update, and this package is for {image.HwVersion}");
        if (image.Type != ImageType.Application) return null;
        if (known.Application is { } newer && newer.Version > image.FwVersion && !known.TakesLowerVersions)
        {
            return (DfuError.VersionRefused, string.Create(
                CultureInfo.InvariantCulture, $"it took application {newer.Version} on {newer.At:yyyy-MM-dd}, and this package has {image.FwVersion}"));
        }

        var bringsSoftDevice = package.Images.Any(static one => one.Type is ImageType.SoftDevice or ImageType.SoftDeviceBootloader);
        if (known.SoftDevice is { } its && !bringsSoftDevice && image.SdReq.Count > 0 && !image.SdReq.Contains(its) && !image.SdReq.Any(NoSoftDevice.Contains))
            return (
                DfuError.SoftDeviceRefused,
                $"it took SoftDevice {SoftDevices.Describe((ushort)its)} in an earlier update, which this package does not name");
        return null;
    }

    private static bool IsSame(KnownImage known, DfuImage image) =>
        known.Type == image.Type && known.Version == image.FwVersion && known.Sha256 == Convert.ToHexStringLower(image.Sha256.Span);

    private static string Titles(DfuPackage package) => string.Join(" and ", package.Images.Select(static image => ImageTitle.Of(image)));
}
