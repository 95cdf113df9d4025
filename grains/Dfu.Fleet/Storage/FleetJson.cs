using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
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

    private static readonly Type[] First =
        [typeof(AdapterState), typeof(DirectoryState), typeof(CampaignState), typeof(DeviceRecord), typeof(CampaignFrame), typeof(DeviceRow)];

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

    /// <summary>
    /// Finds out how the records are written that an update begins with, and all that they are made of: the first of a kind would wait for that. It can be
    /// done beside whatever else is started.
    /// </summary>
    public static void Prepare()
    {
        var found = new HashSet<Type>();
        foreach (var record in First) Prepare(record, found);
    }

    private static void Prepare(Type type, HashSet<Type> found)
    {
        if (!found.Add(type)) return;
        var info = Options.GetTypeInfo(type);
        foreach (var member in info.Properties) Prepare(member.PropertyType, found);
        if (info.ElementType is { } element) Prepare(element, found);
    }

    private static DfuException Unreadable<T>(Exception e) =>
        new(DfuError.DataDirectoryUnusable, $"a {typeof(T).Name} cannot be read: {e.Message}", e);
}
