using System.Text.Json;
using System.Text.Json.Serialization;
using Dfu.Fleet.Storage;

namespace Dfu.Api;

/// <summary>
/// How the HTTP API writes the fleet's records: members and enumerations in camelCase, addresses as <c>C0:98:76:54:32:10</c>, spans of time as
/// <c>00:02:00</c>, moments in ISO 8601. What is not known is skipped, what is missing has its default.
/// </summary>
public static class ApiJson
{
    public static JsonSerializerOptions Options { get; } = Set(new(JsonSerializerDefaults.Web));

    /// <summary>Makes options, such as those of a web host, the API's.</summary>
    public static JsonSerializerOptions Set(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        options.IgnoreReadOnlyProperties = true;
        options.RespectNullableAnnotations = true;
        options.RespectRequiredConstructorParameters = true;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false));
        options.Converters.Add(new BluetoothAddressJsonConverter());
        return options;
    }
}
