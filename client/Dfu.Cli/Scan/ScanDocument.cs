using System.Text.Json;
using System.Text.Json.Serialization;
using Dfu.Adapters;
using Dfu.Fleet.Scan;
using Dfu.Silo.Scan;

namespace Dfu.Cli.Scan;

/// <summary>What <c>dfu scan --json</c> prints: names and order of the fields are a contract.</summary>
/// <param name="Others">How many more were heard that were not asked for.</param>
internal sealed record ScanDocument(
    string Outcome, double Seconds, IReadOnlyList<ScanDocumentAdapter> Adapters, IReadOnlyList<ScanDocumentDevice> Devices, int Others)
{
    public static ScanDocument Of(ScanView view, IReadOnlyList<HeardUnit> wanted, bool interrupted) => new(
        interrupted ? "interrupted" : wanted.Count > 0 ? "heard" : "nothing",
        Math.Round(view.Listened.TotalSeconds, 3),
        [.. view.Radios.Select(ScanDocumentAdapter.Of)],
        [.. wanted.Select(unit => ScanDocumentDevice.Of(unit, view))],
        view.Units.Length - wanted.Count);

    public string ToJson() => JsonSerializer.Serialize(this, ScanJson.Default.ScanDocument);
}

/// <summary>What <c>dfu scan --watch --json</c> prints, in a line, when something changes; one of both is there.</summary>
internal sealed record ScanEvent(string Event, ScanDocumentDevice? Device, ScanDocumentAdapter? Adapter)
{
    public string ToJson() => JsonSerializer.Serialize(this, ScanJsonLine.Default.ScanEvent);
}

internal sealed record ScanDocumentAdapter(string Adapter, string State, string Detail)
{
    public static ScanDocumentAdapter Of(ScanRadio radio) => new(radio.Id, radio.State.ToString().ToLowerInvariant(), radio.Detail);
}

internal sealed record ScanDocumentDevice(
    string Address, string AddressType, string Name, string Mode, int Signal, string Adapter, string? Application, string? Bootloader, bool Connectable,
    double HeardAgo, IReadOnlyList<string> Services, IReadOnlyList<ScanDocumentSignal> HeardBy)
{
    private static readonly (OtherServices Service, string Name)[] Names =
    [
        (OtherServices.LegacyDfu, "legacyDfu"), (OtherServices.Sdk12Buttonless, "sdk12Buttonless"), (OtherServices.Uart, "uart"), (OtherServices.Smp, "smp"),
    ];

    public static ScanDocumentDevice Of(HeardUnit unit, ScanView view) => new(
        unit.Address.ToString(),
        unit.AddressType.ToString().ToLowerInvariant(),
        unit.Name,
        char.ToLowerInvariant(unit.Mode.ToString()[0]) + unit.Mode.ToString()[1..],
        unit.Signal,
        view.Radios[unit.By[0].Adapter].Id,
        unit.Application?.ToString(),
        unit.Bootloader?.ToString(),
        unit.Connectable,
        Math.Round(unit.Silence.TotalSeconds, 1),
        [.. unit.DfuService ? (string[])["dfu"] : [], .. Names.Where(pair => unit.Others.HasFlag(pair.Service)).Select(static pair => pair.Name)],
        [.. unit.By.Select(heard => new ScanDocumentSignal(view.Radios[heard.Adapter].Id, heard.Rssi))]);
}

internal sealed record ScanDocumentSignal(string Adapter, int Signal);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(ScanDocument))]
internal sealed partial class ScanJson : JsonSerializerContext;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ScanEvent))]
internal sealed partial class ScanJsonLine : JsonSerializerContext;
