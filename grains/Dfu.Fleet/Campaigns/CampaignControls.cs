using Dfu.Fleet.Devices;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Campaigns;

/// <summary>What operators may want of a campaign, and what becomes of it. The same once more changes nothing.</summary>
public static class CampaignControls
{
    /// <summary>What is answered, without doing it.</summary>
    /// <param name="wall">The clock on the wall.</param>
    public static ControlVerdict Judge(CampaignState state, CampaignControl control, DateTimeOffset wall) => Decide(state, control, wall, wall).Verdict;

    internal static Decision Apply(CampaignState state, CampaignEvent.Controlled e) =>
        Decide(state, e.Control, e.At, e.Wall ?? state.CreatedAt).Decision ?? state;

    private static Answer Decide(CampaignState state, CampaignControl control, DateTimeOffset at, DateTimeOffset wall) => control.Kind switch
    {
        CampaignControlKind.Pause => Pause(state, control, wall),
        CampaignControlKind.Resume => Resume(state, control, at, wall),
        CampaignControlKind.Approve => Approve(state, control, wall),
        CampaignControlKind.Cancel => Cancel(state, control, wall),
        CampaignControlKind.Retry => Retry(state, control, at, wall),
        CampaignControlKind.Restart => Restart(state, control, at, wall),
        _ => No($"campaigns know no {control.Kind}"),
    };

    private static Answer Pause(CampaignState state, CampaignControl control, DateTimeOffset wall)
    {
        if (state.Stage == CampaignStage.Finished) return No($"it is over: {CampaignTrail.Count(state)}");
        if (state.IsClosing) return No("it is being cancelled");
        var how = control.Cut ? "what was under way is broken off, and goes on later" : "what is under way is finished";
        if (state.IsHeldFor(HoldReason.Paused) && (state.PauseCuts || !control.Cut)) return Already("it is paused already");
        var next = state.With(new(HoldReason.Paused, $"paused{By(control)}; {how}"), HoldReason.Paused) with
        {
            PauseCuts = control.Cut,
            Resumed = false,
        };
        return Yes(next, control, wall, "campaignPaused", $"paused: no further device begins; {how}", how);
    }

    private static Answer Resume(CampaignState state, CampaignControl control, DateTimeOffset at, DateTimeOffset wall)
    {
        if (state.Stage == CampaignStage.Finished) return No($"it is over: {CampaignTrail.Count(state)}");
        if (!state.IsStopped())
        {
            if (state.Resumed) return Already("it goes on already");
            return No(state.Holds is [var other, ..] ? $"nobody paused it: {other.Detail}" : "nobody paused it: it goes on");
        }

        var next = state.With(null, HoldReason.Paused, HoldReason.Failures) with
        {
            PauseCuts = false,
            Resumed = true,
            Forgiven = state.Forgiven.Union(
                state.Results.Where(static result => result.Value.Outcome == DeviceOutcome.Failed).Select(static result => result.Key)),
        };
        if (!next.IsHeld) next = CampaignMachine.Awake(next, at);
        var left = next.Holds is [var hold, ..] ? $"; {hold.Detail}" : "";
        return Yes(next, control, wall, "campaignResumed", $"it goes on{left}", string.Join("; ", state.Holds.Select(static was => was.Detail)));
    }

    private static Answer Approve(CampaignState state, CampaignControl control, DateTimeOffset wall)
    {
        if (state.Stage == CampaignStage.Finished) return No($"it is over: {CampaignTrail.Count(state)}");
        if (state.Plan.Groups.IsEmpty) return No("it has no groups that wait for an approval");
        var group = state.OpenEnds.Length;
        if (state.IsHeldFor(HoldReason.Approval) || state.IsHeldFor(HoldReason.TooFewUpdated))
        {
            var name = CampaignGroups.NameOf(state, group);
            return Yes(state with { Approved = group }, control, wall, "groupApproved", $"group '{name}' may begin", $"group '{name}'");
        }

        var open = CampaignGroups.NameOf(state, Math.Max(0, group - 1));
        if (group > 1 && state.Approved == group - 1) return Already($"group '{open}' may begin already");
        return No(group == state.Plan.Groups.Length ? "all its groups have begun" : $"no group waits for an approval: group '{open}' is at work");
    }

    private static Answer Cancel(CampaignState state, CampaignControl control, DateTimeOffset wall)
    {
        if (state.Stage == CampaignStage.Finished)
            return state.CancelRequested ? Already("it is cancelled already") : No($"it is over: {CampaignTrail.Count(state)}");
        if (state.CancelRequested && (control.Cut == !state.Closing || !control.Cut)) return Already("it is being cancelled already");
        var how = control.Cut ? "what is under way is broken off" : "what is under way is finished";
        var (next, effects) = CampaignMachine.Cancel(state, drain: !control.Cut, requested: true);
        next = CampaignTrail.Add(next, wall, control.By, "campaignCancelled", how);
        return new(new(Refused: false, Changes: true, $"cancelled: {how}"), new(next, effects));
    }

    private static Answer Retry(CampaignState state, CampaignControl control, DateTimeOffset at, DateTimeOffset wall)
    {
        if (Obstacle(state, control, wall) is { } obstacle) return No(obstacle);
        var named = control.Devices.Length > 0;
        var wanted = named ? control.Devices.Distinct() : state.Devices;
        var again = wanted.Where(device => state.Results.GetValueOrDefault(device) is { } result && CampaignState.MayTryAgain(result.Outcome)).ToArray();
        if (again.Length > 0)
            return Yes(Reopen(state, again, at), control, wall, "devicesRetried", $"{CampaignTrail.Devices(again.Length)} to be tried again", Name(again));
        if (state.Retrying.Count > 0 && (!named || control.Devices.All(state.Retrying.ContainsKey)))
            return Already($"{CampaignTrail.Devices(named ? control.Devices.Length : state.Retrying.Count)} to be tried again already");
        return No(named ? "none of these failed or was cancelled" : $"nothing failed or was cancelled: {CampaignTrail.Count(state)}");
    }

    private static Answer Restart(CampaignState state, CampaignControl control, DateTimeOffset at, DateTimeOffset wall)
    {
        if (control.Devices.IsEmpty) return No("name the devices that are to begin anew");
        if (Obstacle(state, control, wall) is { } obstacle) return No(obstacle);
        var ended = control.Devices.Distinct().Where(state.Results.ContainsKey).ToArray();
        if (ended.Length == 0)
        {
            return control.Devices.All(state.Restarting.Contains)
                ? Already($"{CampaignTrail.Devices(control.Devices.Length)} to begin anew already")
                : No("they have not ended: they wait or are at work; what fails can be retried");
        }

        var next = Reopen(state, ended, at);
        next = next with { Restarting = next.Restarting.Union(ended) };
        return Yes(next, control, wall, "devicesRestarted", $"{CampaignTrail.Devices(ended.Length)} to begin anew", Name(ended));
    }

    /// <summary>The devices are wanted again; a campaign that was over goes on for them, without listening again.</summary>
    private static CampaignState Reopen(CampaignState state, BluetoothAddress[] devices, DateTimeOffset at)
    {
        var over = state.Stage == CampaignStage.Finished;
        var run = state.Run + 1;
        var begun = over ? CampaignMachine.Start(state, run, at) : (state.IsIdle ? CampaignMachine.Awake(state, at) : state) with { Run = run };
        return CampaignMachine.AskAgain(begun, devices, run) with
        {
            Stage = over ? CampaignStage.Running : state.Stage,
            Outcome = CampaignOutcome.Running,
            EndedAt = null,
            CancelRequested = false,
            Closing = false,
            Resumed = false,
        };
    }

    /// <summary>Why none of its devices can be wanted again.</summary>
    private static string? Obstacle(CampaignState state, CampaignControl control, DateTimeOffset wall)
    {
        if (state.Stage != CampaignStage.Finished && state.IsClosing) return "it is being cancelled; that can be done when it is over";
        if (CampaignSchedules.HasEnded(state, wall)) return "its end has come; begin another campaign, or this one with a later end";
        var strangers = control.Devices.Where(device => !state.Devices.Contains(device)).Distinct().ToArray();
        return strangers.Length == 0 ? null : $"{Name(strangers)} {(strangers.Length == 1 ? "is" : "are")} not in the campaign";
    }

    private static string By(CampaignControl control) => control.By.Length == 0 ? "" : $" by {control.By}";

    private static string Name(BluetoothAddress[] devices)
    {
        const int Most = 20;
        var named = string.Join(", ", devices.Take(Most));
        return devices.Length <= Most ? named : $"{named} and {devices.Length - Most} more";
    }

    private static Answer Yes(CampaignState next, CampaignControl control, DateTimeOffset wall, string action, string detail, string audit) =>
        new(new(Refused: false, Changes: true, detail), CampaignTrail.Add(next, wall, control.By, action, audit));

    private static Answer Already(string detail) => new(new(Refused: false, Changes: false, detail), null);

    private static Answer No(string detail) => new(new(Refused: true, Changes: false, detail), null);

    private readonly record struct Answer(ControlVerdict Verdict, Decision? Decision);
}
