using System.CommandLine;
using Dfu.Cli.Arguments;
using Dfu.Cli.Packages;
using Dfu.Cli.Reports;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Packages.Doubts;

namespace Dfu.Cli.Commands;

/// <summary><c>dfu package</c>.</summary>
internal static class PackageCommand
{
    public static Command Create(Terminal terminal) => new("package", "Look into DFU packages, make them, and give them to a running server.")
    {
        Show(terminal),
        Make(terminal),
        KeptPackageCommands.Upload(terminal),
        KeptPackageCommands.List(terminal),
        KeptPackageCommands.Delete(terminal),
    };

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
                DoubtLines.Write(terminal, PackageDoubts.Of(package));
            }

            return inspection.Problems is [var first, ..] ? throw first.ToException() : ExitCode.Succeeded;
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
            "Ids of the SoftDevices a device may run, repeated or with commas: 0x0100, 0x0123. 0 is none; 0xFFFE is any, for external applications only.",
            Ids,
            "0x..",
            required: true);
        var key = KeyOption.Private("Sign with this private key; without one the package is unsigned.");
        var debug = Arguments.Option.Flag("--debug", "Mark it as a debug build: a debug bootloader then checks no versions.");
        var validation = Arguments.Option.TrueOrFalse(
            "--boot-validation",
            "Say how the image is checked at every start; false writes the shorter packet of SDK 12 to 14.",
            true);
        var appValidation = BootValidationOption.Of(
            "--app-boot-validation", "How the application is checked at every start; crc unless given. ecdsa signs it with --key.");
        var sdValidation = BootValidationOption.Of("--sd-boot-validation", "The same for the SoftDevice.");
        var force = Arguments.Option.Flag("--force", "Pack firmware that cannot be what it is given as, with a warning.");
        var output = new Option<string>("--output", "-o") { Description = "The package to write.", HelpName = "ZIP", Required = true };
        var command = new Command("create", "Make a package from firmware files, as Nordic's tools would.")
        {
            application, applicationVersion, bootloader, bootloaderVersion, softDevice, sdId, hwVersion, sdReq, key, debug, validation, appValidation,
            sdValidation, force, output,
        };
        command.SetAction(result =>
        {
            var path = result.GetRequiredValue(output);
            OutputFile.RefuseInput(path, result.GetValue(application), result.GetValue(bootloader), result.GetValue(softDevice), result.GetValue(key));
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
            RefuseIdle(contents);
            using var privateKey = key.Read(result, terminal);
            var zip = PackageWriter.Create(contents, privateKey);
            DoubtLines.Judge(terminal, PackageDoubts.Of(contents, isSigned: privateKey is not null), result.GetValue(force));
            OutputFile.Write(path, zip);
            PackageSheet.Write(terminal.OutConsole, path, PackageReader.Read(zip, privateKey));
        });
        return command;
    }

    /// <summary>An option without effect is a slip: something else was meant.</summary>
    private static void RefuseIdle(PackageContents contents)
    {
        (bool IsIdle, string Option, string Other)[] options =
        [
            (contents.Application is null && contents.ApplicationVersion is not null, "--application-version", "--application"),
            (contents.Bootloader is null && contents.BootloaderVersion is not null, "--bootloader-version", "--bootloader"),
            (contents.SoftDevice is null && contents.SoftDeviceIds.Count > 0, "--sd-id", "--softdevice"),
            (contents.Application is null && contents.ApplicationBootValidation is not null, "--app-boot-validation", "--application"),
            (contents.SoftDevice is null && contents.SoftDeviceBootValidation is not null, "--sd-boot-validation", "--softdevice"),
            (!contents.BootValidation && contents.ApplicationBootValidation is not null, "--app-boot-validation", "--boot-validation true"),
            (!contents.BootValidation && contents.SoftDeviceBootValidation is not null, "--sd-boot-validation", "--boot-validation true"),
        ];
        foreach (var (isIdle, option, other) in options)
        {
            if (!isIdle) continue;
            throw new DfuException(DfuError.InvalidArgument, $"{option} has no effect without {other}") { Remedy = $"Give {other}, or leave {option} out." };
        }
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
