using System.Text.Json;
using System.Text.Json.Serialization;
using Dfu.Fleet.Adapters;

namespace Dfu.Reports;

/// <summary>What <c>dfu adapter list --json</c> prints: names and order of the fields are a contract.</summary>
public sealed record AdapterListDocument(IReadOnlyList<AdapterDocument> Adapters)
{
    public string ToJson() => JsonSerializer.Serialize(this, AdapterJson.Default.AdapterListDocument);
}

/// <summary>What <c>dfu adapter show --json</c> prints, and what is in the list.</summary>
public sealed record AdapterDocument(
    string Id, string Host, string Adapter, string Name, string State, string Detail, int Active, int Limit, double BytesPerSecond, int Connects,
    int FailedConnects, int Drops, string? HeldBy, int Reopened, int PowerCycled, int UsbReset, string LastReset, SelfTestDocument? SelfTest)
{
    /// <summary>Devices it works on; null in the list.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Devices { get; init; }

    public static AdapterDocument Of(AdapterView view, AdapterState? state = null)
    {
        var (host, adapter) = AdapterWords.Place(view);
        return new(
            view.Id, host, adapter, view.Name, AdapterWords.Word(view), view.Detail, view.Active, view.Limit, Math.Round(view.Rate, 1), view.Recent.Connects,
            view.Recent.FailedConnects, view.Recent.Drops, view.HeldBy, view.Steps.Reopened, view.Steps.PowerCycled, view.Steps.UsbReset, view.LastReset,
            view.SelfTest is { } test ? SelfTestDocument.Of(test) : null)
        {
            Devices = state is null ? null : [.. state.Slots.Select(static slot => slot.Device.ToString())],
        };
    }

    public string ToJson() => JsonSerializer.Serialize(this, AdapterJson.Default.AdapterDocument);
}

public sealed record SelfTestDocument(DateTimeOffset At, bool Passed, int Heard, double? ConnectSeconds, string Detail)
{
    public static SelfTestDocument Of(SelfTestReport report) => new(
        report.At.ToUniversalTime(), report.Passed, report.Heard, report.ConnectTime is { } time ? Math.Round(time.TotalSeconds, 3) : null, report.Detail);
}

/// <summary>What the commands that control an adapter print.</summary>
/// <param name="Devices">What is still under way on it.</param>
public sealed record AdapterControlDocument(
    string Id, string Action, bool Done, string Detail, string State, IReadOnlyList<string> Devices, SelfTestDocument? SelfTest)
{
    public string ToJson() => JsonSerializer.Serialize(this, AdapterJson.Default.AdapterControlDocument);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(AdapterListDocument))]
[JsonSerializable(typeof(AdapterControlDocument))]
internal sealed partial class AdapterJson : JsonSerializerContext;
