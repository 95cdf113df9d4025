using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Dfu.Protocol.Errors;

namespace Dfu.Fleet.Storage;

/// <summary>
/// The fleet's records as JSON, as they are stored and as they travel. A member that is missing has its initializer's value, one that
/// is not known is skipped; one that is required, and every one of a positional record, must be there.
/// </summary>
/// <remarks>By reflection: what .NET 10 generates sets a missing init-only member to null or zero, whatever its initializer says.</remarks>
public static class FleetJson
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        IgnoreReadOnlyProperties = true,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Converters = { new JsonStringEnumConverter(), new BluetoothAddressJsonConverter() },
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
    };

    public static string Write<T>(T record) => JsonSerializer.Serialize(record, Options);

    /// <summary>The same as UTF-8.</summary>
    public static byte[] WriteBytes<T>(T record) => JsonSerializer.SerializeToUtf8Bytes(record, Options);

    /// <exception cref="DfuException">DataDirectoryForeign for a newer version, DataDirectoryUnusable for text that is no such record.</exception>
    public static T Read<T>(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, Options) ?? throw new JsonException("null");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw Unreadable<T>(e);
        }
    }

    /// <inheritdoc cref="Read{T}(string)"/>
    public static T Read<T>(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, Options) ?? throw new JsonException("null");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw Unreadable<T>(e);
        }
    }

    private static DfuException Unreadable<T>(Exception e) =>
        new(DfuError.DataDirectoryUnusable, $"a {typeof(T).Name} cannot be read: {e.Message}", e);
}
