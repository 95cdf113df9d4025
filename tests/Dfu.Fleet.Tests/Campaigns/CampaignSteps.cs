using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Plans;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Tests.Campaigns;

/// <summary>A campaign's story in a line: devices are numbered, and every event is one of the present run.</summary>
internal static class CampaignSteps
{
    public static readonly FleetPolicy Policy = new();
    public static readonly DateTimeOffset T0 = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static DateTimeOffset At(double seconds) => T0.AddSeconds(seconds);

    public static BluetoothAddress Device(int n) => new((ulong)n);

    public static CampaignState New(params int[] devices) => new()
    {
        Id = "c",
        PackageId = new string('a', 64),
        Targets = "x",
        Stage = devices.Length == 0 ? CampaignStage.Collecting : CampaignStage.Running,
        CreatedAt = T0,
        RunStartedAt = T0,
        ScanTime = TimeSpan.FromSeconds(10),
        ImageSizes = [200_000],
        HwVersion = 52,
        Devices = [.. devices.Select(Device)],
    };

    public static CampaignState Planned(CampaignPlan plan, params int[] devices) => CampaignMachine.Begin(New(devices) with { Plan = plan }, "olaf", T0);

    public static CampaignState Apply(CampaignState state, params CampaignEvent[] events) =>
        events.Aggregate(state, static (s, e) => CampaignMachine.Apply(s, Now(s, e), Policy).Next);

    public static CampaignEvent.DeviceEnded Ended(int device, DeviceOutcome outcome = DeviceOutcome.Updated, DfuError error = DfuError.LinkLost) =>
        new(Device(device), outcome, outcome == DeviceOutcome.Failed ? error : DfuError.None, 0);

    public static CampaignEvent.DeviceHeard Heard(int device, double at = 1) => new(0, Device(device), At(at));

    /// <param name="at">Of both clocks.</param>
    public static CampaignEvent.Tick Tick(double at) => new CampaignEvent.Tick(At(at)) { Wall = At(at) };

    public static CampaignControl Control(CampaignControlKind kind, bool cut = false, params int[] devices) =>
        new(kind, "olaf") { Cut = cut, Devices = [.. devices.Select(Device)] };

    public static CampaignEvent.Controlled Event(CampaignState state, CampaignControl control, double at = 0) =>
        new(state.Changes + 1, control, At(at)) { Wall = At(at) };

    /// <summary>It does what is wanted, which is something.</summary>
    public static CampaignState Controlled(CampaignState state, CampaignControlKind kind, bool cut = false, double at = 0, params int[] devices)
    {
        var control = Control(kind, cut, devices);
        var verdict = CampaignControls.Judge(state, control, At(at));
        Assert.True(verdict is { Refused: false, Changes: true }, verdict.Detail);
        var next = CampaignMachine.Apply(state, Event(state, control, at), Policy).Next;
        Assert.NotEqual(state.Changes, next.Changes);
        return next;
    }

    /// <summary>The event as one of the present run, and not a late one.</summary>
    public static CampaignEvent Now(CampaignState state, CampaignEvent e) => e switch
    {
        CampaignEvent.RunStarted started => started with { Run = state.Run + 1 },
        CampaignEvent.TakenUp taken => taken with { Run = state.Run + 1 },
        CampaignEvent.DeviceHeard heard => heard with { Run = state.Run },
        CampaignEvent.Listening listening => listening with { Run = state.Run },
        CampaignEvent.CancelRequested cancel => cancel with { Run = state.Run },
        CampaignEvent.DeviceEnded ended => ended with { Run = state.Retrying.GetValueOrDefault(ended.Device) },
        _ => e,
    };
}
