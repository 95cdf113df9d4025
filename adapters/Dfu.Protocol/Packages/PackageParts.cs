using System.Globalization;
using Dfu.Protocol.Errors;

namespace Dfu.Protocol.Packages;

/// <summary>One image as it goes into a package; sizes in bytes, 0 for what it does not hold.</summary>
internal sealed record PackagePart(ImageType Type, string Name, byte[] Firmware, uint Version, IReadOnlyList<uint> SdReq)
{
    public uint SoftDeviceSize { get; init; }
    public uint BootloaderSize { get; init; }
    public uint ApplicationSize { get; init; }
}

/// <summary>Turns what a caller wants packed into images: joins SoftDevice and bootloader, gives each its requirements and name.</summary>
internal static class PackageParts
{
    /// <summary>What Nordic's tool writes for a SoftDevice, which has no version of its own.</summary>
    private const uint NoVersion = uint.MaxValue;

    /// <returns>In the order a device must receive them.</returns>
    public static IReadOnlyList<PackagePart> Of(PackageContents contents)
    {
        Check(contents);
        var before = SdReqOrder.Of(contents.SdReq);
        var after = contents.SoftDevice is null ? before : SdReqOrder.Of(contents.SoftDeviceIds);
        var either = contents.SoftDevice is null ? before : SdReqOrder.Of(contents.SdReq.Concat(SdReqOrder.Of(contents.SoftDeviceIds.Except(contents.SdReq))));

        var parts = new List<PackagePart>();
        switch (Words(contents.SoftDevice), Words(contents.Bootloader))
        {
            case ({ } softDevice, { } bootloader):
                parts.Add(new(ImageType.SoftDeviceBootloader, "sd_bl", [.. softDevice, .. bootloader], contents.BootloaderVersion!.Value, either)
                {
                    SoftDeviceSize = (uint)softDevice.Length,
                    BootloaderSize = (uint)bootloader.Length,
                });
                break;
            case ({ } softDevice, null):
                parts.Add(new(ImageType.SoftDevice, NameOf(contents.SoftDevice!, "softdevice"), softDevice, NoVersion, either)
                {
                    SoftDeviceSize = (uint)softDevice.Length,
                });
                break;
            case (null, { } bootloader):
                parts.Add(new(ImageType.Bootloader, NameOf(contents.Bootloader!, "bootloader"), bootloader, contents.BootloaderVersion!.Value, before)
                {
                    BootloaderSize = (uint)bootloader.Length,
                });
                break;
        }

        if (Words(contents.Application) is { } application)
        {
            var name = NameOf(contents.Application!, "application");
            if (parts.Exists(part => part.Name.Equals(name, StringComparison.OrdinalIgnoreCase))) name += "_app";
            parts.Add(new(ImageType.Application, name, application, contents.ApplicationVersion!.Value, after)
            {
                ApplicationSize = (uint)application.Length,
            });
        }

        return parts;
    }

    private static void Check(PackageContents contents)
    {
        if ((contents.Application ?? contents.SoftDevice ?? contents.Bootloader) is null)
            throw Wrong("a package needs an application, a SoftDevice or a bootloader", "Give --application, --softdevice or --bootloader.");
        if (contents.Application is not null && contents.ApplicationVersion is null)
            throw Wrong("an application needs a version", "Give --application-version.");
        if (contents.Bootloader is not null && contents.BootloaderVersion is null) throw Wrong("a bootloader needs a version", "Give --bootloader-version.");
        if (contents.SdReq.Count == 0) throw Wrong("at least one SoftDevice id is required (0 for none)", "Give --sd-req.");
        if (contents.SdReq.Union(contents.SoftDeviceIds).Count() > PackageLimits.SdReq)
            throw Wrong($"at most {PackageLimits.SdReq} SoftDevice ids fit into an init packet", "Leave some out of --sd-req.");
        if (contents is { Application: not null, SoftDevice: not null, SoftDeviceIds.Count: 0 })
            throw Wrong("with a SoftDevice and an application the SoftDevice's own id is needed, for the application requires it", OwnId(contents.SoftDevice));
    }

    private static string OwnId(FirmwareFile softDevice) =>
        SoftDeviceInfo.TryRead(softDevice.Bytes.Span, out var info)
            ? string.Create(CultureInfo.InvariantCulture, $"Give --sd-id 0x{info.Id:X4}.")
            : "Give --sd-id.";

    private static byte[]? Words(FirmwareFile? file) => file switch
    {
        null => null,
        { Bytes.IsEmpty: true } => throw Unfit(file, "is empty"),
        { Bytes.Length: > PackageLimits.ImageBytes } => throw Unfit(file, $"has {file.Bytes.Length} bytes, more than {PackageLimits.ImageBytes}"),
        _ => PackageWriter.Pad(file.Bytes.Span),
    };

    /// <summary>The file's own name with nothing in it that a zip or another system could stumble over.</summary>
    private static string NameOf(FirmwareFile file, string fallback)
    {
        var name = string.Concat(file.Name.Take(64).Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '_'));
        return name.Trim('.', '_').Length == 0 || name.Equals("manifest", StringComparison.OrdinalIgnoreCase) ? fallback : name;
    }

    private static DfuException Unfit(FirmwareFile file, string what) => new(DfuError.FirmwareInvalid, $"{OneLine.Quoted(file.Name)} {what}");

    private static DfuException Wrong(string what, string remedy) => new(DfuError.InvalidArgument, what) { Remedy = remedy };
}
