using System.Collections.Immutable;
using Dfu.Protocol.Errors;

namespace Dfu.Fleet.Devices;

/// <summary>All decisions about one device: (state, event, policy) to (state, effects). Late and repeated events change nothing.</summary>
/// <remarks>Times come from a clock that never steps (<see cref="Protocol.Timing.SteadyTime"/>): nobody fails because a clock was set.</remarks>
public static class DeviceMachine
{
    /// <summary>A bootloader leaves DFU mode this long after the last CREATE(command) or EXECUTE(data).</summary>
    public static readonly TimeSpan Inactivity = TimeSpan.FromSeconds(120);

    /// <summary>And this long after it activated a SoftDevice part.</summary>
    public static readonly TimeSpan Continuation = TimeSpan.FromSeconds(10);

    private const string NotHeard = "accepted by the bootloader; its application was not heard";
    private const string NotHeardOf = "it was refused, or nothing more was heard of it";

    public static (DeviceState Next, ImmutableArray<DeviceEffect> Effects) Apply(DeviceState state, DeviceEvent e, FleetPolicy policy)
    {
        if (e.Number == 0 || e is not DeviceEvent.IOfAttempt { Attempt: var attempt }) return Account(state, e, policy);
        if (!IsCurrent(state, attempt) || e.Number <= state.LastEvent) return (state, []);
        var (next, effects) = Account(state, e, policy);
        return (next with { LastEvent = e.Number }, effects);
    }

    private static (DeviceState Next, ImmutableArray<DeviceEffect> Effects) Account(DeviceState state, DeviceEvent e, FleetPolicy policy)
    {
        var (next, effects) = Decide(state, e, policy);
        return ReferenceEquals(next, state) ? (state, effects) : (DeviceMoments.Note(state, DeviceCosts.Account(state, next, e), e), effects);
    }

    /// <summary>
    /// What a process makes of a stored state. Its clock has nothing to do with the one that the times in there are of: a wait begins anew, and no
    /// pause is longer than it was meant to be.
    /// </summary>
    public static DeviceState TakeUp(DeviceState stored, DateTimeOffset now, FleetPolicy policy) => stored.Phase == DevicePhase.Done ? stored : stored with
    {
        WaitingSince = now,
        NotBefore = Earliest(stored.NotBefore, now + Retries.Pause(stored, policy)),
        BootloaderUntil = Earliest(stored.BootloaderUntil, now + Inactivity),
        ActivatedAt = Earliest(stored.ActivatedAt, now),
        Losses = stored.Losses is { } losses ? losses with { At = now } : null,
    };

    private static (DeviceState Next, ImmutableArray<DeviceEffect> Effects) Decide(DeviceState state, DeviceEvent e, FleetPolicy policy) => e switch
    {
        DeviceEvent.Granted g when state.Phase == DevicePhase.Queued && g.Attempt == state.Attempt + 1 => Grant(state, g),
        DeviceEvent.PhaseChanged p when IsCurrent(state, p.Attempt) => Enter(state, p),
        DeviceEvent.Identified i when IsCurrent(state, i.Attempt) => (state with { Application = i.Application, Bootloader = i.Bootloader }, []),
        DeviceEvent.Told t when IsCurrent(state, t.Attempt) => (state with { HadApplication = true }, []),
        DeviceEvent.Mistaken m when IsCurrent(state, m.Attempt) => (DeviceProgress.Mistake(state, m.Address), []),
        DeviceEvent.ImageStarted i when IsCurrent(state, i.Attempt) && IsImage(state, i.Image) => (StartImage(state, i.Image), []),
        DeviceEvent.Resumed r when IsCurrent(state, r.Attempt) && IsImage(state, r.Image) => (DeviceProgress.Resume(state, r.Image, r.Record), []),
        DeviceEvent.Confirmed c when IsCurrent(state, c.Attempt) && IsImage(state, c.Image) => (DeviceProgress.Confirm(state, c), []),
        DeviceEvent.Saved s when IsCurrent(state, s.Attempt) && IsImage(state, s.Image) =>
            (DeviceProgress.With(state, s.Image, image => image with { Saved = s.Offset }), []),
        DeviceEvent.ClassLearned c when IsCurrent(state, c.Attempt) => (state.Class == c.Class ? state : state with { Class = c.Class }, []),
        DeviceEvent.LastExecute l when IsCurrent(state, l.Attempt) && IsImage(state, l.Image) =>
            (DeviceProgress.With(state, l.Image, image => image with { LastExecuteSent = true, Identity = l.Identity ?? image.Identity })
                with { BootloaderUntil = l.At + Inactivity }, []),
        DeviceEvent.ImageActivated a when IsCurrent(state, a.Attempt) && IsImage(state, a.Image) => (DeviceProgress.Activate(state, a), []),
        DeviceEvent.ImagePassed p when IsCurrent(state, p.Attempt) && IsImage(state, p.Image) && IsImage(state, p.Image + 1) =>
            (DeviceProgress.Pass(state, p), []),
        DeviceEvent.Restarted r when IsCurrent(state, r.Attempt) && IsImage(state, r.Image) => (DeviceProgress.StartOver(state, r), []),
        DeviceEvent.Ended x when IsCurrent(state, x.Attempt) => End(Count(state, x), x, policy),
        DeviceEvent.Interrupted i when IsCurrent(state, i.Attempt) => state.CancelRequested
            ? GiveWay(state, "", i.At)
            : state.Paused ? Requeue(state, i.At)
            : Outlive(state with { Error = DfuError.Interrupted, Detail = NotHeardOf }, i.At, policy),
        DeviceEvent.AdapterBlamed b => (Retries.Exonerate(state, b), []),
        DeviceEvent.Waited w => Wait(state, w, policy),
        DeviceEvent.CancelRequested c when c.Run >= state.Run => Cancel(state, c),
        DeviceEvent.PauseRequested p when IsCurrent(state, p.Attempt) && !state.Paused && !state.CancelRequested =>
            (state with { Paused = true }, [Stop(state)]),
        DeviceEvent.RetryRequested r when r.Run > state.Run => Retry(state, r),
        _ => (state, []),
    };

    /// <summary>What must be under way for a device in this state; carried out again after a restart.</summary>
    public static ImmutableArray<DeviceEffect> Outstanding(DeviceState state) => state switch
    {
        { Phase: DevicePhase.Queued } => [new DeviceEffect.RequestSlot()],
        { Phase: DevicePhase.BackingOff } => [],
        { Phase: DevicePhase.Done } => [new DeviceEffect.ReportOutcome(state.Outcome, state.Error)],
        { CancelRequested: true } or { Paused: true } => [Stop(state)],
        _ => [new DeviceEffect.StartAttempt(state.Adapter!, state.AdapterEpoch, state.Attempt)],
    };

    private static bool IsCurrent(DeviceState state, int attempt) => state.Running && state.Attempt == attempt;

    private static bool IsImage(DeviceState state, int image) => (uint)image < (uint)state.Images.Length;

    private static (DeviceState, ImmutableArray<DeviceEffect>) Grant(DeviceState state, DeviceEvent.Granted g)
    {
        var next = state with
        {
            Phase = DevicePhase.Connecting,
            Attempt = g.Attempt,
            LastEvent = 0,
            Adapter = g.Adapter,
            AdapterEpoch = g.Epoch,
            Heard = g.Heard,
            Application = g.Application,
            Bootloader = g.Bootloader,
            Probing = g.Probe,
            AttemptBase = state.Images[state.Image].Confirmed,
            AttemptFruitful = false,
            Paused = false,
            NotBefore = null,
            StartedAt = state.StartedAt ?? g.At,
        };
        return (next, [new DeviceEffect.StartAttempt(g.Adapter, g.Epoch, g.Attempt)]);
    }

    private static (DeviceState, ImmutableArray<DeviceEffect>) Enter(DeviceState state, DeviceEvent.PhaseChanged p)
    {
        var next = DeviceBonds.Proved(state with
        {
            Phase = p.Phase is DevicePhase.Queued or DevicePhase.BackingOff or DevicePhase.Done ? state.Phase : p.Phase,
            BootloaderUntil = p.Phase == DevicePhase.SendingInit ? p.At + Inactivity : state.BootloaderUntil,
            Settled = state.Settled || p.Phase is DevicePhase.Jumping or DevicePhase.Reconciling,
            HadApplication = state.HadApplication || p.Phase == DevicePhase.Jumping,
        }, p.Phase);
        var (told, effects) = p.Phase is DevicePhase.Jumping or DevicePhase.Reconciling ? Retries.Linked(next) : (next, []);
        return (told, [.. OfSlot(state, p), .. effects]);
    }

    /// <summary>While the last image is copied and its application boots the radio has nothing to do for this device: seconds that another can use.</summary>
    private static ImmutableArray<DeviceEffect> OfSlot(DeviceState state, DeviceEvent.PhaseChanged p) => (state.Phase, p.Phase) switch
    {
        (not DevicePhase.Verifying, DevicePhase.Verifying) when state.Image == state.Images.Length - 1 =>
            [new DeviceEffect.LendSlot(state.Adapter!, state.AdapterEpoch, state.Attempt)],
        (DevicePhase.Verifying, not DevicePhase.Verifying) => [new DeviceEffect.RetakeSlot(state.Adapter!, state.AdapterEpoch, state.Attempt)],
        _ => [],
    };

    private static DeviceState StartImage(DeviceState state, int image) =>
        state.Image == image || state.Images[image].Passed is not null ? state : state with { Image = image, AttemptBase = state.Images[image].Confirmed };

    private static DeviceState Count(DeviceState state, DeviceEvent.Ended x) =>
        state.Counting(x.Traffic) with { Probing = false, Finish = x.Finish ?? state.Finish };

    private static (DeviceState, ImmutableArray<DeviceEffect>) End(DeviceState state, DeviceEvent.Ended x, FleetPolicy policy)
    {
        if (x is { Error: DfuError.None, AlreadyCurrent: true }) return Finish(state, DeviceOutcome.AlreadyCurrent, DfuError.None, x.Detail, x.At);
        if (x.Error == DfuError.None)
        {
            var isSaid = x.ApplicationHeard || x.Detail.Length > 0 || x.Finish?.Check == FinishCheck.Skipped;
            var detail = isSaid ? x.Detail : NotHeard;
            return Finish(Checked(state, x.ApplicationHeard ? FinishCheck.Heard : FinishCheck.Accepted), DeviceOutcome.Updated, DfuError.None, detail, x.At);
        }

        if (x.Error.MayMeanNotNewer() && state.Images[state.Image].LastExecuteSent) return AlreadyActivated(state, x);
        if (state.CancelRequested) return GiveWay(state, "", x.At);
        if (x.Error == DfuError.Cancelled) return Requeue(state, x.At); // its campaign is paused, or asked for it again meanwhile

        var noted = state with { Detail = x.Detail, Error = x.Error };
        if (x.Error is DfuError.AdapterLost or DfuError.AdapterFull or DfuError.Interrupted || Retries.IsAdaptersFault(state, x.Error))
            return Outlive(noted, x.At, policy);
        if (x.Error is DfuError.PairingRefused or DfuError.BondedElsewhere)
            return NotTaken(noted, x, policy);
        if (Retries.ClassOf(x.Error) == RetryClass.Never) return Refuse(noted, x);

        noted = noted with
        {
            Failures = state.Failures + 1,
            Fruitless = state.AttemptFruitful ? 0 : state.Fruitless + 1,
            Troubles = state.AttemptFruitful ? Retries.Forgiven(state.Troubles) : Retries.After(state, x),
            Losses = null,
        };
        if (noted.Fruitless >= policy.MaxFruitlessAttempts)
        {
            var detail = $"{noted.Fruitless} attempts in a row confirmed nothing; the last: {x.Detail}{Retries.WhereItFailed(noted)}";
            return Finish(noted, DeviceOutcome.Failed, x.Error, detail, x.At);
        }

        if (noted.Failures >= policy.MaxAttempts)
            return Finish(noted, DeviceOutcome.Failed, x.Error, $"{noted.Failures} attempts failed; the last: {x.Detail}", x.At);
        return Again(noted, x.At, policy);
    }

    /// <summary>
    /// An adapter that the device does not take is left out from now on, until another jump: one that the bootloader refuses each time that the adapter has
    /// sent the application there only wears its flash.
    /// </summary>
    private static (DeviceState, ImmutableArray<DeviceEffect>) NotTaken(DeviceState state, DeviceEvent.Ended x, FleetPolicy policy)
    {
        var inVain = state.BondedWith == state.Adapter && !state.AttemptFruitful;
        var next = DeviceBonds.Refuse(state, x.Error) with
        {
            Failures = state.Failures + 1,
            Fruitless = inVain ? state.Fruitless + 1 : state.Fruitless,
            Losses = null,
        };
        return next.Fruitless >= policy.MaxFruitlessAttempts || next.Failures >= policy.MaxAttempts
            ? Finish(next, DeviceOutcome.Failed, x.Error, $"{next.Failures} attempts failed; the last: {x.Detail}", x.At)
            : Requeue(next, x.At);
    }

    /// <summary>
    /// An adapter that was lost, or a host, is not the device's fault, so the attempt does not count as a failure; but what only ever comes back to go
    /// away again is as good as nothing.
    /// </summary>
    private static (DeviceState, ImmutableArray<DeviceEffect>) Outlive(DeviceState state, DateTimeOffset at, FleetPolicy policy)
    {
        var gained = state.Losses is not { } before || before.Image != state.Image || before.Held < state.AttemptBase;
        var losses = gained
            ? new Losses(1, state.Image, state.AttemptBase, TimeSpan.Zero, at)
            : state.Losses! with { Count = state.Losses.Count + 1, Lasted = state.Losses.Lasted + (at - state.Losses.At), At = at };
        var next = state with { Losses = losses };
        return losses.Count > policy.MaxFruitlessAttempts && losses.Lasted >= policy.Patience
            ? Finish(next, DeviceOutcome.Failed, state.Error, WhyLost(losses, state), at)
            : Again(next, at, policy);
    }

    private static string WhyLost(Losses losses, DeviceState state) => state.Error == DfuError.Interrupted
        ? $"{losses.Count} attempts in a row were interrupted, and the device never held more than {losses.Held} bytes; the last: {state.Detail}"
        : $"its adapter went away, was full or could not connect {losses.Count} times in a row, and the device never held more than {losses.Held} bytes";

    /// <summary>Where an image before was refused for something else than its age, the device took none of them: the first refusal says why.</summary>
    private static (DeviceState, ImmutableArray<DeviceEffect>) Refuse(DeviceState state, DeviceEvent.Ended x)
    {
        var first = state.Images.Select(static image => image.Passed).FirstOrDefault(static passed => passed is not null);
        if (first is null || !x.Error.IsRefusal()) return Finish(state, DeviceOutcome.Failed, x.Error, x.Detail, x.At);
        return first.Error == DfuError.VersionRefused
            ? Finish(state, DeviceOutcome.Failed, x.Error, $"{first.Note}; {x.Detail}", x.At)
            : Finish(state, DeviceOutcome.Failed, first.Error, $"{first.Detail}; the next part was refused, too: {x.Detail}", x.At);
    }

    /// <summary>The device runs what was sent: its bootloader refuses the same version because the last EXECUTE had been carried out.</summary>
    private static (DeviceState, ImmutableArray<DeviceEffect>) AlreadyActivated(DeviceState state, DeviceEvent.Ended x)
    {
        var next = DeviceProgress.Activate(state, new(state.Attempt, state.Image, false, x.At));
        return next.AllActivated
            ? Finish(
                Checked(next, FinishCheck.Accepted), DeviceOutcome.Updated, DfuError.None,
                "the answer to the last EXECUTE was lost; the device runs the image", x.At)
            : Requeue(next, x.At);
    }

    private static (DeviceState, ImmutableArray<DeviceEffect>) Again(DeviceState state, DateTimeOffset at, FleetPolicy policy) =>
        Retries.Pause(state, policy) is var pause && pause > TimeSpan.Zero ? BackOff(state, at, pause) : Requeue(state, at);

    private static (DeviceState, ImmutableArray<DeviceEffect>) BackOff(DeviceState state, DateTimeOffset at, TimeSpan pause) => state.LastAttempt
        ? GiveWay(state, state.Detail, at)
        : (state with { Phase = DevicePhase.BackingOff, NotBefore = at + pause, WaitingSince = at }, []);

    private static (DeviceState, ImmutableArray<DeviceEffect>) Requeue(DeviceState state, DateTimeOffset at) => state.LastAttempt
        ? GiveWay(state, state.Detail, at)
        : (state with { Phase = DevicePhase.Queued, NotBefore = null, WaitingSince = at, Probing = false }, [new DeviceEffect.RequestSlot()]);

    private static (DeviceState, ImmutableArray<DeviceEffect>) Finish(
        DeviceState state, DeviceOutcome outcome, DfuError error, string detail, DateTimeOffset at) =>
        (state with
        {
            Phase = DevicePhase.Done,
            Outcome = outcome,
            Error = error,
            Detail = outcome == DeviceOutcome.Updated && state.PassedNote is { Length: > 0 } note ? Join(note, detail) : detail,
            EndedAt = at,
            NotBefore = null,
            BootloaderUntil = outcome.IsGood() ? null : state.BootloaderUntil,
            Probing = false,
        },
        [new DeviceEffect.ReportOutcome(outcome, error)]);

    /// <summary>Notes how the outcome was found out, unless the attempt has said more.</summary>
    private static DeviceState Checked(DeviceState state, FinishCheck check) =>
        state.Finish.Check == FinishCheck.None ? state with { Finish = new(check) } : state;

    private static string Join(string note, string detail) => detail.Length == 0 ? note : $"{note}; {detail}";

    private static (DeviceState, ImmutableArray<DeviceEffect>) Wait(DeviceState state, DeviceEvent.Waited w, FleetPolicy policy)
    {
        if (state.Phase == DevicePhase.BackingOff)
        {
            return state.NotBefore is { } until && w.At < until
                ? (state, [])
                : (state with { Phase = DevicePhase.Queued, NotBefore = null }, [new DeviceEffect.RequestSlot()]);
        }

        if (state.Phase != DevicePhase.Queued) return (state, []);
        if (state is { AllActivated: true, Expects: false } && w.AsApplication && w.LastHeard >= state.ActivatedAt)
            return Finish(Checked(state, FinishCheck.Heard), DeviceOutcome.Updated, DfuError.None, "", w.At);
        if (w.DeafSince is { } deaf)
        {
            return w.At - Latest(deaf, state.WaitingSince) >= policy.Patience
                ? GiveUp(state, DfuError.NoAdapter, $"no adapter for {policy.Patience.TotalSeconds:0} s", w.At)
                : (state, []);
        }

        var silent = w.At - Latest(Latest(state.WaitingSince, w.LastHeard), w.ListeningSince);
        if (w.HeardByOthers)
        {
            return DeviceBonds.GivenUp(state, w.InBootloader, silent, policy.Patience) is var (error, why)
                ? GiveUp(state, error, why, w.At)
                : (state, []);
        }

        return silent >= policy.Patience
            ? GiveUp(state, DfuError.NotHeard, $"not heard for {policy.Patience.TotalSeconds:0} s{Neighbours(state)}", w.At)
            : (state, []);
    }

    private static string Neighbours(DeviceState state) =>
        state.Strangers.IsEmpty ? ""
        : state.Strangers is [var stranger] ? $"; {stranger} is the application of another device"
        : $"; {string.Join(", ", state.Strangers)} are the applications of other devices";

    private static (DeviceState, ImmutableArray<DeviceEffect>) GiveUp(DeviceState state, DfuError error, string detail, DateTimeOffset at) =>
        state is { AllActivated: true, Expects: true }
        ? Finish(state, DeviceOutcome.Failed, DfuError.ApplicationNotRead, $"accepted by the bootloader; then {detail}", at)
        : state.AllActivated ? Accept(state, at)
        : Finish(state, DeviceOutcome.Failed, error, detail, at);

    /// <summary>Nobody wants more of it. One that has accepted all it was sent is updated all the same, where nothing more is expected of it.</summary>
    private static (DeviceState, ImmutableArray<DeviceEffect>) GiveWay(DeviceState state, string detail, DateTimeOffset at) =>
        state is { AllActivated: true, Expects: false }
        ? Accept(state, at)
        : Finish(state, DeviceOutcome.Cancelled, DfuError.Cancelled, detail, at);

    private static (DeviceState, ImmutableArray<DeviceEffect>) Accept(DeviceState state, DateTimeOffset at) =>
        Finish(Checked(state, FinishCheck.Accepted), DeviceOutcome.Updated, DfuError.None, NotHeard, at);

    private static (DeviceState, ImmutableArray<DeviceEffect>) Cancel(DeviceState state, DeviceEvent.CancelRequested c)
    {
        if (state.Phase == DevicePhase.Done || state.CancelRequested) return (state, []);
        if (!state.Running) return GiveWay(state, "", c.At);
        if (c.Drain) return (state.LastAttempt ? state : state with { LastAttempt = true }, []);
        return (state with { CancelRequested = true }, [Stop(state)]);
    }

    private static DeviceEffect.StopAttempt Stop(DeviceState state) =>
        new DeviceEffect.StopAttempt(state.Adapter!, state.AdapterEpoch, state.Attempt, DfuError.Cancelled);

    /// <summary>One that is at work goes on, whatever was asked for before.</summary>
    private static (DeviceState, ImmutableArray<DeviceEffect>) Retry(DeviceState state, DeviceEvent.RetryRequested r)
    {
        var next = state with { Run = r.Run, CancelRequested = false, LastAttempt = false, Forced = state.Forced || r.Anew };
        if (r.Anew && state.Phase == DevicePhase.Done)
        {
            return (
                state.Anew(state.ImageSizes, r.At) with { Run = r.Run, Forced = true, EarlierCampaign = state.EarlierCampaign },
                [new DeviceEffect.RequestSlot()]);
        }

        if (!Campaigns.CampaignState.MayTryAgain(state.Outcome)) return (next, []);
        return Requeue(
            AskAgain(next) with
            {
                Outcome = DeviceOutcome.Pending,
                Error = DfuError.None,
                Detail = "",
                Failures = 0,
                Fruitless = 0,
                Troubles = Retries.Forgiven(state.Troubles),
                Losses = null,
                BondRefusals = [],
                EndedAt = null,
                BootloaderUntil = null,
                Finish = new(FinishCheck.None),
            },
            r.At);
    }

    /// <summary>The operator may have done something about the device: it says once more what it has.</summary>
    private static DeviceState AskAgain(DeviceState state)
    {
        if (state.Error is DfuError.ApplicationDiffers or DfuError.ApplicationNotRead)
            return state with { Images = [.. state.Images.Select(static _ => new ImageProgress())], Image = 0, ActivatedAt = null };
        if (state.Images.All(static image => image.Passed is null)) return state;
        var images = state.Images.Select(static image => image with { Passed = null }).ToImmutableArray();
        return state with { Images = images, Image = images.TakeWhile(static image => image.Activated).Count() };
    }

    private static DateTimeOffset? Earliest(DateTimeOffset? a, DateTimeOffset b) => a > b ? b : a;

    private static DateTimeOffset Latest(DateTimeOffset a, DateTimeOffset? b) => b is { } other && other > a ? other : a;
}
