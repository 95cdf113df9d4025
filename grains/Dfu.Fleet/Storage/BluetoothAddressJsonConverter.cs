using System.Text.Json;
using System.Text.Json.Serialization;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Storage;

/// <summary>Addresses as people write them, also as names of members.</summary>
public sealed class BluetoothAddressJsonConverter : JsonConverter<BluetoothAddress>
{
    public override BluetoothAddress Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Parse(reader.GetString());

    public override BluetoothAddress ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Parse(reader.GetString());

    public override void Write(Utf8JsonWriter writer, BluetoothAddress value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());

    public override void WriteAsPropertyName(Utf8JsonWriter writer, BluetoothAddress value, JsonSerializerOptions options) =>
        writer.WritePropertyName(value.ToString());

    private static BluetoothAddress Parse(string? text) =>
        BluetoothAddress.TryParse(text, out var address) ? address : throw new JsonException($"'{text}' is not a Bluetooth address");
}
