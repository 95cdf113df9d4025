using System.CommandLine;
using Dfu.Cli.Reports;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Packages.Doubts;

namespace Dfu.Cli.Commands;

/// <summary><c>dfu package show|create</c>.</summary>
internal static class PackageCommand
{
    public static Command Create(Terminal terminal) => new("package", "Look into DFU packages, or make them.") { Show(terminal), Make(terminal) };

    private static Command Show(Terminal terminal)
    {
        var file = new Argument<string>("FILE") { Description = "The package, a zip file." };
        var publicKey = Arguments.Option.Text("--public-key", "Check the signatures against this P-256 key.", "PEM");
        var json = Arguments.Option.Flag("--json", "Print one JSON document.");
        var command = new Command("show", "Show what a package holds and check it: structure, sizes, hash, signature.") { file, publicKey, json };
        command.SetAction(result =>
        {
            var path = result.GetRequiredValue(file);
            using var key = result.GetValue(publicKey) is { } pem ? DfuKeys.ReadPublic(pem) : null;
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
        const int AllBits = int.MaxValue;
        var application = Arguments.Option.Text("--application", "The application's firmware.", "BIN|HEX");
        var applicationVersion = Arguments.Option.Of<uint?>(
            "--application-version",
            "Its version; a bootloader refuses one lower than it has.",
            Id,
            "a number",
            null,
            "N");
        var bootloader = Arguments.Option.Text("--bootloader", "The bootloader's firmware.", "BIN|HEX");
        var bootloaderVersion = Arguments.Option.Of<uint?>(
            "--bootloader-version",
            "Its version; must be higher than the one on the device.",
            Id,
            "a number",
            null,
            "N");
        var softDevice = Arguments.Option.Text("--softdevice", "The SoftDevice.", "BIN|HEX");
        var sdId = Arguments.Option.Many<uint[]>(
            "--sd-id",
            "Id of the SoftDevice in the package; needed with a SoftDevice and an application.",
            Ids,
            "an id such as 0x0100",
            "0x..");
        var hwVersion = Arguments.Option.Number("--hw-version", "The number the bootloader was built with; by Nordic's default 52 on nRF52.", 0, AllBits);
        hwVersion.Required = true;
        var sdReq = Arguments.Option.Many<uint[]>(
            "--sd-req",
            "Ids of the SoftDevices a device may run, repeated or with commas: 0x0100, 0x0123. 0 is none; 0xFFFE is any, for external applications only.",
            Ids,
            "an id such as 0x0100",
            "0x..",
            required: true);
        var key = Arguments.Option.Text("--key", "Sign with this private key; without one the package is unsigned.", "PEM");
        var debug = Arguments.Option.Flag("--debug", "Mark it as a debug build: a debug bootloader then checks no versions.");
        var validation = Arguments.Option.TrueOrFalse(
            "--boot-validation",
            "Say how the image is checked at every boot; false writes the shorter packet of SDK 12 to 14.",
            true);
        var force = Arguments.Option.Flag("--force", "Pack firmware that cannot be what it is given as, with a warning.");
        var output = new Option<string>("--output", "-o") { Description = "The package to write.", HelpName = "ZIP", Required = true };
        var command = new Command("create", "Make a package from firmware files, as Nordic's tools would.")
        {
            application, applicationVersion, bootloader, bootloaderVersion, softDevice, sdId, hwVersion, sdReq, key, debug, validation, force, output,
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
                HwVersion = (uint)result.GetRequiredValue(hwVersion)!.Value,
                SdReq = [.. result.GetRequiredValue(sdReq).SelectMany(ids => ids)],
                SoftDeviceIds = [.. result.GetRequiredValue(sdId).SelectMany(ids => ids)],
                IsDebug = result.GetValue(debug),
                BootValidation = result.GetValue(validation),
            };
            RefuseIdle(contents);
            using var privateKey = result.GetValue(key) is { } pem ? DfuKeys.ReadPrivate(pem) : null;
            var zip = PackageWriter.Create(contents, privateKey);
            DoubtLines.Judge(terminal, PackageDoubts.Of(contents, isSigned: privateKey is not null), result.GetValue(force));
            var path = result.GetRequiredValue(output);
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
        ];
        foreach (var (isIdle, option, other) in options)
        {
            if (!isIdle) continue;
            throw new DfuException(DfuError.InvalidArgument, $"{option} has no effect without {other}") { Remedy = $"Give {other}, or leave {option} out." };
        }
    }

    private static FirmwareFile? Load(string? path, ImageType part) => path is null ? null : FirmwareFile.Load(path, part);

    private static bool Id(string text, out uint? id)
    {
        var read = Arguments.Quantities.TryParseId(text, out var value);
        id = value;
        return read;
    }

    private static bool Ids(string text, out uint[] ids)
    {
        var parts = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        ids = new uint[parts.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            if (!Arguments.Quantities.TryParseId(parts[i], out ids[i])) return false;
        }

        return parts.Length > 0;
    }
}
