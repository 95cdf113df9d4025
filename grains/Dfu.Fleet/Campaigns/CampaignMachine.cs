using System.Collections.Immutable;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Campaigns;

/// <summary>All decisions about a campaign: who belongs to it and may begin, what is known of its bootloaders, and when it is over.</summary>
public static partial class CampaignMachine
{
    public static (CampaignState Next, ImmutableArray<CampaignEffect> Effects) Apply(CampaignState state, CampaignEvent e, FleetPolicy policy)
    {
        if (e.Source is not { } source) return Take(state, e, policy);
        if (e.Number <= state.Heard.GetValueOrDefault(source)) return (state, []);
        var (next, effects) = Take(state, e, policy);
        return (next with { Heard = next.Heard.SetItem(source, e.Number) }, effects);
    }

    /// <summary>A campaign that begins: what of it may begin at once, and who asked for it.</summary>
    /// <param name="by">For the audit.</param>
    /// <param name="wall">The clock on the wall.</param>
    public static CampaignState Begin(CampaignState state, string by, DateTimeOffset wall)
    {
        var begun = CampaignTrail.Add(state, wall, by, "campaignCreated", CampaignTrail.Describe(state));
        return CampaignGroups.Advance(CampaignSchedules.Keep(begun, state.RunStartedAt, wall).Next, wall).Next;
    }

    private static (CampaignState, ImmutableArray<CampaignEffect>) Take(CampaignState state, CampaignEvent e, FleetPolicy policy)
    {
        var decision = Decide(state, e, policy);
        if (ReferenceEquals(decision.Next, state) || e is not (CampaignEvent.Tick or not CampaignEvent.Checkpoint)) return (decision.Next, decision.Effects);
        var wall = e.Wall ?? state.CreatedAt;
        var (next, effects) = decision
            .Then(now => ErrorRules.Check(now, since: state, wall))
            .Then(now => CampaignGroups.Advance(now, wall))
            .Then(now => HasEnough(now))
            .Then(now => FinishIfOver(now, wall));
        return (next, effects);
    }

    private static Decision Decide(CampaignState state, CampaignEvent e, FleetPolicy policy) => e switch
    {
        CampaignEvent.RunStarted r when r.Run > state.Run => CampaignSchedules.Keep(Start(state, r.Run, r.At), r.At, r.Wall),
        CampaignEvent.TakenUp t when t.Run > state.Run => CampaignSchedules.Keep(TakeUp(state, t), t.At, t.Wall),
        CampaignEvent.DeviceHeard h when h.Run == state.Run && state.Stage == CampaignStage.Collecting => Add(state, h),
        CampaignEvent.Listening l when l.Run == state.Run && state is { Stage: CampaignStage.Collecting, CollectingSince: null } =>
            state with { CollectingSince = l.At },
        CampaignEvent.DeviceEnded d when state.Devices.Contains(d.Device) && Counts(state, d) => state with
        {
            Results = state.Results.SetItem(d.Device, new(d.Outcome, d.Error)),
            Retrying = state.Retrying.Remove(d.Device),
            Restarting = d.Outcome.IsGood() ? state.Restarting.Remove(d.Device) : state.Restarting,
        },
        CampaignEvent.SameDevice s when state.Devices.Contains(s.Device) && state.Devices.Contains(s.As) && MayJoin(state, s.Device) => Join(state, s),
        CampaignEvent.TraitsLearned t => Learn(state, t.Traits),
        CampaignEvent.ApplicationTold t => state.ApplicationTells == t.Tells ? state : state with { ApplicationTells = t.Tells },
        CampaignEvent.ProbeStarted p when state.Prober is null && !state.Probes.Contains(new(p.Device, p.Attempt)) =>
            state with { Prober = new(p.Device, p.Attempt), Probes = state.Probes.Add(new(p.Device, p.Attempt)) },
        CampaignEvent.ProbeEnded p when state.Prober == new Probe(p.Device, p.Attempt) => state with { Prober = null },
        CampaignEvent.LinkEnded l => state with { LinkSeconds = state.LinkSeconds + l.Duration.TotalSeconds, Drops = state.Drops + (l.Dropped ? 1 : 0) },
        CampaignEvent.CancelRequested c when c.Run == state.Run && state.Stage != CampaignStage.Finished && (!state.CancelRequested || state.Closing) =>
            Cancel(state, drain: false, requested: true),
        CampaignEvent.Controlled c when c.Change == state.Changes + 1 =>
            CampaignControls.Apply(state, c).Then(now => CampaignSchedules.Keep(now, c.At, c.Wall)),
        CampaignEvent.AuditTaken a => CampaignTrail.Taken(state, a.Through),
        CampaignEvent.Tick t when state.Stage != CampaignStage.Finished =>
            CampaignSchedules.Keep(Work(state, t.At), t.At, t.Wall).Then(now => EndCollecting(now, t, policy)),
        _ => state,
    };

    internal static CampaignState Start(CampaignState state, int run, DateTimeOffset at) => state with
    {
        Run = run,
        RunStartedAt = at,
        EarlierSeconds = state.Seconds,
        CollectingSince = null,
        LastFound = null,
        ScheduleSince = at,
        Prober = null,
    };

    /// <summary>It is worked again, after a time in which it was not: that is not counted, and nobody was missed in it.</summary>
    internal static CampaignState Awake(CampaignState state, DateTimeOffset at) => state with
    {
        RunStartedAt = at,
        EarlierSeconds = state.Seconds,
        CollectingSince = state.CollectingSince is null ? null : at,
    };

    /// <summary>Devices are wanted again, whatever became of them.</summary>
    internal static CampaignState AskAgain(CampaignState state, IReadOnlyCollection<BluetoothAddress> devices, int run) => state with
    {
        Results = state.Results.RemoveRange(devices),
        Retrying = state.Retrying.SetItems(devices.Select(device => KeyValuePair.Create(device, run))),
        Forgiven = state.Forgiven.Except(devices),
    };

    /// <summary>Devices without an outcome are cancelled; those that were not to begin yet know nothing of it.</summary>
    /// <param name="drain">What is under way is finished.</param>
    /// <param name="requested">Somebody wants it so.</param>
    internal static Decision Cancel(CampaignState state, bool drain, bool requested)
    {
        var open = CampaignGroups.OpenTo(state);
        var pending = state.Devices.Select(static (device, index) => (Device: device, Index: index))
            .Where(one => !state.Results.ContainsKey(one.Device)).ToLookup(one => one.Index < open, static one => one.Device);
        var next = state with
        {
            CancelRequested = state.CancelRequested || requested,
            Closing = drain,
            Stage = CampaignStage.Running,
            Results = state.Results.SetItems(pending[false].Select(static device => KeyValuePair.Create(device, DeviceResult.Cancelled))),
            Retrying = state.Retrying.RemoveRange(pending[false]),
        };
        return new(next, [.. pending[true].Select(CampaignEffect (device) => new CampaignEffect.CancelDevice(device))]);
    }

    internal static Decision Notice(CampaignState state, string notice) =>
        new(state.Notices.Contains(notice) ? state : state with { Notices = state.Notices.Add(notice) }, [new CampaignEffect.Announce(notice)]);

    /// <remarks>A device that is being cancelled may end so at any moment: it is asked for again like those that have.</remarks>
    private static CampaignState TakeUp(CampaignState state, CampaignEvent.TakenUp t)
    {
        if (state.IsSettled) return state.Remember(t.Order);
        var over = state.Stage == CampaignStage.Finished;
        var planned = CampaignGroups.Plan(state.Remember(t.Order), t.Plan ?? state.Plan) with { Limits = t.Limits ?? state.Limits };
        var started = over ? Start(planned, t.Run, t.At) : planned with { Run = t.Run, ScheduleSince = t.At };
        var again = state.Results.Where(static pair => CampaignState.MayTryAgain(pair.Value.Outcome)).Select(static pair => pair.Key).ToArray();
        var cancelled = state.IsClosing ? state.Devices.Where(device => !state.Results.ContainsKey(device)) : [];
        var grows = (over || state is { IsClosing: true, Feed: true }) && state.MayGrow;
        if (over && !grows && again.Length == 0) return started;
        var next = AskAgain(started, [.. again, .. cancelled], t.Run) with
        {
            Stage = grows ? CampaignStage.Collecting : over ? CampaignStage.Running : state.Stage,
            Outcome = CampaignOutcome.Running,
            EndedAt = null,
            CancelRequested = false,
            Closing = false,
        };
        return CampaignTrail.Add(next, t.Wall ?? state.CreatedAt, t.By, "campaignContinued", CampaignTrail.Describe(next));
    }

    /// <summary>
    /// The first outcome since the device was last asked for counts. That it is updated counts whenever that was, unless it is to begin anew.
    /// </summary>
    private static bool Counts(CampaignState state, CampaignEvent.DeviceEnded e) =>
        !state.Results.ContainsKey(e.Device)
        && (e.Run >= state.Retrying.GetValueOrDefault(e.Device) || (e.Outcome.IsGood() && !state.Restarting.Contains(e.Device)));

    /// <remarks>What is held, or is a feed that nobody came to, is not at work.</remarks>
    private static CampaignState Work(CampaignState state, DateTimeOffset at)
    {
        if (state.IsHeld || state.IsIdle) return state;
        var seconds = state.EarlierSeconds + (at - state.RunStartedAt).TotalSeconds;
        return seconds > state.Seconds ? state with { Seconds = seconds } : state;
    }

    private static Decision HasEnough(CampaignState state) =>
        state is { Feed: true, Stage: CampaignStage.Collecting, Count: { } count } && state.Good >= count
            ? Cancel(state, drain: true, requested: false)
            : state;

    private static Decision FinishIfOver(CampaignState state, DateTimeOffset wall)
    {
        if (state.Stage != CampaignStage.Running || state.Results.Count < state.Devices.Length) return state;
        var outcome = IsGood(state) ? CampaignOutcome.Succeeded : CampaignOutcome.Failed;
        var over = state with
        {
            Stage = CampaignStage.Finished,
            Outcome = outcome,
            EndedAt = wall,
            Holds = [],
            PauseCuts = false,
            Prober = null,
        };
        over = CampaignTrail.Add(over, wall, CampaignTrail.Product, "campaignEnded", $"{outcome}: {CampaignTrail.Count(over)}".ToLowerInvariant());
        return new(over, [new CampaignEffect.Finished(outcome)]);
    }

    /// <remarks>A feed is as good as what became of the units that came: who still waited when it was closed has missed it.</remarks>
    private static bool IsGood(CampaignState state)
    {
        if (state.Feed) return state.Good > 0 && state.Results.Values.All(static result => result.Outcome != DeviceOutcome.Failed);
        var whole = state.Devices.Length > 0 && !(state.Count > state.Devices.Length);
        return whole && state.Good == state.Devices.Length;
    }
}
