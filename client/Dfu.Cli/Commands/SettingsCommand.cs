using System.CommandLine;
using System.Text;
using Dfu.Cli.Arguments;
using Dfu.Cli.Reports;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Packages.Settings;

namespace Dfu.Cli.Commands;

/// <summary><c>dfu settings generate|show</c>.</summary>
internal static class SettingsCommand
{
    public static Command Create(Terminal terminal) =>
        new("settings", "Make the bootloader settings page that is programmed into new devices, or look into one.") { Generate(terminal), Show(terminal) };

    private static Command Generate(Terminal terminal)
    {
        var file = new Argument<string>("FILE") { Description = "The HEX file to write." };
        var family = Arguments.Option.Of<SettingsPlace>(
            "--family",
            "The chip, which says where its settings page is.",
            SettingsPlace.TryParse,
            $"one of {string.Join(", ", SettingsPlace.All.Select(place => place.Family))}",
            null,
            "CHIP");
        family.Required = true;
        var application = Arguments.Option.Text(
            "--application", "The application that is programmed along; without one the bootloader waits for an update.", "BIN|HEX");
        var applicationVersion = Arguments.Option.Whole(
            "--application-version", "Its version, 1.2.3 or a number.", WholeNumbers.ReadVersion, "VERSION", "--application-version-string");
        var bootloaderVersion = Arguments.Option.Whole(
            "--bootloader-version", "The version of the bootloader that is programmed along.", WholeNumbers.ReadVersion, "VERSION");
        bootloaderVersion.Required = true;
        var version = Arguments.Option.Number("--bl-settings-version", "1 for bootloaders of SDK 12 to 15.2, 2 for SDK 15.3 and newer.", 1, 2);
        version.Required = true;
        var softDevice = Arguments.Option.Text("--softdevice", "The SoftDevice that is programmed along, for its boot validation.", "BIN|HEX");
        var appValidation = BootValidationOption.Of("--app-boot-validation", "How the application is checked at every start (version 2); crc unless given.");
        var sdValidation = BootValidationOption.Of("--sd-boot-validation", "The same for the SoftDevice.");
        var key = KeyOption.Private("Sign boot validations of the kind ecdsa with this private key.");
        var start = Address("--start-address", "Where the page is, if the bootloader was built for another place.", "--custom-bl-settings-addr");
        var backup = Address("--backup-address", "Where its copy is; one page below unless given.");
        var noBackup = Arguments.Option.Flag("--no-backup", "Leave the copy out: bootloaders before SDK 15.1 have none.");
        var force = Arguments.Option.Flag("--force", "Write the page although the firmware cannot be what it is given as, with a warning.");
        var command = new Command("generate", "Write a settings page as Intel HEX, to be programmed with SoftDevice, bootloader and application.")
        {
            file, family, application, applicationVersion, bootloaderVersion, version, softDevice, appValidation, sdValidation, key, start, backup, noBackup,
            force,
        };
        command.SetAction(result =>
        {
            var path = result.GetRequiredValue(file);
            OutputFile.RefuseInput(path, result.GetValue(application), result.GetValue(softDevice), result.GetValue(key));
            var pages = result.GetRequiredValue(family).Place(result.GetValue(start), result.GetValue(backup), result.GetValue(noBackup));
            var contents = new SettingsContents
            {
                Version = result.GetRequiredValue(version)!.Value,
                BootloaderVersion = result.GetRequiredValue(bootloaderVersion)!.Value,
                Application = Load(result.GetValue(application), ImageType.Application),
                ApplicationVersion = result.GetValue(applicationVersion),
                SoftDevice = Load(result.GetValue(softDevice), ImageType.SoftDevice),
                ApplicationBootValidation = result.GetValue(appValidation),
                SoftDeviceBootValidation = result.GetValue(sdValidation),
            };
            using var privateKey = key.Read(result, terminal);
            var page = contents.ToPage(privateKey);
            if (privateKey is not null && !page.IsSigned)
                throw new DfuException(DfuError.InvalidArgument, "--key has no effect without boot validation of the kind ecdsa") { Remedy = "Leave it out." };
            DoubtLines.Judge(terminal, contents.Doubts(), result.GetValue(force), "writes the page all the same");
            var hex = Encoding.ASCII.GetBytes(SettingsFile.ToHex(page, pages.Address, pages.Backup));
            OutputFile.Write(path, hex);
            SettingsSheet.Write(terminal.OutConsole, path, SettingsFile.Read(hex, pages.Address)); // the file itself may be /dev/stdout
        });
        return command;
    }

    private static Command Show(Terminal terminal)
    {
        var file = new Argument<string>("FILE") { Description = "The page as HEX or BIN, or the flash of a chip that it is in." };
        var start = Address("--start-address", "Where in the file's flash the page is; where bootloaders have it unless given.");
        var json = Arguments.Option.Flag("--json", "Print one JSON document.");
        var command = new Command("show", "Show what a settings page says, and check its CRCs.") { file, start, json };
        command.SetAction(result =>
        {
            var path = result.GetRequiredValue(file);
            var found = SettingsFile.Read(path, result.GetValue(start));
            if (result.GetValue(json)) terminal.Out.WriteLine(SettingsDocument.Of(found).ToJson());
            else SettingsSheet.Write(terminal.OutConsole, path, found);
            if (found.Page is { CrcMatches: true, ValidationCrcMatches: true }) return ExitCode.Succeeded;
            throw new DfuException(
                DfuError.FirmwareInvalid,
                $"{path}: the CRC-32 {(found.Page.CrcMatches ? "of the boot validations" : "of the settings")} does not fit: a bootloader ignores this page")
            {
                Remedy = "Make it again with 'dfu settings generate', or read it from the chip again",
            };
        });
        return command;
    }

    private static Option<uint?> Address(string name, string description, params string[] aliases) => Arguments.Option.Whole(
        name,
        description,
        (string text, out uint value) => WholeNumbers.Read(text, 0, uint.MaxValue, "an address such as 0xFF000", out value),
        "0x..",
        aliases);

    private static FirmwareFile? Load(string? path, ImageType part) => path is null ? null : FirmwareFile.Load(path, part);
}
