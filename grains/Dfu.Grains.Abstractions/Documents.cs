using Dfu.Adapters;
using Dfu.Fleet.Access;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Audit;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Peers;
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

[RegisterConverter]
public sealed class AttemptNameConverter : DocumentConverter<AttemptName>;

[RegisterConverter]
public sealed class AttemptOrderConverter : DocumentConverter<AttemptOrder>;

[RegisterConverter]
public sealed class AttemptStopConverter : DocumentConverter<AttemptStop>;

[RegisterConverter]
public sealed class AttemptReportConverter : DocumentConverter<AttemptReport>;

[RegisterConverter]
public sealed class ReportReceiptConverter : DocumentConverter<ReportReceipt>;

[RegisterConverter]
public sealed class AdapterOpeningConverter : DocumentConverter<AdapterOpening>;

[RegisterConverter]
public sealed class CampaignOrderConverter : DocumentConverter<CampaignOrder>;

[RegisterConverter]
public sealed class CampaignTicketConverter : DocumentConverter<CampaignTicket>;

[RegisterConverter]
public sealed class CampaignPlaceConverter : DocumentConverter<CampaignPlace>;

[RegisterConverter]
public sealed class LearnedReportConverter : DocumentConverter<LearnedReport>;

[RegisterConverter]
public sealed class CampaignWatchConverter : DocumentConverter<CampaignWatch>;

[RegisterConverter]
public sealed class AdapterReportConverter : DocumentConverter<AdapterReport>;

[RegisterConverter]
public sealed class SlotRequestConverter : DocumentConverter<SlotRequest>;

[RegisterConverter]
public sealed class AirReportConverter : DocumentConverter<AirReport>;

[RegisterConverter]
public sealed class LiveReportConverter : DocumentConverter<LiveReport>;

[RegisterConverter]
public sealed class ControlAnswerConverter : DocumentConverter<ControlAnswer>;

[RegisterConverter]
public sealed class PackageAnswerConverter : DocumentConverter<PackageAnswer>;

[RegisterConverter]
public sealed class DirectoryChangesConverter : DocumentConverter<DirectoryChanges>;

[GenerateSerializer, Immutable, Alias("dfu.attempt-answer")]
public struct AttemptAnswerNumber
{
    [Id(0)]
    public int Value { get; set; }
}

[RegisterConverter]
public sealed class AttemptAnswerConverter : IConverter<AttemptAnswer, AttemptAnswerNumber>
{
    public AttemptAnswer ConvertFromSurrogate(in AttemptAnswerNumber surrogate) => (AttemptAnswer)surrogate.Value;

    public AttemptAnswerNumber ConvertToSurrogate(in AttemptAnswer value) => new() { Value = (int)value };
}

/// <summary>How far a follower has come.</summary>
[GenerateSerializer, Immutable, Alias("dfu.cursor")]
public struct CursorNumbers
{
    [Id(0)]
    public Guid Epoch { get; set; }

    [Id(1)]
    public long Change { get; set; }

    [Id(2)]
    public long Signals { get; set; }
}

[RegisterConverter]
public sealed class CampaignCursorConverter : IConverter<CampaignCursor, CursorNumbers>
{
    public CampaignCursor ConvertFromSurrogate(in CursorNumbers surrogate) => new(surrogate.Epoch, surrogate.Change, surrogate.Signals);

    public CursorNumbers ConvertToSurrogate(in CampaignCursor value) => new() { Epoch = value.Epoch, Change = value.Revision, Signals = value.Signals };
}

[RegisterConverter]
public sealed class DirectoryCursorConverter : IConverter<DirectoryCursor, CursorNumbers>
{
    public DirectoryCursor ConvertFromSurrogate(in CursorNumbers surrogate) => new(surrogate.Epoch, surrogate.Change);

    public CursorNumbers ConvertToSurrogate(in DirectoryCursor value) => new() { Epoch = value.Epoch, Change = value.Change };
}

/// <summary>What changed in a campaign: its parts are JSON already, and travel as they are.</summary>
[GenerateSerializer, Immutable, Alias("dfu.campaign-changes")]
public struct CampaignChangesParts
{
    [Id(0)]
    public CampaignCursor Cursor { get; set; }

    [Id(1)]
    public bool More { get; set; }

    [Id(2)]
    public byte[] Devices { get; set; }

    [Id(3)]
    public byte[]? Frame { get; set; }

    [Id(4)]
    public byte[]? Signals { get; set; }
}

[RegisterConverter]
public sealed class CampaignChangesConverter : IConverter<CampaignChanges, CampaignChangesParts>
{
    public CampaignChanges ConvertFromSurrogate(in CampaignChangesParts surrogate) => new()
    {
        Cursor = surrogate.Cursor,
        More = surrogate.More,
        Devices = surrogate.Devices,
        Frame = surrogate.Frame,
        Signals = surrogate.Signals,
    };

    public CampaignChangesParts ConvertToSurrogate(in CampaignChanges value) => new()
    {
        Cursor = value.Cursor,
        More = value.More,
        Devices = value.Devices,
        Frame = value.Frame,
        Signals = value.Signals,
    };
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
