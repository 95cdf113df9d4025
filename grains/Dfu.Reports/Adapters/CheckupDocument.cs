using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Dfu.Adapters;

namespace Dfu.Reports;

/// <summary>What <c>dfu doctor --json</c> prints: names and order of the fields are a contract.</summary>
public sealed record CheckupDocument(
    bool Usable, string Kernel, [property: JsonPropertyName("bluez")] string? BlueZ,
    IReadOnlyList<CheckupAdapter> Adapters, IReadOnlyList<CheckupFinding> Findings)
{
    // A remedy is to be copied out of the document as it stands.
    private static readonly CheckupJson Json = new(
        new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    public static CheckupDocument Of(Checkup checkup) => new(
        checkup.Usable,
        checkup.Kernel,
        checkup.BlueZ,
        [.. checkup.Adapters.Select(CheckupAdapter.Of)],
        [.. checkup.Findings.Select(CheckupFinding.Of)]);

    public string ToJson() => JsonSerializer.Serialize(this, Json.CheckupDocument);
}

public sealed record CheckupAdapter(
    string Id, string Name, string? Address, string? Alias, bool? Powered, bool? LowEnergy, bool? Central,
    string? UsbId, string? Product, int? HciVersion, bool? Phy2M,
    int? AclBuffers, string Blocked, bool? ConnectsUnheard, bool Usable)
{
    public static CheckupAdapter Of(CheckedAdapter adapter) => new(
        adapter.Id, adapter.Name, adapter.Address, adapter.Alias, adapter.Powered, adapter.LowEnergy, adapter.Central,
        adapter.UsbId, adapter.Product, adapter.HciVersion, adapter.Phy2M,
        adapter.AclBuffers, adapter.Blocked, adapter.ConnectsUnheard, adapter.Usable);
}

public sealed record CheckupFinding(string Topic, string Verdict, string Text, string Remedy, string? Adapter)
{
    public static CheckupFinding Of(Finding finding) =>
        new(finding.Topic, finding.Verdict.ToString().ToLowerInvariant(), finding.Text, finding.Remedy, finding.Adapter.Length == 0 ? null : finding.Adapter);
}

[JsonSerializable(typeof(CheckupDocument))]
internal sealed partial class CheckupJson : JsonSerializerContext;
