using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Storage;

/// <summary>Stored states as JSON; each carries its version in <c>v</c>, and one from a newer program is refused rather than misread.</summary>
public static class FleetJson
{
    public static string Write(CampaignState state) => JsonSerializer.Serialize(state, FleetJsonContext.Default.CampaignState);

    public static string Write(DeviceState state) => JsonSerializer.Serialize(state, FleetJsonContext.Default.DeviceState);

    public static string Write(ClassState state) => JsonSerializer.Serialize(state, FleetJsonContext.Default.ClassState);

    public static string Write(AdapterState state) => JsonSerializer.Serialize(state, FleetJsonContext.Default.AdapterState);

    /// <exception cref="DfuException">DataDirectoryForeign for a newer version, DataDirectoryUnusable for text that is no such state.</exception>
    public static CampaignState ReadCampaign(string json) => Read(json, FleetJsonContext.Default.CampaignState, CampaignState.CurrentVersion);

    /// <inheritdoc cref="ReadCampaign"/>
    public static DeviceState ReadDevice(string json) => Read(json, FleetJsonContext.Default.DeviceState, DeviceState.CurrentVersion);

    /// <inheritdoc cref="ReadCampaign"/>
    public static ClassState ReadClass(string json) => Read(json, FleetJsonContext.Default.ClassState, ClassState.CurrentVersion);

    /// <inheritdoc cref="ReadCampaign"/>
    public static AdapterState ReadAdapter(string json) => Read(json, FleetJsonContext.Default.AdapterState, AdapterState.CurrentVersion);

    private static T Read<T>(string json, JsonTypeInfo<T> type, int known)
        where T : class
    {
        try
        {
            using (var document = JsonDocument.Parse(json))
            {
                var version = document.RootElement.GetProperty("v").GetInt32();
                if (version > known)
                    throw new DfuException(DfuError.DataDirectoryForeign, $"a stored {typeof(T).Name} has version {version}; this program knows versions up to {known}");
            }

            return JsonSerializer.Deserialize(json, type) ?? throw new JsonException("null");
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new DfuException(DfuError.DataDirectoryUnusable, $"a stored {typeof(T).Name} cannot be read: {e.Message}", e);
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(BluetoothAddressConverter)])]
[JsonSerializable(typeof(CampaignState))]
[JsonSerializable(typeof(DeviceState))]
[JsonSerializable(typeof(ClassState))]
[JsonSerializable(typeof(AdapterState))]
internal sealed partial class FleetJsonContext : JsonSerializerContext;

internal sealed class BluetoothAddressConverter : JsonConverter<BluetoothAddress>
{
    public override BluetoothAddress Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Parse(reader.GetString());

    public override BluetoothAddress ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Parse(reader.GetString());

    public override void Write(Utf8JsonWriter writer, BluetoothAddress value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());

    public override void WriteAsPropertyName(Utf8JsonWriter writer, BluetoothAddress value, JsonSerializerOptions options) => writer.WritePropertyName(value.ToString());

    private static BluetoothAddress Parse(string? text) =>
        BluetoothAddress.TryParse(text, out var address) ? address : throw new JsonException($"'{text}' is not a Bluetooth address");
}
