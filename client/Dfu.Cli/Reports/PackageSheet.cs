using System.Globalization;
using Dfu.Protocol.Packages;
using Spectre.Console;

namespace Dfu.Cli.Reports;

/// <summary>A package for people.</summary>
internal static class PackageSheet
{
    public static void Write(IAnsiConsole console, string path, DfuPackage package)
    {
        console.MarkupLine($"[bold]{Markup.Escape(Path.GetFileName(path))}[/]  [grey]{package.Id}[/]");
        foreach (var image in package.Images)
        {
            console.WriteLine();
            Sheet.Write(console, Rows(image).Select(row => ($"[grey]{row.Label}[/]", row.Text)).ToList());
        }
    }

    private static IEnumerable<(string Label, string Text)> Rows(DfuImage image)
    {
        var version = image is { Type: ImageType.SoftDevice, FwVersion: uint.MaxValue }
            ? ""
            : string.Create(CultureInfo.InvariantCulture, $", version {image.FwVersion}");
        var softDevice = SoftDeviceInfo.Of(image) is { } info ? $", SoftDevice {SoftDevices.Describe(info.Id)}" : "";
        yield return ("image", $"[bold]{image.Type.ManifestName()}[/]{version}{softDevice}{(image.IsDebug ? ", [yellow]debug[/]" : "")}");
        var parts = image.Type == ImageType.SoftDeviceBootloader ? $": SoftDevice {image.SoftDeviceSize}, bootloader {image.BootloaderSize}" : "";
        yield return ("size", string.Create(CultureInfo.InvariantCulture, $"{image.Firmware.Length} bytes ({Format.Bytes(image.Firmware.Length)}){parts}"));
        yield return ("hardware", image.HwVersion.ToString(CultureInfo.InvariantCulture));
        yield return ("SoftDevice", image.SdReq.Count == 0 ? "not stated" : string.Join(", ", image.SdReq.Select(SoftDevice)));
        yield return ("crc32", string.Create(CultureInfo.InvariantCulture, $"0x{image.Crc:x8}"));
        var verdict = image.HashMatches ? "[green]✓ as in the init packet[/]" : "[red]✗ not the one in the init packet[/]";
        yield return ("sha256", $"{Convert.ToHexStringLower(image.Sha256.Span)} {verdict}");
        yield return ("signature", (image.Signature, image.SignatureValid) switch
        {
            (SignatureKind.None, _) => "[yellow]none[/]",
            (_, true) => "ECDSA P-256 with SHA-256 [green]✓ fits the key[/]",
            (_, false) => "ECDSA P-256 with SHA-256 [red]✗ does not fit the key[/]",
            _ => "ECDSA P-256 with SHA-256 [grey](not checked, no --public-key given)[/]",
        });
        if (!BootValidations.AreUsual(image)) yield return ("boot validation", BootValidations.Text(image));
    }

    private static string SoftDevice(uint id) => id switch
    {
        SoftDevices.Any => "0xFFFE (any, but for external applications only)",
        SoftDevices.None => "0 (none; it may overwrite a SoftDevice that the bootloader does not need)",
        _ => SoftDevices.Describe(id),
    };
}
