using System.Text.Json;
using System.Text.Json.Serialization;
using Dfu.Fleet.Release;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Reports;

/// <summary>What <c>dfu device release --json</c> prints: names and order of the fields are a contract.</summary>
public sealed record ReleaseDocument(string Outcome, IReadOnlyList<ReleaseRow> Devices)
{
    /// <param name="asked">All that were given; those that are not in <paramref name="released"/> were not asked any more.</param>
    public static ReleaseDocument Of(IReadOnlyList<ReleasedDevice> released, IReadOnlyCollection<BluetoothAddress> asked) => new(
        released.Count < asked.Count ? "interrupted" : released.All(device => device.Error == DfuError.None) ? "succeeded" : "failed",
        [.. released.Select(ReleaseRow.Of)]);

    public string ToJson() => JsonSerializer.Serialize(this, ReleaseJson.Default.ReleaseDocument);
}

public sealed record ReleaseRow(string Device, string? Application, string? Bootloader, string? Error, string Detail)
{
    public static ReleaseRow Of(ReleasedDevice device) => new(
        device.Address.ToString(),
        device.Application?.ToString(),
        device.Bootloader?.ToString(),
        device.Error == DfuError.None ? null : device.Error.Code(),
        device.Detail);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(ReleaseDocument))]
internal sealed partial class ReleaseJson : JsonSerializerContext;
