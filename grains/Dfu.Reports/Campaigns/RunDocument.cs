using System.Text.Json;
using System.Text.Json.Serialization;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;

namespace Dfu.Reports;

/// <summary>What <c>--json</c> prints, and with more in it the report: names and order of the fields are a contract.</summary>
public sealed record RunDocument(string Outcome, string PackageId, IReadOnlyList<RunDevice> Devices, RunTotals Totals)
{
    /// <summary>In report files only, as all that follows.</summary>
    public ReportCampaign? Campaign { get; init; }
    public ReportPackage? Package { get; init; }
    public IReadOnlyList<ReportGroup>? Groups { get; init; }
    public IReadOnlyList<AdapterShare>? Adapters { get; init; }
    public IReadOnlyList<ReportCause>? Failures { get; init; }
    public IReadOnlyDictionary<string, double>? Time { get; init; }

    public static RunDocument Of(CampaignView view) => new(
        view.Outcome switch
        {
            CampaignOutcome.Succeeded => "succeeded",
            CampaignOutcome.Failed => "failed",
            _ => "interrupted",
        },
        view.PackageId,
        [.. view.Devices.Select(RunDevice.Of)],
        new(
            view.Devices.Length,
            view.Devices.Count(static device => device.Outcome.IsGood()),
            view.Devices.Count(static device => device.Outcome == DeviceOutcome.Failed),
            view.Devices.Sum(static device => device.BytesSent),
            view.Devices.Sum(static device => device.BytesResent),
            Math.Round(view.Seconds, 3)));

    public static RunDocument Of(CampaignReport report) => Of(report.View) with
    {
        Outcome = report.Outcome,
        Devices = [.. report.View.Devices.Select(device => RunDevice.Of(report, device))],
        Campaign = new(
            report.View.Id,
            RunDevice.Known(report.Name),
            RunDevice.Known(ReportWords.Time(report.StartedAt)),
            RunDevice.Known(ReportWords.Time(report.EndedAt)),
            ReportWords.Time(report.MadeAt),
            report.AlreadyCurrent,
            report.View.Devices.Count(static device => device.Outcome == DeviceOutcome.Cancelled)),
        Package = report.Package is { } package ? new(package.Id, package.Signature, package.Signer, package.Images) : null,
        Groups = [.. (report.View.Standing?.Groups ?? []).Select(static group => new ReportGroup(
            group.Name, group.Devices, group.Updated, group.Failed, group.Cancelled, group.Open))],
        Adapters = [.. report.Adapters()],
        Failures = [.. report.Causes().Select(static cause => new ReportCause(
            cause.Error.Code(),
            ReportWords.Sentence(cause.Error),
            ReportWords.Remedy(cause.Error),
            [.. cause.Devices.Select(static device => device.Application.ToString())]))],
        Time = Seconds(report.Time),
    };

    public string ToJson() => JsonSerializer.Serialize(this, RunJson.Default.RunDocument);

    public static Dictionary<string, double> Seconds(TimeSpent time) =>
        TimePart.All.ToDictionary(static part => part.Key, part => Math.Round(part.Of(time), 3));
}

public sealed record RunDevice(
    string Device, string Outcome, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Error, string Detail, int Attempts, long BytesTotal,
    long BytesSent, long BytesResent, IReadOnlyList<RunResume> Resumes,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Adapter, double Seconds)
{
    /// <summary>In report files only, as all that follows.</summary>
    public string? Bootloader { get; init; }
    public string? Serial { get; init; }
    public string? Label { get; init; }
    public string? Order { get; init; }
    public string? Host { get; init; }
    public string? StartedAt { get; init; }
    public string? EndedAt { get; init; }
    public string? Sentence { get; init; }
    public string? Remedy { get; init; }
    public string? Finish { get; init; }
    public string? Revision { get; init; }
    public RunWear? Wear { get; init; }
    public IReadOnlyDictionary<string, double>? Time { get; init; }

    public static RunDevice Of(DeviceView device) => new(
        device.Application.ToString(),
        ReportWords.CamelCase(device.Outcome.ToString()),
        device.Error == DfuError.None ? null : device.Error.Code(),
        device.Detail,
        device.Attempts,
        device.BytesTotal,
        device.BytesSent,
        device.BytesResent,
        [.. device.Resumes.Select(static resume => new RunResume(resume.Stored, resume.Held, resume.Diagnosis.Code()))],
        device.Adapter,
        Math.Round(device.Seconds, 3));

    public static RunDevice Of(CampaignReport report, DeviceView device) => Full(device, report.PlaceOf(device.Adapter).Host);

    /// <summary>With all that is known of the device.</summary>
    public static RunDevice Full(DeviceView device, string host) => Of(device) with
    {
        Bootloader = device.Bootloader?.ToString(),
        Serial = Known(device.Label?.Serial),
        Label = Known(device.Label?.Label),
        Order = Known(device.Label?.Order),
        Host = Known(host),
        StartedAt = Known(ReportWords.Time(device.StartedAt)),
        EndedAt = Known(ReportWords.Time(device.EndedAt)),
        Sentence = Known(ReportWords.Sentence(device.Error)),
        Remedy = Known(ReportWords.Remedy(device.Error)),
        Finish = ReportWords.Code(device.Finish.Check),
        Revision = Known(device.Finish.Revision),
        Wear = new(device.Wear.Pages, device.Wear.Settings),
        Time = RunDocument.Seconds(device.Time),
    };

    public static string? Known(string? text) => string.IsNullOrEmpty(text) ? null : text;
}

public sealed record RunResume(long Stored, long Held, string Diagnosis);

/// <param name="Pages">Erases of pages that hold firmware.</param>
/// <param name="Settings">Erases of the settings page.</param>
public sealed record RunWear(long Pages, long Settings);

public sealed record RunTotals(int Devices, int Updated, int Failed, long BytesSent, long BytesResent, double Seconds);

public sealed record ReportCampaign(string Id, string? Name, string? StartedAt, string? EndedAt, string MadeAt, int AlreadyCurrent, int Cancelled);

public sealed record ReportPackage(string Id, string Signature, string? Signer, IReadOnlyList<ImageFacts> Images);

public sealed record ReportGroup(string Name, int Devices, int Updated, int Failed, int Cancelled, bool Open);

public sealed record ReportCause(string Error, string Sentence, string Remedy, IReadOnlyList<string> Devices);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RunDocument))]
internal sealed partial class RunJson : JsonSerializerContext;
