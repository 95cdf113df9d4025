using System.Globalization;
using Dfu.Protocol.Packages.Settings;

namespace Dfu.Protocol.Packages.Doubts;

/// <summary>What speaks against firmware being the application, SoftDevice or bootloader it is given as.</summary>
internal static class ImageDoubts
{
    private const string LargeGap = "Give each part its own file if some were merged; if the gap is meant, it is sent as well.";
    private const string OwnFile = "Give each part its own file, as the linker wrote it: no merged ones, no settings page.";

    /// <summary>Doubts that need no more than the bytes: those of a package show them as well as the files it was made of.</summary>
    public static IEnumerable<Doubt> Of(FirmwareFile file, ImageType part)
    {
        var subject = Subject(part);
        if (file.Bytes.IsEmpty) yield break; // the writer refuses it
        var bytes = file.Bytes;
        if (!bytes.Span.ContainsAnyExcept(bytes.Span[0]) && bytes.Span[0] is 0 or 0xFF)
        {
            yield return Grave($"{subject} holds nothing but 0x{bytes.Span[0]:X2}", "Give the file the linker wrote.");
            yield break;
        }

        if (file.Hex is { } hex && hex.Start >= Flash.Largest)
            yield return Grave($"{subject} begins at 0x{hex.Start:x}, behind the flash of every nRF51 and nRF52", "Give firmware for the chip of the device.");
        else if (file.Hex is { } beyond && beyond.Start + (long)bytes.Length > Flash.Largest)
            yield return Grave($"{subject} reaches to 0x{beyond.Start + (long)bytes.Length:x}, and the flash of the largest chip ends at 0x100000", OwnFile);
        else if (bytes.Length > Flash.Largest - SoftDeviceInfo.Start)
            yield return Grave($"{subject} has {bytes.Length} bytes, more than the flash of any nRF51 or nRF52", OwnFile);
        if (Gaps.Of(file) is { } gap)
            yield return new(gap.Level, $"{subject} {gap.Text}", gap.Level == DoubtLevel.Grave ? OwnFile : LargeGap);
        foreach (var doubt in part == ImageType.SoftDevice ? OfSoftDevice(file) : OfProgram(file, part)) yield return doubt;
    }

    /// <summary>What a file has, and what the package made of it will not show any more.</summary>
    public static IEnumerable<Doubt> Notes(FirmwareFile file, ImageType part)
    {
        foreach (var region in file.Hex?.LeftOut.GroupBy(range => Flash.Region(range.Start)) ?? [])
        {
            var count = region.Sum(range => range.Length);
            yield return Note(
                $"{count} bytes of {Subject(part)} at {new AddressRange(region.First().Start, region.Last().End)} are left out, they are {region.Key}",
                "An update writes flash; if the device needs the rest, program it with a debugger.");
        }

        if (part == ImageType.SoftDevice || file.Bytes.IsEmpty) yield break;
        if (!VectorTable.TryRead(file.Bytes.Span, out var table) || (file.Hex is { } hex && !table.FitsAt(hex.Start, file.Bytes.Length)))
        {
            yield return new(
                DoubtLevel.Warning,
                $"{Subject(part)} does not begin with a vector table (a stack in RAM, handlers in its own flash), so the device could not start it",
                "Give the file the linker wrote for this chip.");
        }
        else if (part == ImageType.Bootloader && file.Hex?.BootloaderAddress is null
            && table.Reset is >= Flash.BootloadersAbove and < Flash.ApplicationsBelow and var entry)
        {
            yield return new(
                DoubtLevel.Warning,
                string.Create(CultureInfo.InvariantCulture, $"the bootloader is entered at 0x{entry:x}, where applications lie on chips of 512 KiB and 1 MiB"),
                "Give an application with --application; it is right on chips of 192 and 256 KiB.");
        }
    }

    public static string Subject(ImageType part) => part switch
    {
        ImageType.SoftDevice => "the SoftDevice",
        ImageType.Bootloader => "the bootloader",
        _ => "the application",
    };

    private static IEnumerable<Doubt> OfSoftDevice(FirmwareFile file)
    {
        var bytes = file.Bytes.Span;
        if (SoftDeviceInfo.TryRead(bytes, out var info))
        {
            var end = SoftDeviceInfo.Start + (long)bytes.Length;
            if (end > info.End + 3L)
                return [Grave($"the SoftDevice says that it ends at 0x{info.End:x}, and the file goes on to 0x{end:x}", OwnFile)];
            return info.End - end > 2 * Flash.Page
                ? [Grave($"the SoftDevice says that it ends at 0x{info.End:x}, and the file ends at 0x{end:x}", "Give the whole file, as Nordic ships it.")]
                : [];
        }

        if (file.Hex is null && SoftDeviceInfo.TryRead(bytes, start: 0, out info))
        {
            return [Grave(
                $"the SoftDevice ({SoftDevices.Describe(info.Id)}) begins with the master boot record, which no package may hold",
                "Give Nordic's HEX file, of which that is left out, or cut the first 4096 bytes off.")];
        }

        var where = file.Hex is { Start: not SoftDeviceInfo.Start and var start } ? $", and it begins at 0x{start:x} instead of 0x1000" : "";
        return [Grave(
            $"this is no SoftDevice: the magic number 0x51b1e5db of its information is not at 0x3004{where}",
            "Give the HEX file of the SoftDevice, as Nordic ships it.")];
    }

    private static IEnumerable<Doubt> OfProgram(FirmwareFile file, ImageType part)
    {
        const string GiveApplication = "Give the bootloader's own file; an application is packed with --application.";
        const string GiveBootloader = "Give the application's own file; a bootloader is packed with --bootloader.";
        var (subject, bytes, hex) = (Subject(part), file.Bytes, file.Hex);
        if (SoftDeviceInfo.TryRead(bytes.Span, hex?.Start ?? SoftDeviceInfo.Start, out var info)
            || (hex is null && SoftDeviceInfo.TryRead(bytes.Span, start: 0, out info)))
        {
            yield return Grave($"{subject} holds a SoftDevice, {SoftDevices.Describe(info.Id)}", "Give each part its own file, this one with --softdevice.");
            yield break;
        }

        if (hex is not null && bytes.Length <= 2 * Flash.Page && Flash.LastPage(hex.Start) is { } page)
        {
            yield return Grave($"{subject} is {page}, at 0x{hex.Start:x}: it cannot be sent to a device", $"Give the file of {subject}.");
            yield break;
        }

        if (SettingsPage.IsOne(bytes.Span))
        {
            yield return Grave($"{subject} is a bootloader settings page: it cannot be sent to a device", $"Give the file of {subject}.");
            yield break;
        }

        var (lowest, highest) = Start(file);
        if (part == ImageType.Bootloader)
        {
            if (hex is { BootloaderAddress: { } address })
            {
                if (address != hex.Start) yield return Grave($"the bootloader begins at 0x{hex.Start:x}, and its UICR record says 0x{address:x}", OwnFile);
            }
            else if (highest < (hex is null ? Flash.BootloadersAbove : Flash.BootloadersOfSmallChipsAbove))
            {
                yield return Grave($"the bootloader begins at 0x{lowest:x}{(hex is null ? " or above" : "")}, where applications begin", GiveApplication);
            }

            if (hex is not null && Flash.EndOfBootloaders(hex.Start) is { } end && hex.Start + (long)bytes.Length is var last && last > end)
                yield return Grave($"the bootloader reaches to 0x{last:x}, over the pages from 0x{end:x} on in which it keeps its settings", OwnFile);
        }
        else if (hex is { BootloaderAddress: { } address } && address == hex.Start)
        {
            yield return Grave($"the application is a bootloader: its UICR record has a bootloader begin at 0x{address:x}", GiveBootloader);
        }
        else if (lowest is >= Flash.ApplicationsBelow and < Flash.Largest)
        {
            yield return Grave($"the application begins at 0x{lowest:x}{(hex is null ? " or above" : "")}, where bootloaders lie", GiveBootloader);
        }
    }

    /// <summary>Where a program begins, at least and at most: a HEX file says it, of a BIN the entry point is inside.</summary>
    private static (uint? Lowest, uint? Highest) Start(FirmwareFile file)
    {
        if (file.Hex is { } hex) return (hex.Start, hex.Start);
        return VectorTable.TryRead(file.Bytes.Span, out var table)
            ? ((uint)Math.Max(0, table.Reset - (long)file.Bytes.Length + 1) / Flash.Page * Flash.Page, table.Reset)
            : (null, null);
    }

    private static Doubt Grave(FormattableString text, string remedy) => new(DoubtLevel.Grave, text.ToString(CultureInfo.InvariantCulture), remedy);

    private static Doubt Note(FormattableString text, string remedy) => new(DoubtLevel.Note, text.ToString(CultureInfo.InvariantCulture), remedy);
}
