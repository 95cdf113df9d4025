using System.Text.Json;
using System.Text.Json.Serialization;
using Dfu.Protocol.Errors;

namespace Dfu.Fleet.Storage;

/// <summary>The version of a stored state, its first member: reading a state of a newer one throws DataDirectoryForeign instead of misreading it.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class StoredVersionAttribute(string state, int current) : JsonConverterAttribute
{
    public override JsonConverter CreateConverter(Type typeToConvert) => new Converter(state, current);

    private sealed class Converter(string state, int current) : JsonConverter<int>
    {
        public override int Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            var version = reader.GetInt32();
            return version <= current
                ? version
                : throw new DfuException(
                    DfuError.DataDirectoryForeign, $"a stored {state} has version {version}; this program knows versions up to {current}");
        }

        public override void Write(Utf8JsonWriter writer, int value, JsonSerializerOptions options) => writer.WriteNumberValue(value);
    }
}
