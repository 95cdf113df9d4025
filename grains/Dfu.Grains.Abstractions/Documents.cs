using System.Collections.Immutable;
using Dfu.Adapters;
using Dfu.Fleet.Access;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Audit;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Plans;
using Dfu.Fleet.Storage;
using Dfu.Fleet.Updates;
using Dfu.Protocol.Links;

namespace Dfu.Grains;

/// <summary>How a record of the fleet travels: as the JSON it is also stored as, so that what it carries has one contract.</summary>
[GenerateSerializer, Immutable, Alias("dfu.document")]
public struct Document
{
    [Id(0)]
    public string Json { get; set; }
}

/// <summary>The fleet's records carry no Orleans attributes; this stands in for them.</summary>
public abstract class DocumentConverter<T> : IConverter<T, Document>
    where T : class
{
    public T ConvertFromSurrogate(in Document surrogate) => FleetJson.Read<T>(surrogate.Json);

    public Document ConvertToSurrogate(in T value) => new() { Json = FleetJson.Write(value) };
}

[RegisterConverter]
public sealed class HeardAirConverter : DocumentConverter<HeardAir>;

[RegisterConverter]
public sealed class KeptPackageConverter : DocumentConverter<KeptPackage>;

[RegisterConverter]
public sealed class DeviceStateConverter : DocumentConverter<DeviceState>;

[RegisterConverter]
public sealed class CampaignStateConverter : DocumentConverter<CampaignState>;

[RegisterConverter]
public sealed class CampaignEntryConverter : DocumentConverter<CampaignEntry>;

[RegisterConverter]
public sealed class CampaignLabelsConverter : DocumentConverter<CampaignLabels>;

[RegisterConverter]
public sealed class AdapterStateConverter : DocumentConverter<AdapterState>;

[RegisterConverter]
public sealed class ClassStateConverter : DocumentConverter<ClassState>;

[RegisterConverter]
public sealed class AdapterViewConverter : DocumentConverter<AdapterView>;

[RegisterConverter]
public sealed class TargetSelectionConverter : DocumentConverter<TargetSelection>;

[RegisterConverter]
public sealed class CampaignLimitsConverter : DocumentConverter<CampaignLimits>;

[RegisterConverter]
public sealed class CampaignKnowledgeConverter : DocumentConverter<CampaignKnowledge>;

[RegisterConverter]
public sealed class GrantedConverter : DocumentConverter<DeviceEvent.Granted>;

[RegisterConverter]
public sealed class HistoryEntryConverter : DocumentConverter<HistoryEntry>;

[RegisterConverter]
public sealed class CampaignPlanConverter : DocumentConverter<CampaignPlan>;

[RegisterConverter]
public sealed class FinishPlanConverter : DocumentConverter<FinishPlan>;

[RegisterConverter]
public sealed class TargetLabelConverter : DocumentConverter<TargetLabel>;

[RegisterConverter]
public sealed class CampaignControlConverter : DocumentConverter<CampaignControl>;

[RegisterConverter]
public sealed class CampaignStandingConverter : DocumentConverter<CampaignStanding>;

[RegisterConverter]
public sealed class AdapterControlConverter : DocumentConverter<AdapterControl>;

[RegisterConverter]
public sealed class AuditEntryConverter : DocumentConverter<AuditEntry>;

[RegisterConverter]
public sealed class DevicePassportConverter : DocumentConverter<DevicePassport>;

/// <summary>Events of a device, in their order. They travel as one document, for their kinds differ.</summary>
[GenerateSerializer, Immutable, Alias("dfu.device-events")]
public sealed class DeviceEvents
{
    [Id(0)]
    private readonly string _json;

    public DeviceEvents(ImmutableArray<DeviceEvent> events) => _json = FleetJson.Write(events);

    public ImmutableArray<DeviceEvent> Read() => FleetJson.Read<ImmutableArray<DeviceEvent>>(_json);
}

/// <summary>Events of a campaign, in their order. They travel as one document, for their kinds differ.</summary>
[GenerateSerializer, Immutable, Alias("dfu.campaign-events")]
public sealed class CampaignEvents
{
    [Id(0)]
    private readonly string _json;

    public CampaignEvents(ImmutableArray<CampaignEvent> events) => _json = FleetJson.Write(events);

    public ImmutableArray<CampaignEvent> Read() => FleetJson.Read<ImmutableArray<CampaignEvent>>(_json);
}

/// <summary>A Bluetooth address as its 48-bit number.</summary>
[GenerateSerializer, Immutable, Alias("dfu.address")]
public struct AddressNumber
{
    [Id(0)]
    public ulong Value { get; set; }
}

[RegisterConverter]
public sealed class AddressNumberConverter : IConverter<BluetoothAddress, AddressNumber>
{
    public BluetoothAddress ConvertFromSurrogate(in AddressNumber surrogate) => new(surrogate.Value);

    public AddressNumber ConvertToSurrogate(in BluetoothAddress value) => new() { Value = value.Value };
}

[GenerateSerializer, Immutable, Alias("dfu.traffic")]
public struct TrafficNumbers
{
    [Id(0)]
    public long Sent { get; set; }

    [Id(1)]
    public long Distinct { get; set; }
}

[RegisterConverter]
public sealed class DeviceTrafficConverter : IConverter<DeviceTraffic, TrafficNumbers>
{
    public DeviceTraffic ConvertFromSurrogate(in TrafficNumbers surrogate) => new(surrogate.Sent, surrogate.Distinct);

    public TrafficNumbers ConvertToSurrogate(in DeviceTraffic value) => new() { Sent = value.Sent, Distinct = value.Distinct };
}

[GenerateSerializer, Immutable, Alias("dfu.advertisement")]
public struct AdvertisementFields
{
    [Id(0)]
    public BluetoothAddress Address { get; set; }

    [Id(1)]
    public bool Public { get; set; }

    [Id(2)]
    public int Rssi { get; set; }

    [Id(3)]
    public string Name { get; set; }

    [Id(4)]
    public bool DfuService { get; set; }

    [Id(5)]
    public bool Connectable { get; set; }

    [Id(6)]
    public int Others { get; set; }
}

[RegisterConverter]
public sealed class AdvertisementConverter : IConverter<Advertisement, AdvertisementFields>
{
    public Advertisement ConvertFromSurrogate(in AdvertisementFields surrogate) => new(
        surrogate.Address,
        surrogate.Public ? AddressType.Public : AddressType.Random,
        surrogate.Rssi,
        surrogate.Name,
        surrogate.DfuService,
        surrogate.Connectable) { Others = (OtherServices)surrogate.Others };

    public AdvertisementFields ConvertToSurrogate(in Advertisement value) => new()
    {
        Address = value.Address,
        Public = value.AddressType == AddressType.Public,
        Rssi = value.Rssi,
        Name = value.Name,
        DfuService = value.DfuService,
        Connectable = value.Connectable,
        Others = (int)value.Others,
    };
}
