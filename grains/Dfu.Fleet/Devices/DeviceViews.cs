using Dfu.Fleet.Adapters;
using Dfu.Fleet.Storage;

namespace Dfu.Fleet.Devices;

/// <summary>Makes the views operators read out of states.</summary>
public static class DeviceViews
{
    /// <param name="rate">Bytes per second now.</param>
    /// <param name="rssi">dBm at the adapter that hears it best, null when not heard lately.</param>
    public static DeviceView Of(DeviceState state, DeviceTraffic traffic, double rate, int? rssi, DateTimeOffset now) => new()
    {
        Application = state.Application,
        Bootloader = state.Bootloader,
        Phase = state.Phase,
        Outcome = state.Outcome,
        Error = state.Error,
        Detail = state.Detail,
        Passed = state.PassedNote,
        Attempts = state.Attempt - state.EarlierAttempts,
        BytesTotal = state.BytesTotal,
        BytesConfirmed = state.BytesConfirmed,
        BytesSent = traffic.Sent,
        BytesResent = traffic.Resent,
        Resumes = state.Resumes,
        ResumeTotals = state.ResumeTotals,
        Adapter = state.Adapter,
        Rate = rate,
        Rssi = rssi,
        Label = state.Label,
        StartedAt = state.StartedOnWall,
        EndedAt = state.EndedOnWall,
        Finish = state.Finish,
        Time = state.Costs.TimeAt(state.Phase, now),
        Wear = state.Costs.Wear,
        LifetimeWear = state.LifetimeWear,
        Advice = state.Phase == DevicePhase.Done ? Advice.Of(state, rssi) ?? "" : "",
        Seconds = state.StartedAt is { } started ? Math.Max(0, ((state.EndedAt ?? now) - started).TotalSeconds) : 0,
    };

    /// <param name="rate">Bytes per second over all its transfers.</param>
    /// <param name="host">The host it belongs to.</param>
    public static AdapterView Of(AdapterState state, double rate, string host = "") => new()
    {
        Id = state.Id,
        Name = state.Name,
        Host = host,
        Status = state.Status,
        HeldBy = state.HeldBy,
        Active = state.Slots.Length,
        Limit = state.Limit.Current,
        Rate = rate,
        Detail = state switch
        {
            { Status: not AdapterStatus.Ready } => state.Detail,
            { HeldBy: { } by } => $"drained by {by}",
            _ => "",
        },
        Recent = state.Recent.Sum(),
        Steps = state.Steps,
        SelfTest = state.SelfTest,
        LastReset = state.LastReset,
    };
}
