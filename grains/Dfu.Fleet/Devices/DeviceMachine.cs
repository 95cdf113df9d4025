using System.Collections.Immutable;
using Dfu.Protocol.Errors;

namespace Dfu.Fleet.Devices;

/// <summary>All decisions about one device: (state, event, policy) to (state, effects). Late and repeated events change nothing.</summary>
public static class DeviceMachine
{
    /// <summary>A bootloader leaves DFU mode this long after the last CREATE(command) or EXECUTE(data).</summary>
    public static readonly TimeSpan Inactivity = TimeSpan.FromSeconds(120);

    /// <summary>And this long after it activated a SoftDevice part.</summary>
    public static readonly TimeSpan Continuation = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan AfterFullAdapter = TimeSpan.FromSeconds(1);

    public static (DeviceState Next, ImmutableArray<DeviceEffect> Effects) Apply(DeviceState state, DeviceEvent e, FleetPolicy policy) => e switch
    {
        DeviceEvent.Granted g when state.Phase == DevicePhase.Queued => Grant(state, g),
        DeviceEvent.PhaseChanged p when IsCurrent(state, p.Attempt) => (Enter(state, p), OfSlot(state, p)),
        DeviceEvent.Identified i when IsCurrent(state, i.Attempt) => (state with { Application = i.Application, Bootloader = i.Bootloader }, []),
        DeviceEvent.Mistaken m when IsCurrent(state, m.Attempt) =>
            (state.Strangers.Contains(m.Address) ? state : state with { Strangers = state.Strangers.Add(m.Address) }, []),
        DeviceEvent.ImageStarted i when IsCurrent(state, i.Attempt) && IsImage(state, i.Image) => (StartImage(state, i.Image), []),
        DeviceEvent.Resumed r when IsCurrent(state, r.Attempt) && IsImage(state, r.Image) => (DeviceProgress.Resume(state, r.Image, r.Record), []),
        DeviceEvent.Confirmed c when IsCurrent(state, c.Attempt) && IsImage(state, c.Image) => (DeviceProgress.Confirm(state, c), []),
        DeviceEvent.Saved s when IsCurrent(state, s.Attempt) && IsImage(state, s.Image) =>
            (DeviceProgress.With(state, s.Image, image => image with { Saved = s.Offset }), []),
        DeviceEvent.ClassLearned c when IsCurrent(state, c.Attempt) => (state.Class == c.Class ? state : state with { Class = c.Class }, []),
        DeviceEvent.LastExecute l when IsCurrent(state, l.Attempt) && IsImage(state, l.Image) =>
            (DeviceProgress.With(state, l.Image, image => image with { LastExecuteSent = true }) with { BootloaderUntil = l.At + Inactivity }, []),
        DeviceEvent.ImageActivated a when IsCurrent(state, a.Attempt) && IsImage(state, a.Image) => (DeviceProgress.Activate(state, a), []),
        DeviceEvent.Restarted r when IsCurrent(state, r.Attempt) && IsImage(state, r.Image) => (DeviceProgress.StartOver(state, r), []),
        DeviceEvent.Ended x when IsCurrent(state, x.Attempt) => End(Count(state, x), x, policy),
        DeviceEvent.Interrupted i when IsCurrent(state, i.Attempt) => state.CancelRequested
            ? Finish(state, DeviceOutcome.Cancelled, DfuError.Cancelled, "", i.At)
            : Requeue(state, i.At),
        DeviceEvent.Waited w => Wait(state, w, policy),
        DeviceEvent.CancelRequested c => Cancel(state, c),
        DeviceEvent.RetryRequested r when Campaigns.CampaignState.MayTryAgain(state.Outcome) => Retry(state, r),
        _ => (state, []),
    };

    /// <summary>What must be under way for a device in this state; carried out again after a restart.</summary>
    public static ImmutableArray<DeviceEffect> Outstanding(DeviceState state) => state switch
    {
        { Phase: DevicePhase.Queued } => [new DeviceEffect.RequestSlot()],
        { Phase: DevicePhase.BackingOff } => [],
        { Phase: DevicePhase.Done } => [new DeviceEffect.ReportOutcome(state.Outcome, state.Error)],
        { CancelRequested: true } => [new DeviceEffect.StopAttempt(state.Adapter!, state.AdapterEpoch, state.Attempt, DfuError.Cancelled)],
        _ => [new DeviceEffect.StartAttempt(state.Adapter!, state.AdapterEpoch, state.Attempt)],
    };

    private static bool IsCurrent(DeviceState state, int attempt) => state.Running && state.Attempt == attempt;

    private static bool IsImage(DeviceState state, int image) => (uint)image < (uint)state.Images.Length;

    private static (DeviceState, ImmutableArray<DeviceEffect>) Grant(DeviceState state, DeviceEvent.Granted g)
    {
        var attempt = state.Attempt + 1;
        var next = state with
        {
            Phase = DevicePhase.Connecting,
            Attempt = attempt,
            Adapter = g.Adapter,
            AdapterEpoch = g.Epoch,
            Heard = g.Heard,
            Application = g.Application,
            Bootloader = g.Bootloader,
            Probing = g.Probe,
            AttemptBase = state.Images[state.Image].Confirmed,
            AttemptFruitful = false,
            EarlierResumes = state.Resumes.Length,
            NotBefore = null,
            StartedAt = state.StartedAt ?? g.At,
        };
        return (next, [new DeviceEffect.StartAttempt(g.Adapter, g.Epoch, attempt)]);
    }

    private static DeviceState Enter(DeviceState state, DeviceEvent.PhaseChanged p) => state with
    {
        Phase = p.Phase is DevicePhase.Queued or DevicePhase.BackingOff or DevicePhase.Done ? state.Phase : p.Phase,
        BootloaderUntil = p.Phase == DevicePhase.SendingInit ? p.At + Inactivity : state.BootloaderUntil,
        Settled = state.Settled || p.Phase is DevicePhase.Jumping or DevicePhase.Reconciling,
    };

    /// <summary>While the last image is copied and its application boots the radio has nothing to do for this device: seconds that another can use.</summary>
    private static ImmutableArray<DeviceEffect> OfSlot(DeviceState state, DeviceEvent.PhaseChanged p) => (state.Phase, p.Phase) switch
    {
        (not DevicePhase.Verifying, DevicePhase.Verifying) when state.Image == state.Images.Length - 1 =>
            [new DeviceEffect.LendSlot(state.Adapter!, state.AdapterEpoch, state.Attempt)],
        (DevicePhase.Verifying, not DevicePhase.Verifying) => [new DeviceEffect.RetakeSlot(state.Adapter!, state.AdapterEpoch, state.Attempt)],
        _ => [],
    };

    private static DeviceState StartImage(DeviceState state, int image) =>
        state.Image == image ? state : state with { Image = image, AttemptBase = state.Images[image].Confirmed };

    private static DeviceState Count(DeviceState state, DeviceEvent.Ended x) => state.Counting(x.Traffic) with { Probing = false };

    private static (DeviceState, ImmutableArray<DeviceEffect>) End(DeviceState state, DeviceEvent.Ended x, FleetPolicy policy)
    {
        if (x.Error == DfuError.None)
        {
            var detail = x.ApplicationHeard ? x.Detail : "accepted by the bootloader; its application was not heard";
            return Finish(state, DeviceOutcome.Updated, DfuError.None, detail, x.At);
        }

        if (x.Error == DfuError.VersionRefused && state.Images[state.Image].LastExecuteSent) return AlreadyActivated(state, x);
        if (state.CancelRequested || x.Error == DfuError.Cancelled) return Finish(state, DeviceOutcome.Cancelled, DfuError.Cancelled, "", x.At);

        var noted = state with { Detail = x.Detail, Error = x.Error };
        switch (x.Error)
        {
            case DfuError.AdapterLost or DfuError.AdapterFull:
                return OutliveAdapter(noted, x, policy);
            case DfuError.Interrupted:
                return Requeue(noted, x.At);
        }

        if (!x.Error.IsTransient()) return Finish(noted, DeviceOutcome.Failed, x.Error, x.Detail, x.At);

        noted = noted with { Failures = state.Failures + 1, Fruitless = state.AttemptFruitful ? 0 : state.Fruitless + 1, AdapterLosses = null };
        if (noted.Fruitless >= policy.MaxFruitlessAttempts)
            return Finish(noted, DeviceOutcome.Failed, x.Error, $"{noted.Fruitless} attempts in a row confirmed nothing; the last: {x.Detail}", x.At);
        if (noted.Failures >= policy.MaxAttempts)
            return Finish(noted, DeviceOutcome.Failed, x.Error, $"{noted.Failures} attempts failed; the last: {x.Detail}", x.At);
        if (x.Error == DfuError.DataPathStuck) return BackOff(noted, x.At, Inactivity);
        return noted.Fruitless == 0 ? Requeue(noted, x.At) : BackOff(noted, x.At, Backoff(noted.Fruitless, policy));
    }

    /// <summary>
    /// A lost adapter is not the device's fault, so the attempt does not count as a failure; but adapters that only ever come back to go away again
    /// are as good as none.
    /// </summary>
    private static (DeviceState, ImmutableArray<DeviceEffect>) OutliveAdapter(DeviceState state, DeviceEvent.Ended x, FleetPolicy policy)
    {
        var gained = state.AdapterLosses is not { } before || before.Image != state.Image || before.Held < state.AttemptBase;
        var losses = gained ? new AdapterLosses(1, state.Image, state.AttemptBase, x.At) : state.AdapterLosses! with { Count = state.AdapterLosses.Count + 1 };
        var next = state with { AdapterLosses = losses };
        return losses.Count > policy.MaxFruitlessAttempts && x.At - losses.Since >= policy.Patience
            ? Finish(next, DeviceOutcome.Failed, x.Error,
                $"its adapter went away or was full {losses.Count} times in a row, and the device never held more than {losses.Held} bytes", x.At)
            : x.Error == DfuError.AdapterFull ? BackOff(next, x.At, AfterFullAdapter) : Requeue(next, x.At);
    }

    /// <summary>The device runs what was sent: its bootloader refuses the same version because the last EXECUTE had been carried out.</summary>
    private static (DeviceState, ImmutableArray<DeviceEffect>) AlreadyActivated(DeviceState state, DeviceEvent.Ended x)
    {
        var next = DeviceProgress.Activate(state, new(state.Attempt, state.Image, false, x.At));
        return next.AllActivated
            ? Finish(next, DeviceOutcome.Updated, DfuError.None, "the answer to the last EXECUTE was lost; the device runs the image", x.At)
            : Requeue(next, x.At);
    }

    private static TimeSpan Backoff(int fruitless, FleetPolicy policy)
    {
        var seconds = policy.FirstBackoff.TotalSeconds * Math.Pow(2, Math.Min(fruitless, 16) - 1);
        return TimeSpan.FromSeconds(Math.Min(seconds, policy.LongestBackoff.TotalSeconds));
    }

    private static (DeviceState, ImmutableArray<DeviceEffect>) BackOff(DeviceState state, DateTimeOffset at, TimeSpan pause) =>
        (state with { Phase = DevicePhase.BackingOff, NotBefore = at + pause, WaitingSince = at }, []);

    private static (DeviceState, ImmutableArray<DeviceEffect>) Requeue(DeviceState state, DateTimeOffset at) =>
        (state with { Phase = DevicePhase.Queued, NotBefore = null, WaitingSince = at, Probing = false }, [new DeviceEffect.RequestSlot()]);

    private static (DeviceState, ImmutableArray<DeviceEffect>) Finish(
        DeviceState state, DeviceOutcome outcome, DfuError error, string detail, DateTimeOffset at) =>
        (state with
        {
            Phase = DevicePhase.Done,
            Outcome = outcome,
            Error = error,
            Detail = detail,
            EndedAt = at,
            NotBefore = null,
            BootloaderUntil = outcome == DeviceOutcome.Updated ? null : state.BootloaderUntil,
            Probing = false,
        },
        [new DeviceEffect.ReportOutcome(outcome, error)]);

    private static (DeviceState, ImmutableArray<DeviceEffect>) Wait(DeviceState state, DeviceEvent.Waited w, FleetPolicy policy)
    {
        if (state.Phase == DevicePhase.BackingOff)
        {
            return state.NotBefore is { } until && w.At < until
                ? (state, [])
                : (state with { Phase = DevicePhase.Queued, NotBefore = null }, [new DeviceEffect.RequestSlot()]);
        }

        if (state.Phase != DevicePhase.Queued) return (state, []);
        if (state.AllActivated && w.AsApplication && w.LastHeard >= state.ActivatedAt) return Finish(state, DeviceOutcome.Updated, DfuError.None, "", w.At);
        if (w.DeafSince is { } deaf)
        {
            return w.At - Latest(deaf, state.WaitingSince) >= policy.Patience
                ? GiveUp(state, DfuError.NoAdapter, $"no adapter for {policy.Patience.TotalSeconds:0} s", w.At)
                : (state, []);
        }

        var silentSince = Latest(Latest(state.WaitingSince, w.LastHeard), w.ListeningSince);
        return w.At - silentSince >= policy.Patience
            ? GiveUp(state, DfuError.NotHeard, $"not heard for {policy.Patience.TotalSeconds:0} s{ByWhom(state)}", w.At)
            : (state, []);
    }

    private static string ByWhom(DeviceState state) =>
        IsBonded(state) ? $" by {state.Adapter}, which it is bonded with"
        : state.Strangers.IsEmpty ? ""
        : state.Strangers is [var stranger] ? $"; {stranger} is the application of another device"
        : $"; {string.Join(", ", state.Strangers)} are the applications of other devices";

    private static bool IsBonded(DeviceState state) => state.Bootloader == state.Application && state.Adapter is not null;

    private static (DeviceState, ImmutableArray<DeviceEffect>) GiveUp(DeviceState state, DfuError error, string detail, DateTimeOffset at) => state.AllActivated
        ? Finish(state, DeviceOutcome.Updated, DfuError.None, "accepted by the bootloader; its application was not heard", at)
        : Finish(state, DeviceOutcome.Failed, error, detail, at);

    private static (DeviceState, ImmutableArray<DeviceEffect>) Cancel(DeviceState state, DeviceEvent.CancelRequested c)
    {
        if (state.Phase == DevicePhase.Done) return (state, []);
        if (!state.Running) return Finish(state, DeviceOutcome.Cancelled, DfuError.Cancelled, "", c.At);
        return (state with { CancelRequested = true }, [new DeviceEffect.StopAttempt(state.Adapter!, state.AdapterEpoch, state.Attempt, DfuError.Cancelled)]);
    }

    private static (DeviceState, ImmutableArray<DeviceEffect>) Retry(DeviceState state, DeviceEvent.RetryRequested r) => Requeue(
        state with
        {
            Outcome = DeviceOutcome.Pending,
            Error = DfuError.None,
            Detail = "",
            Failures = 0,
            Fruitless = 0,
            AdapterLosses = null,
            EndedAt = null,
            CancelRequested = false,
            BootloaderUntil = null,
            Retries = r.Retries,
        },
        r.At);

    private static DateTimeOffset Latest(DateTimeOffset a, DateTimeOffset? b) => b is { } other && other > a ? other : a;
}
