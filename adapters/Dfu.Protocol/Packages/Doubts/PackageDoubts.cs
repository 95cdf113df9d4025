using System.Globalization;

namespace Dfu.Protocol.Packages.Doubts;

/// <summary>What speaks against a package, or against what one is to be made of.</summary>
public static class PackageDoubts
{
    private const string Sign = "Sign it with --key.";

    /// <summary>Of what is to be packed, the grave ones first.</summary>
    /// <param name="contents">Goes in.</param>
    /// <param name="isSigned">Whether there is a key to sign with.</param>
    public static IReadOnlyList<Doubt> Of(PackageContents contents, bool isSigned)
    {
        var doubts = new List<Doubt>();
        foreach (var (file, part) in Files(contents)) doubts.AddRange([.. ImageDoubts.Of(file, part), .. ImageDoubts.Notes(file, part)]);
        ushort? own = contents.SoftDevice is { } softDevice && SoftDeviceInfo.TryRead(softDevice.Bytes.Span, out var info) ? info.Id : null;
        if (own is { } id && contents.SoftDeviceIds.Count > 0 && !contents.SoftDeviceIds.Contains(id))
        {
            doubts.Add(new(
                DoubtLevel.Grave,
                $"the SoftDevice is {SoftDevices.Describe(id)}, and --sd-id says {List(contents.SoftDeviceIds)}"
                    + (contents.Application is null ? "" : ": no device would take the application"),
                string.Create(CultureInfo.InvariantCulture, $"Say --sd-id 0x{id:X4}.")));
        }

        if (!isSigned && Unsigned(contents.SoftDevice is not null, contents.Bootloader is not null) is { } unsigned) doubts.Add(unsigned);
        doubts.AddRange([.. OfRequirements(contents), .. OfChip(contents, own)]);
        return [.. doubts.OrderByDescending(doubt => doubt.Level)];
    }

    /// <summary>Of a package that was made, as far as it shows them.</summary>
    public static IReadOnlyList<Doubt> Of(DfuPackage package)
    {
        var doubts = new List<Doubt>();
        foreach (var image in package.Images)
        {
            foreach (var (file, part) in Parts(image)) doubts.AddRange(ImageDoubts.Of(file, part));
            var system = image.Type is ImageType.SoftDevice or ImageType.Bootloader or ImageType.SoftDeviceBootloader;
            if (system && image.Signature == SignatureKind.None && Unsigned(image.SoftDeviceSize > 0, image.BootloaderSize > 0) is { } unsigned)
                doubts.Add(unsigned);
        }

        var application = package.Images.FirstOrDefault(image => image.Type == ImageType.Application);
        var info = package.Images.Select(SoftDeviceInfo.Of).FirstOrDefault(info => info is not null);
        if (application is { SdReq: [not SoftDevices.None, ..] } && info is { } softDevice && !application.SdReq.Contains(softDevice.Id))
        {
            doubts.Add(new(
                DoubtLevel.Grave,
                $"the SoftDevice is {SoftDevices.Describe(softDevice.Id)}, and the application requires {List(application.SdReq)}: no device would take it",
                string.Create(CultureInfo.InvariantCulture, $"Make the package with --sd-id 0x{softDevice.Id:X4}.")));
        }

        foreach (var other in package.PassedOver)
        {
            doubts.Add(new(
                DoubtLevel.Warning,
                $"the manifest names {OneLine.Quoted(other)}, which is no image that a bootloader knows: it is passed over",
                "Nothing, if it is meant for another tool."));
        }

        return doubts;
    }

    private static IEnumerable<(FirmwareFile File, ImageType Part)> Files(PackageContents contents)
    {
        if (contents.SoftDevice is { } softDevice) yield return (softDevice, ImageType.SoftDevice);
        if (contents.Bootloader is { } bootloader) yield return (bootloader, ImageType.Bootloader);
        if (contents.Application is { } application) yield return (application, ImageType.Application);
    }

    private static IEnumerable<(FirmwareFile File, ImageType Part)> Parts(DfuImage image)
    {
        if (image.Type == ImageType.ExternalApplication) return [];
        if (image.Type != ImageType.SoftDeviceBootloader) return [(new("", image.Firmware), image.Type)];
        var split = (int)Math.Min(image.SoftDeviceSize, image.Firmware.Length);
        return [(new("", image.Firmware[..split]), ImageType.SoftDevice), (new("", image.Firmware[split..]), ImageType.Bootloader)];
    }

    private static Doubt? Unsigned(bool softDevice, bool bootloader) => (softDevice, bootloader) switch
    {
        (false, false) => null,
        (true, false) => new(DoubtLevel.Warning, "the SoftDevice is not signed, and bootloaders take a signed one only", Sign),
        (false, true) => new(DoubtLevel.Warning, "the bootloader is not signed, and bootloaders take a signed one only", Sign),
        _ => new(DoubtLevel.Warning, "SoftDevice and bootloader are not signed, and bootloaders take signed ones only", Sign),
    };

    /// <remarks>nRF5 SDK 15.0 and 17.0.2, nrf_dfu_ver_validation.c, sd_req_ok.</remarks>
    private static IEnumerable<Doubt> OfRequirements(PackageContents contents)
    {
        if (contents.SdReq.Contains(SoftDevices.Any))
        {
            yield return new(
                DoubtLevel.Warning,
                "--sd-req 0xFFFE is no 'any': it counts for external applications only, and a device with a SoftDevice looks for its own id",
                "Give the ids of the SoftDevices that the devices may run.");
        }

        if (contents is { Application: not null, SoftDevice: null, SdReq: [SoftDevices.None] })
        {
            yield return new(
                DoubtLevel.Warning,
                "--sd-req 0 is for applications without a SoftDevice: a device that has one takes it too, and may overwrite its SoftDevice with it "
                + "where the bootloader does not need that",
                "Give the SoftDevice's id if the application needs one.");
        }
        else if (SdReqOrder.Of(contents.SdReq).Skip(1).Contains(SoftDevices.None))
        {
            yield return new(DoubtLevel.Warning, "--sd-req 0 counts as the first id only, and these are written in another order", "Leave it out.");
        }
    }

    /// <summary>S110, S120 and S130 are for nRF51, and 52 is what bootloaders on nRF52 are built with.</summary>
    private static IEnumerable<Doubt> OfChip(PackageContents contents, ushort? softDevice)
    {
        var id = contents.SdReq.Append(softDevice ?? 0u).FirstOrDefault(id => SoftDevices.Name(id)?.StartsWith("S130", StringComparison.Ordinal) is true);
        if (id != 0 && contents.HwVersion == 52)
        {
            yield return new(
                DoubtLevel.Warning,
                $"SoftDevice {SoftDevices.Describe(id)} is for nRF51, and --hw-version 52 is what bootloaders on nRF52 are built with",
                "Say the --hw-version of the bootloader, 51 by Nordic's default on nRF51.");
        }
    }

    private static string List(IEnumerable<uint> ids) => string.Join(", ", ids.Select(SoftDevices.Describe));
}
