using System.CommandLine;
using Dfu.Cli.Arguments;
using Dfu.Cli.Reports;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;

namespace Dfu.Cli.Commands;

/// <summary><c>dfu package show|create</c>.</summary>
internal static class PackageCommand
{
    public static Command Create(Terminal terminal) => new("package", "Look into DFU packages, or make them.") { Show(terminal), Make(terminal) };

    private static Command Show(Terminal terminal)
    {
        var file = new Argument<string>("FILE") { Description = "The package, a zip file." };
        var publicKey = KeyOption.Public("Check the signatures against this P-256 key.");
        var json = Arguments.Option.Flag("--json", "Print one JSON document.");
        var command = new Command("show", "Show what a package holds and check it: structure, sizes, hash, signature.") { file, publicKey, json };
        command.SetAction(result =>
        {
            var path = result.GetRequiredValue(file);
            using var key = publicKey.Read(result, terminal);
            var inspection = PackageReader.Inspect(path, key);
            if (inspection.Package is { } package)
            {
                if (result.GetValue(json)) terminal.Out.WriteLine(PackageDocument.Of(package).ToJson());
                else PackageSheet.Write(terminal.OutConsole, path, package);
            }

            return inspection.Problems is [var first, ..] ? throw new DfuException(first.Error, $"{path}: {first.Text}") : ExitCode.Succeeded;
        });
        return command;
    }

    private static Command Make(Terminal terminal)
    {
        var application = Arguments.Option.Text("--application", "The application's firmware.", "BIN|HEX");
        var applicationVersion = Arguments.Option.Whole(
            "--application-version",
            "Its version, 1.2.3 or the number stored for it, 10203; a bootloader refuses one lower than it has.",
            WholeNumbers.ReadVersion,
            "VERSION",
            "--application-version-string");
        var bootloader = Arguments.Option.Text("--bootloader", "The bootloader's firmware.", "BIN|HEX");
        var bootloaderVersion = Arguments.Option.Whole(
            "--bootloader-version",
            "Its version, 1.2.3 or a number; must be higher than the one on the device.",
            WholeNumbers.ReadVersion,
            "VERSION");
        var softDevice = Arguments.Option.Text("--softdevice", "The SoftDevice.", "BIN|HEX");
        var sdId = Arguments.Option.Many<uint[]>(
            "--sd-id",
            "Id of the SoftDevice in the package; needed with a SoftDevice and an application.",
            Ids,
            "0x..");
        var hwVersion = Arguments.Option.Whole(
            "--hw-version",
            "The number the bootloader was built with, 52 or 0x34; by Nordic's default 52 on nRF52.",
            WholeNumbers.Read,
            "N");
        hwVersion.Required = true;
        var sdReq = Arguments.Option.Many<uint[]>(
            "--sd-req",
            "Ids of the SoftDevices a device may run, repeated or with commas: 0x0100, 0x0123. 0xFFFE is any, 0 none.",
            Ids,
            "0x..",
            required: true);
        var key = KeyOption.Private("Sign with this private key; without one the package is unsigned.");
        var debug = Arguments.Option.Flag("--debug", "Mark it as a debug build: a debug bootloader then checks no versions.");
        var validation = Arguments.Option.TrueOrFalse(
            "--boot-validation",
            "Say how the image is checked at every start; false writes the shorter packet of SDK 12 to 14.",
            true);
        var appValidation = BootValidationOption.Of("--app-boot-validation", "How the application is checked at every start; crc unless given. ecdsa signs it with --key.");
        var sdValidation = BootValidationOption.Of("--sd-boot-validation", "The same for the SoftDevice.");
        var output = new Option<string>("--output", "-o") { Description = "The package to write.", HelpName = "ZIP", Required = true };
        var command = new Command("create", "Make a package from firmware files, as Nordic's tools would.")
        {
            application, applicationVersion, bootloader, bootloaderVersion, softDevice, sdId, hwVersion, sdReq, key, debug, validation, appValidation,
            sdValidation, output,
        };
        command.SetAction(result =>
        {
            var contents = new PackageContents
            {
                Application = Load(result.GetValue(application), ImageType.Application),
                Bootloader = Load(result.GetValue(bootloader), ImageType.Bootloader),
                SoftDevice = Load(result.GetValue(softDevice), ImageType.SoftDevice),
                ApplicationVersion = result.GetValue(applicationVersion),
                BootloaderVersion = result.GetValue(bootloaderVersion),
                HwVersion = result.GetRequiredValue(hwVersion)!.Value,
                SdReq = [.. result.GetRequiredValue(sdReq).SelectMany(ids => ids)],
                SoftDeviceIds = [.. result.GetRequiredValue(sdId).SelectMany(ids => ids)],
                IsDebug = result.GetValue(debug),
                BootValidation = result.GetValue(validation),
                ApplicationBootValidation = result.GetValue(appValidation),
                SoftDeviceBootValidation = result.GetValue(sdValidation),
            };
            using var privateKey = key.Read(result, terminal);
            var zip = PackageWriter.Create(contents, privateKey);
            var path = result.GetRequiredValue(output);
            OutputFile.Write(path, zip);
            PackageSheet.Write(terminal.OutConsole, path, PackageReader.Read(zip, privateKey));
        });
        return command;
    }

    private static FirmwareFile? Load(string? path, ImageType part) => path is null ? null : FirmwareFile.Load(path, part);

    /// <summary>Several ids with commas between them.</summary>
    private static string? Ids(string text, out uint[] ids)
    {
        var parts = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        ids = new uint[Math.Max(parts.Length, 1)];
        if (parts.Length == 0) return WholeNumbers.ReadId(text, out ids[0]);
        for (var i = 0; i < parts.Length; i++)
        {
            if (WholeNumbers.ReadId(parts[i], out ids[i]) is { } wrong) return wrong;
        }

        return null;
    }
}
