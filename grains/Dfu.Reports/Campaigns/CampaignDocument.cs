using System.Text.Json;
using System.Text.Json.Serialization;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Campaigns;

namespace Dfu.Reports;

/// <summary>What <c>dfu campaign list --json</c> prints: names and order of the fields are a contract.</summary>
public sealed record CampaignListDocument(IReadOnlyList<CampaignDocument> Campaigns)
{
    public string ToJson() => JsonSerializer.Serialize(this, CampaignJson.Default.CampaignListDocument);
}

/// <summary>A campaign without its devices.</summary>
public sealed record CampaignDocument(
    string Id, string Name, string PackageId, string State, int Priority, int Devices, int Updated, int AlreadyCurrent, int Failed, int Cancelled,
    DateTimeOffset CreatedAt, DateTimeOffset? EndedAt, IReadOnlyList<HoldDocument> Holds, IReadOnlyList<GroupDocument> Groups)
{
    public static CampaignDocument Of(CampaignStanding standing) => new(
        standing.Id, standing.Name, standing.PackageId, CampaignStateCode.Of(standing), standing.Priority, standing.Devices, standing.Updated,
        standing.AlreadyCurrent, standing.Failed, standing.Cancelled, standing.CreatedAt, standing.EndedAt,
        [.. standing.Holds.Select(static hold => new HoldDocument(CampaignStateCode.Of(hold.Reason), hold.Detail, hold.Until))],
        [.. standing.Groups.Select(static group => new GroupDocument(group.Name, group.Devices, group.Updated, group.Failed, group.Cancelled, group.Open))]);
}

public sealed record HoldDocument(string Reason, string Detail, DateTimeOffset? Until);

public sealed record GroupDocument(string Name, int Devices, int Updated, int Failed, int Cancelled, bool Open);

/// <summary>What <c>dfu campaign show --json</c> prints.</summary>
public sealed record CampaignShowDocument(
    CampaignDocument Campaign, IReadOnlyList<CampaignAdapterDocument> Adapters, IReadOnlyList<RunDevice> Devices, IReadOnlyList<string> Notices)
{
    public static CampaignShowDocument Of(CampaignStanding standing, CampaignView view) => new(
        CampaignDocument.Of(standing),
        [.. view.Adapters.Select(CampaignAdapterDocument.Of)],
        [.. view.Devices.Select(RunDevice.Of)],
        view.Notices);

    public string ToJson() => JsonSerializer.Serialize(this, CampaignJson.Default.CampaignShowDocument);
}

public sealed record CampaignAdapterDocument(string Adapter, string State, int Active, int Limit, double BytesPerSecond, string Detail)
{
    public static CampaignAdapterDocument Of(AdapterView view) => new(
        view.Id,
        char.ToLowerInvariant(view.Status.ToString()[0]) + view.Status.ToString()[1..],
        view.Active, view.Limit, Math.Round(view.Rate, 1), view.Detail);
}

/// <summary>What <c>dfu campaign create --json</c> prints unless it watches.</summary>
public sealed record CreatedDocument(string Id, string Name, string PackageId, bool GoesOn)
{
    public string ToJson() => JsonSerializer.Serialize(this, CampaignJson.Default.CreatedDocument);
}

/// <summary>What the commands that control a campaign print.</summary>
public sealed record ControlDocument(string Id, string Action, string Detail)
{
    public string ToJson() => JsonSerializer.Serialize(this, CampaignJson.Default.ControlDocument);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(CampaignListDocument))]
[JsonSerializable(typeof(CampaignShowDocument))]
[JsonSerializable(typeof(CreatedDocument))]
[JsonSerializable(typeof(ControlDocument))]
internal sealed partial class CampaignJson : JsonSerializerContext;
