using System.Text.Json;
using System.Text.Json.Serialization;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;

namespace Dfu.Cli.Reports;

/// <summary>What <c>--json</c> prints: names and order of the fields are a contract.</summary>
internal sealed record RunDocument(string Outcome, string PackageId, IReadOnlyList<RunDevice> Devices, RunTotals Totals)
{
    /// <param name="bothAddresses">Names the bootloaders' addresses too: report files do, <c>--json</c> does not.</param>
    public static RunDocument Of(CampaignView view, bool bothAddresses = false) => new(
        view.Outcome switch
        {
            CampaignOutcome.Succeeded => "succeeded",
            CampaignOutcome.Failed => "failed",
            _ => "interrupted",
        },
        view.PackageId,
        view.Devices.Select(device => RunDevice.Of(device) with { Bootloader = bothAddresses ? device.Bootloader?.ToString() : null }).ToList(),
        new RunTotals(
            view.Devices.Length,
            view.Devices.Count(device => device.Outcome.IsGood()),
            view.Devices.Count(device => device.Outcome == DeviceOutcome.Failed),
            view.Devices.Sum(device => device.BytesSent),
            view.Devices.Sum(device => device.BytesResent),
            Math.Round(view.Seconds, 3)));

    public string ToJson() => JsonSerializer.Serialize(this, RunJson.Default.RunDocument);
}

internal sealed record RunDevice(
    string Device, string Outcome, string? Error, string Detail, int Attempts, long BytesTotal, long BytesSent, long BytesResent,
    IReadOnlyList<RunResume> Resumes, string? Adapter, double Seconds)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Bootloader { get; init; }

    public static RunDevice Of(DeviceView device) => new(
        device.Application.ToString(),
        CamelCase(device.Outcome.ToString()),
        device.Error == DfuError.None ? null : device.Error.Code(),
        device.Detail,
        device.Attempts,
        device.BytesTotal,
        device.BytesSent,
        device.BytesResent,
        device.Resumes.Select(resume => new RunResume(resume.Stored, resume.Held, resume.Diagnosis.Code())).ToList(),
        device.Adapter,
        Math.Round(device.Seconds, 3));

    internal static string CamelCase(string name) => char.ToLowerInvariant(name[0]) + name[1..];
}

internal sealed record RunResume(long Stored, long Held, string Diagnosis);

internal sealed record RunTotals(int Devices, int Updated, int Failed, long BytesSent, long BytesResent, double Seconds);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(RunDocument))]
internal sealed partial class RunJson : JsonSerializerContext;
