using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Updates;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Storage;

/// <summary>Stored states as JSON; each carries its version in <c>v</c>, and one from a newer program is refused rather than misread.</summary>
public static class FleetJson
{
    private static readonly JsonObject EmptyCampaign = Optional(
        Write(new CampaignState { Id = "", PackageId = "", Targets = "", ImageSizes = [], HwVersion = 0 }), "id", "packageId", "targets", "imageSizes", "hwVersion");

    private static readonly JsonObject EmptyDevice = Optional(Write(DeviceState.New(default, [], default)), "id", "application", "imageSizes", "images");
    private static readonly JsonObject EmptyClass = Optional(Write(new ClassState { Key = "", HwVersion = 0, Traits = new() }), "key", "hwVersion");
    private static readonly JsonObject EmptyAdapter = Optional(Write(new AdapterState { Id = "" }), "id");
    private static readonly JsonObject EmptyDirectory = Optional(Write(new DirectoryState()));
    private static readonly JsonObject EmptySummary = Optional(Write(new CampaignSummary()));

    private static readonly JsonObject EmptyRecord = Optional(
        Write(new DeviceRecord { Campaign = "", PackageId = "", Device = DeviceState.New(default, [], default) }), "campaign", "packageId", "device");

    private static readonly JsonObject EmptyHistory = Optional(Write(new DeviceHistory()));

    /// <summary>Records whose members may be missing where an older program wrote them; an element of a list stands for all of them.</summary>
    private static readonly Dictionary<Type, JsonObject> Empty = new()
    {
        [typeof(CampaignState)] = EmptyCampaign,
        [typeof(DeviceState)] = EmptyDevice,
        [typeof(ClassState)] = EmptyClass,
        [typeof(AdapterState)] = EmptyAdapter,
        [typeof(TargetSelection)] = Optional(ToJson(new TargetSelection())),
        [typeof(AdapterView)] = Optional(ToJson(new AdapterView { Id = "" }), "id"),
        [typeof(CampaignView)] = EmptyView(),
    };

    public static string Write(CampaignState state) => JsonSerializer.Serialize(state, FleetJsonContext.Default.CampaignState);

    public static string Write(DeviceState state) => JsonSerializer.Serialize(state, FleetJsonContext.Default.DeviceState);

    public static string Write(ClassState state) => JsonSerializer.Serialize(state, FleetJsonContext.Default.ClassState);

    public static string Write(AdapterState state) => JsonSerializer.Serialize(state, FleetJsonContext.Default.AdapterState);

    public static string Write(DeviceRecord record) => JsonSerializer.Serialize(record, FleetJsonContext.Default.DeviceRecord);

    public static string Write(DeviceHistory history) => JsonSerializer.Serialize(history, FleetJsonContext.Default.DeviceHistory);

    public static string Write(DirectoryState state) => JsonSerializer.Serialize(state, FleetJsonContext.Default.DirectoryState);

    public static string Write(CampaignSummary summary) => JsonSerializer.Serialize(summary, FleetJsonContext.Default.CampaignSummary);

    /// <exception cref="DfuException">DataDirectoryForeign for a newer version, DataDirectoryUnusable for text that is no such state.</exception>
    public static CampaignState ReadCampaign(string json) => Read(json, FleetJsonContext.Default.CampaignState, EmptyCampaign, CampaignState.CurrentVersion);

    /// <inheritdoc cref="ReadCampaign"/>
    public static DeviceState ReadDevice(string json) => Read(json, FleetJsonContext.Default.DeviceState, EmptyDevice, DeviceState.CurrentVersion);

    /// <inheritdoc cref="ReadCampaign"/>
    public static ClassState ReadClass(string json) => Read(json, FleetJsonContext.Default.ClassState, EmptyClass, ClassState.CurrentVersion);

    /// <inheritdoc cref="ReadCampaign"/>
    public static AdapterState ReadAdapter(string json) => Read(json, FleetJsonContext.Default.AdapterState, EmptyAdapter, AdapterState.CurrentVersion);

    /// <inheritdoc cref="ReadCampaign"/>
    public static DeviceRecord ReadDeviceRecord(string json) => Read(json, FleetJsonContext.Default.DeviceRecord, EmptyRecord, DeviceRecord.CurrentVersion, static record =>
        Complete<DeviceState>(record["device"]?.AsObject(), EmptyDevice, DeviceState.CurrentVersion));

    /// <inheritdoc cref="ReadCampaign"/>
    public static DeviceHistory ReadDeviceHistory(string json) => Read(json, FleetJsonContext.Default.DeviceHistory, EmptyHistory, DeviceHistory.CurrentVersion);

    /// <inheritdoc cref="ReadCampaign"/>
    public static DirectoryState ReadDirectory(string json) => Read(json, FleetJsonContext.Default.DirectoryState, EmptyDirectory, DirectoryState.CurrentVersion);

    /// <inheritdoc cref="ReadCampaign"/>
    public static CampaignSummary ReadSummary(string json) => Read(json, FleetJsonContext.Default.CampaignSummary, EmptySummary, CampaignSummary.CurrentVersion);

    /// <summary>Any record that hosts of a fleet exchange.</summary>
    /// <exception cref="ArgumentException">It is none.</exception>
    public static string ToJson<T>(T value) => JsonSerializer.Serialize(value, TypeOf<T>());

    /// <exception cref="DfuException">DataDirectoryUnusable for text that is no such record.</exception>
    public static T FromJson<T>(string json)
    {
        try
        {
            if (!Empty.TryGetValue(typeof(T), out var empty)) return JsonSerializer.Deserialize(json, TypeOf<T>()) ?? throw new JsonException("null");
            var record = JsonNode.Parse(json)?.AsObject() ?? throw new JsonException("null");
            FillIn(record, empty);
            return record.Deserialize(TypeOf<T>()) ?? throw new JsonException("null");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw new DfuException(DfuError.DataDirectoryUnusable, $"a {typeof(T).Name} cannot be read: {e.Message}", e);
        }
    }

    private static JsonTypeInfo<T> TypeOf<T>() => (JsonTypeInfo<T>?)(FleetJsonContext.Default.GetTypeInfo(typeof(T)) ?? CampaignEventJsonContext.Default.GetTypeInfo(typeof(T))) ?? throw new ArgumentException($"{typeof(T).Name} is no record of the fleet");

    /// <param name="parts">Does the same for states within it, which have versions of their own.</param>
    private static T Read<T>(string json, JsonTypeInfo<T> type, JsonObject empty, int known, Action<JsonObject>? parts = null)
        where T : class
    {
        try
        {
            var state = Complete<T>(JsonNode.Parse(json)?.AsObject(), empty, known);
            parts?.Invoke(state);
            return state.Deserialize(type) ?? throw new JsonException("null");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw new DfuException(DfuError.DataDirectoryUnusable, $"a stored {typeof(T).Name} cannot be read: {e.Message}", e);
        }
    }

    private static JsonObject Complete<T>(JsonObject? state, JsonObject empty, int known)
    {
        var version = state?["v"]?.GetValue<int>() ?? throw new JsonException("no version");
        if (version > known)
            throw new DfuException(DfuError.DataDirectoryForeign, $"a stored {typeof(T).Name} has version {version}; this program knows versions up to {known}");
        FillIn(state, empty);
        return state;
    }

    /// <summary>A field that did not exist yet when the state was stored gets its default. What is null is stored as null, so missing means older.</summary>
    private static void FillIn(JsonObject state, JsonObject empty)
    {
        foreach (var (name, value) in empty)
        {
            if (!state.ContainsKey(name)) state[name] = value is JsonArray ? new JsonArray() : value?.DeepClone();
            else if (state[name] is JsonObject inner && value is JsonObject emptyInner) FillIn(inner, emptyInner);
            else if (state[name] is JsonArray items && value is JsonArray and [JsonObject emptyItem])
            {
                foreach (var item in items.OfType<JsonObject>()) FillIn(item, emptyItem);
            }
        }
    }

    private static JsonObject EmptyView()
    {
        var view = Optional(
            ToJson(new CampaignView { Id = "", PackageId = "", Devices = [new() { Application = default }], Adapters = [new() { Id = "" }] }), "id", "packageId");
        view["devices"]![0]!.AsObject().Remove("application");
        view["adapters"]![0]!.AsObject().Remove("id");
        return view;
    }

    private static JsonObject Optional(string json, params string[] required)
    {
        var empty = JsonNode.Parse(json)!.AsObject();
        foreach (var name in required) empty.Remove(name);
        return empty;
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    Converters = [typeof(BluetoothAddressConverter)])]
[JsonSerializable(typeof(CampaignState))]
[JsonSerializable(typeof(DeviceState))]
[JsonSerializable(typeof(DeviceRecord))]
[JsonSerializable(typeof(DeviceHistory))]
[JsonSerializable(typeof(ClassState))]
[JsonSerializable(typeof(AdapterState))]
[JsonSerializable(typeof(DirectoryState))]
[JsonSerializable(typeof(CampaignSummary))]
[JsonSerializable(typeof(CampaignView))]
[JsonSerializable(typeof(AdapterView))]
[JsonSerializable(typeof(TargetSelection))]
[JsonSerializable(typeof(CampaignKnowledge))]
[JsonSerializable(typeof(HistoryEntry))]
[JsonSerializable(typeof(DeviceEvent.Granted))]
[JsonSerializable(typeof(ImmutableArray<DeviceEvent>))]
[JsonSerializable(typeof(ImmutableArray<HistoryEntry>))]
internal sealed partial class FleetJsonContext : JsonSerializerContext;

/// <summary>Apart from the others because kinds of events of devices and of campaigns have the same names.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    Converters = [typeof(BluetoothAddressConverter)])]
[JsonSerializable(typeof(ImmutableArray<CampaignEvent>))]
internal sealed partial class CampaignEventJsonContext : JsonSerializerContext;

internal sealed class BluetoothAddressConverter : JsonConverter<BluetoothAddress>
{
    public override BluetoothAddress Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Parse(reader.GetString());

    public override BluetoothAddress ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Parse(reader.GetString());

    public override void Write(Utf8JsonWriter writer, BluetoothAddress value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());

    public override void WriteAsPropertyName(Utf8JsonWriter writer, BluetoothAddress value, JsonSerializerOptions options) => writer.WritePropertyName(value.ToString());

    private static BluetoothAddress Parse(string? text) =>
        BluetoothAddress.TryParse(text, out var address) ? address : throw new JsonException($"'{text}' is not a Bluetooth address");
}
