using System.Text.Json;
using System.Text.Json.Serialization;
using Dfu.Protocol.Packages.Settings;

namespace Dfu.Cli.Reports;

/// <summary>What <c>dfu settings show --json</c> prints: names and order of the fields are a contract.</summary>
internal sealed record SettingsDocument(
    int Version, string? Address, string? Backup, uint ApplicationVersion, uint BootloaderVersion, uint SoftDeviceBytes,
    uint BankLayout, uint BankCurrent, SettingsDocument.Bank Bank0, SettingsDocument.Bank Bank1, int InitPacketBytes, string Crc32, bool CrcMatches,
    SettingsDocument.Validations BootValidation)
{
    internal sealed record Bank(uint Bytes, string Crc32, uint Code);

    internal sealed record Validations(string Application, string SoftDevice, string Bootloader, string? Crc32, bool CrcMatches);

    public static SettingsDocument Of(FoundSettings found)
    {
        var page = found.Page;
        return new(
            page.Version,
            found.Address is { } address ? Hex(address) : null,
            found.Backup is { } backup ? Hex(backup) : null,
            page.ApplicationVersion,
            page.BootloaderVersion,
            page.SoftDeviceSize,
            page.BankLayout,
            page.BankCurrent,
            Of(page.Bank0),
            Of(page.Bank1),
            page.InitPacket.Length,
            Hex(page.Crc),
            page.CrcMatches,
            new(
                BootValidations.Code(page.ApplicationValidation.Kind),
                BootValidations.Code(page.SoftDeviceValidation.Kind),
                BootValidations.Code(page.BootloaderValidation.Kind),
                page.Version == 1 ? null : Hex(page.ValidationCrc),
                page.ValidationCrcMatches));
    }

    public string ToJson() => JsonSerializer.Serialize(this, SettingsJson.Default.SettingsDocument);

    private static Bank Of(SettingsBank bank) => new(bank.Size, Hex(bank.Crc), bank.Code);

    private static string Hex(uint number) => $"0x{number:x8}";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(SettingsDocument))]
internal sealed partial class SettingsJson : JsonSerializerContext;
