using Dfu.Fleet.Access;
using System.Text.Json;
using System.Text.Json.Serialization;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Errors;

namespace Dfu.Reports;

/// <summary>What <c>dfu device list --json</c> prints: names and order of the fields are a contract.</summary>
public sealed record DeviceListDocument(IReadOnlyList<DeviceRow> Devices)
{
    public string ToJson() => JsonSerializer.Serialize(this, DeviceJson.Default.DeviceListDocument);
}

public sealed record DeviceRow(
    string Device, string? Bootloader, string? Serial, string? Label, string? Order, string Outcome, string? Error, string Campaign, string? Adapter,
    DateTimeOffset? StartedAt, DateTimeOffset? EndedAt)
{
    public static DeviceRow Of(CampaignDevice one) => new(
        one.View.Application.ToString(),
        one.View.Bootloader?.ToString(),
        RunDevice.Known(one.View.Label?.Serial),
        RunDevice.Known(one.View.Label?.Label),
        RunDevice.Known(one.View.Label?.Order),
        ReportWords.CamelCase(one.View.Outcome.ToString()),
        one.View.Error == DfuError.None ? null : one.View.Error.Code(),
        one.Campaign.Campaign,
        one.View.Adapter,
        one.View.StartedAt,
        one.View.EndedAt);
}

/// <summary>What <c>dfu device show --json</c> prints.</summary>
public sealed record DeviceDocument(
    string Device, string? Campaign, RunDevice? Update, string? Class, string? Keeps, IReadOnlyList<DeviceImage> Images, string? Revision,
    string? HardwareRevision, DeviceWear Wear, bool Worn, string? Advice)
{
    public static DeviceDocument Of(FoundDevice found)
    {
        var wear = found.Device.Passport?.Wear is { } known && known != default ? known : found.View?.LifetimeWear ?? default;
        return new(
            (found.View?.Application ?? found.Device.Name).ToString(),
            found.Campaign?.Campaign,
            found.View is { } view ? RunDevice.Full(view, view.Adapter is { } adapter ? ReportWords.Place(adapter, "").Host : "") : null,
            found.Device.State?.Class,
            found.Traits is { } traits ? ReportWords.CamelCase(traits.Traits.Keeps.ToString()) : null,
            [.. (found.Device.Passport?.Images ?? []).Select(static image => new DeviceImage(
                ReportWords.CamelCase(image.Type.ToString()), image.Version, image.Sha256, image.PackageId, image.At))],
            RunDevice.Known(found.Device.Passport?.Revision),
            RunDevice.Known(found.Device.Passport?.HardwareRevision),
            wear,
            wear.Settings >= DeviceWear.Warning,
            found.Advised);
    }

    public string ToJson() => JsonSerializer.Serialize(this, DeviceJson.Default.DeviceDocument);
}

public sealed record DeviceImage(string Type, uint Version, string Sha256, string Package, DateTimeOffset Since);

/// <summary>What <c>dfu device history --json</c> prints.</summary>
public sealed record DeviceHistoryDocument(string Device, IReadOnlyList<DeviceHistoryRow> Entries)
{
    /// <param name="entries">Oldest first.</param>
    public static DeviceHistoryDocument Of(string device, IEnumerable<HistoryEntry> entries) => new(
        device,
        [.. entries.Select(static entry => new DeviceHistoryRow(entry.At.ToUniversalTime(), entry.Campaign, entry.Kind, entry.Text))]);

    public string ToJson() => JsonSerializer.Serialize(this, DeviceJson.Default.DeviceHistoryDocument);
}

public sealed record DeviceHistoryRow(DateTimeOffset At, string Campaign, string Kind, string Text);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(DeviceListDocument))]
[JsonSerializable(typeof(DeviceDocument))]
[JsonSerializable(typeof(DeviceHistoryDocument))]
internal sealed partial class DeviceJson : JsonSerializerContext;
