using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Transfers;

namespace Dfu.Fleet.Devices;

/// <summary>When a device entered a phase; what it came with is there only where it is new.</summary>
/// <param name="Seconds">Since its first attempt of the campaign began; before that it is negative.</param>
/// <param name="Confirmed">Firmware bytes that it was known to hold then.</param>
public sealed record DeviceMoment(DevicePhase Phase, double Seconds, long Confirmed)
{
    /// <summary>At the beginning of an attempt: its number within the campaign, who carries it out, and how well that hears the device, dBm.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Attempt { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public string? Adapter { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int? Rssi { get; init; }

    /// <summary>At the end of an attempt: what ended it; None when that was as it should be.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public DfuError Error { get; init; }

    /// <summary>After a reconnect: what the device turned out to hold.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public ResumeRecord? Found { get; init; }
}

/// <summary>Keeps the moments of a device in its campaign, for people who ask why one took so long.</summary>
internal static class DeviceMoments
{
    /// <summary>The oldest are forgotten: a device that drops a hundred times does so every time in the same way.</summary>
    private const int Kept = 96;

    public static DeviceState Note(DeviceState before, DeviceState after, DeviceEvent e)
    {
        if (e is DeviceEvent.Resumed { Record: { Diagnosis: not Diagnosis.Fresh } found } && after.Moments is [.., var last])
            return after with { Moments = after.Moments.SetItem(after.Moments.Length - 1, last with { Found = found }) };
        if (after.StartedAt is not { } started || e.At() is not { } at || (before.Phase == after.Phase && before.Attempt == after.Attempt)) return after;
        var moments = before.StartedAt == started ? after.Moments : Waited(before, at);
        var seconds = Math.Max((at - started).TotalSeconds, moments is [.., var latest] ? latest.Seconds : double.NegativeInfinity);
        var moment = new DeviceMoment(after.Phase, Round(seconds), after.BytesConfirmed);
        if (after.Attempt != before.Attempt)
            moment = moment with { Attempt = after.Attempt - after.EarlierAttempts, Adapter = after.Adapter, Rssi = after.Heard?.Rssi };
        if (!after.Running && before.Running) moment = moment with { Error = after.Outcome.IsGood() ? DfuError.None : after.Error };
        return after with { Moments = [.. moments.TakeLast(Kept - 1), moment] };
    }

    /// <summary>From when the device joined its campaign to its first attempt.</summary>
    private static ImmutableArray<DeviceMoment> Waited(DeviceState before, DateTimeOffset at) => at > before.WaitingSince
        ? [new(DevicePhase.Queued, Round((before.WaitingSince - at).TotalSeconds), before.BytesConfirmed)]
        : [];

    private static double Round(double seconds) => Math.Round(seconds, 2);
}
