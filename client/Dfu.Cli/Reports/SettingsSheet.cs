using System.Globalization;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Packages.Settings;
using Spectre.Console;

namespace Dfu.Cli.Reports;

/// <summary>A settings page for people.</summary>
internal static class SettingsSheet
{
    public static void Write(IAnsiConsole console, string path, FoundSettings found)
    {
        Sheet.Line(console, $"[bold]{Markup.Escape(Path.GetFileName(path))}[/]  [grey]bootloader settings, version {found.Page.Version} "
            + $"({(found.Page.Version == 1 ? "SDK 12 to 15.2" : "SDK 15.3 and newer")})[/]");
        Sheet.Write(console, Rows(found).Select(row => ($"[grey]{row.Label}[/]", row.Text)).ToList());
    }

    private static IEnumerable<(string Label, string Text)> Rows(FoundSettings found)
    {
        var page = found.Page;
        if (found.Address is { } address) yield return ("address", $"0x{address:X}{Chips(address)}");
        yield return ("backup", found.Backup is { } backup ? $"0x{backup:X}, the same" : "none in this file");
        yield return ("application", $"version {Number(page.ApplicationVersion)}");
        yield return ("bootloader", $"version {Number(page.BootloaderVersion)}");
        yield return ("SoftDevice", page.SoftDeviceSize == 0 ? "size not stated" : Size(page.SoftDeviceSize));
        yield return ("bank 0", Bank(page.Bank0) + (page is { BankLayout: 0, BankCurrent: 1 } ? "" : ", in use"));
        if (page.Bank1 != default) yield return ("bank 1", Bank(page.Bank1) + (page is { BankLayout: 0, BankCurrent: 1 } ? ", in use" : ""));
        if (page.InitPacket.Length > 0) yield return ("init packet", Update(page.InitPacket));
        yield return ("crc32", Crc(page.Crc, page.CrcMatches));
        if (page.Version == 1) yield break;
        yield return ("boot validation", $"application {Validation(page.ApplicationValidation)}\nSoftDevice {Validation(page.SoftDeviceValidation)}"
            + (page.BootloaderValidation.Kind == BootValidationKind.None ? "" : $"\nbootloader {Validation(page.BootloaderValidation)}"));
        yield return ("its crc32", Crc(page.ValidationCrc, page.ValidationCrcMatches));
    }

    private static string Update(ReadOnlyMemory<byte> packet) => InitPacket.TryParse(packet.Span, out var init, out _)
        ? $"{packet.Length} bytes, of an update that is not finished: {init.Type.ManifestName()}, version {Number(init.FwVersion)}"
        : $"{packet.Length} bytes, of an update that is not finished";

    private static string Bank(SettingsBank bank) => bank.Code switch
    {
        0 => bank.Size == 0 ? "empty" : $"nothing valid ({Size(bank.Size)}, crc32 0x{bank.Crc:x8})",
        1 => $"application, {Size(bank.Size)}, crc32 0x{bank.Crc:x8}",
        0xA5 => $"SoftDevice, {Size(bank.Size)}, waiting to be put in place",
        0xAA => $"bootloader, {Size(bank.Size)}, waiting to be put in place",
        0xAC => $"SoftDevice and bootloader, {Size(bank.Size)}, waiting to be put in place",
        _ => $"code 0x{bank.Code:X}, {Size(bank.Size)}, crc32 0x{bank.Crc:x8}",
    };

    private static string Validation(SettingsValidation validation) => validation.Kind switch
    {
        BootValidationKind.Crc => $"CRC-32 0x{BitConverter.ToUInt32(validation.Value.Span):x8}",
        BootValidationKind.Sha256 => $"SHA-256 {Convert.ToHexStringLower(validation.Value.Span)}",
        _ => BootValidations.Text(validation.Kind),
    };

    private static string Crc(uint crc, bool fits) =>
        $"0x{crc:x8} {(fits ? "[green]✓ fits[/]" : "[red]✗ does not fit: a bootloader ignores this page[/]")}";

    private static string Chips(uint address)
    {
        var names = SettingsPlace.All.Where(place => place.Address == address).Select(place => place.Name).Distinct().ToList();
        return names.Count == 0 ? "" : $" ({string.Join(", ", names)})";
    }

    private static string Size(uint bytes) => $"{Number(bytes)} bytes ({Format.Bytes(bytes)})";

    private static string Number(uint number) => number.ToString(CultureInfo.InvariantCulture);
}
