using System.Collections.Immutable;
using Dfu.Adapters;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Adapters;

/// <summary>All decisions about one adapter: slots, the connect token, the limit and the ladder of recovery.</summary>
public static class AdapterMachine
{
    /// <summary>Connects that may fail in a row, for at least two devices, before the adapter is suspected.</summary>
    internal const int ErrorBudget = 6;

    /// <summary>Openings that may fail before the next step of the ladder is taken.</summary>
    private const int OpeningsPerStep = 3;

    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan QuarantineRetry = TimeSpan.FromSeconds(10);

    /// <summary>How long a suspected adapter may finish what it has.</summary>
    private static readonly TimeSpan Drain = TimeSpan.FromSeconds(60);

    public static (AdapterState Next, ImmutableArray<AdapterEffect> Effects) Apply(AdapterState state, AdapterEvent e, FleetPolicy policy) => e switch
    {
        AdapterEvent.OpenRequested when state.Status == AdapterStatus.Opening && state.Epoch == 0 => Open(state, AdapterStatus.Opening),
        AdapterEvent.Opened o when o.Epoch == state.Epoch && IsBeingOpened(state) => (Ready(state, o, policy), []),
        AdapterEvent.OpenFailed f when f.Epoch == state.Epoch && IsBeingOpened(state) => (FailOpening(state, f), []),
        AdapterEvent.Lost l when l.Epoch == state.Epoch && state.Listens => LetGo(state, l.Reason, l.At + FirstRetry),
        AdapterEvent.SlotTaken t when t.Epoch == state.Epoch && t.Turn > state.Turn && state.Status == AdapterStatus.Ready =>
            (Take(state with { Turn = t.Turn }, new(t.Device, t.Attempt)), []),
        AdapterEvent.SlotFreed f when f.Epoch == state.Epoch && f.Turn > state.Turn => Free(state with { Turn = f.Turn }, new(f.Device, f.Attempt), f.At),
        AdapterEvent.ConnectStarted c when c.Epoch == state.Epoch && state.Listens && c.Connect > state.ConnectsBegun => (BeginConnect(state, c), []),
        AdapterEvent.ConnectEnded c when c.Epoch == state.Epoch && state.Listens && c.Connect > state.ConnectsEnded =>
            EndConnect(state with { ConnectsEnded = c.Connect }, c),
        AdapterEvent.Measured m when m.Epoch == state.Epoch && state.Listens && !(m.At <= state.Limit.MeasuredAt) =>
            (state with { Limit = LimitLearning.Measured(state.Limit, m.Sample, m.At) with { MeasuredAt = m.At } }, []),
        AdapterEvent.Recovered r when r.Epoch == state.Epoch && state.StepUnderWay == r.Step => AfterStep(state, r),
        AdapterEvent.Tick t => OnTick(state, t.At),
        _ => (state, []),
    };

    /// <summary>
    /// A new owner opens the radio of an earlier one: nothing that one had under way counts, what it learned does, and no pause is longer than it was
    /// meant to be by the new owner's clock.
    /// </summary>
    public static (AdapterState Next, ImmutableArray<AdapterEffect> Effects) TakeUp(AdapterState stored, DateTimeOffset now)
    {
        var raise = stored.Limit.RaiseAt > now + stored.Limit.Hold ? now + stored.Limit.Hold : stored.Limit.RaiseAt;
        var limit = stored.Limit with { RaiseAt = raise, MeasuredAt = null };
        return Open(new() { Id = stored.Id, Name = stored.Name, Epoch = stored.Epoch, Limit = limit }, AdapterStatus.Opening);
    }

    private static bool IsBeingOpened(AdapterState state) => state is { Status: AdapterStatus.Opening or AdapterStatus.Quarantined, RetryAt: null };

    private static (AdapterState, ImmutableArray<AdapterEffect>) Open(AdapterState state, AdapterStatus status)
    {
        var epoch = state.Epoch + 1;
        return (state with { Status = status, Epoch = epoch, RetryAt = null, StepUnderWay = null }, [new AdapterEffect.Open(epoch)]);
    }

    private static AdapterState Ready(AdapterState state, AdapterEvent.Opened o, FleetPolicy policy) => state with
    {
        Status = AdapterStatus.Ready,
        Name = o.Name,
        Detail = "",
        Slots = [],
        Connecting = null,
        ConnectsBegun = 0,
        ConnectsEnded = 0,
        Limit = LimitLearning.Start(Math.Max(1, Math.Min(o.MaxLinks, policy.MaxTransfersPerAdapter ?? int.MaxValue)), state.Limit),
        Errors = 0,
        ErrorDevices = [],
        FailedOpenings = 0,
    };

    private static AdapterState FailOpening(AdapterState state, AdapterEvent.OpenFailed f)
    {
        var failed = state.FailedOpenings + 1;
        var quarantined = state.NextStep is null;
        return state with
        {
            Status = quarantined ? AdapterStatus.Quarantined : AdapterStatus.Recovering,
            FailedOpenings = failed,
            Detail = f.Detail,
            RetryAt = f.At + (quarantined ? QuarantineRetry : Retry(failed)),
        };
    }

    private static TimeSpan Retry(int failed)
    {
        var pause = FirstRetry * Math.Pow(2, Math.Min(failed, 10) - 1);
        return pause < LongestRetry ? pause : LongestRetry;
    }

    /// <summary>The radio is gone or given up: its transfers move to others, and it is opened again later.</summary>
    private static (AdapterState, ImmutableArray<AdapterEffect>) LetGo(AdapterState state, string reason, DateTimeOffset retryAt)
    {
        ImmutableArray<AdapterEffect> effects =
            [.. state.Slots.Select(slot => new AdapterEffect.HandOver(state.Epoch, slot)), new AdapterEffect.Close(state.Epoch)];
        var next = state with
        {
            Status = AdapterStatus.Recovering,
            Epoch = state.Epoch + 1,
            Detail = reason,
            Slots = [],
            Connecting = null,
            Errors = 0,
            ErrorDevices = [],
            DrainUntil = null,
            RetryAt = retryAt,
        };
        return (next, effects);
    }

    private static AdapterState Take(AdapterState state, AdapterSlot slot) =>
        state.Slots.Contains(slot) ? state : state with { Slots = state.Slots.Add(slot), Connecting = state.Connecting ?? slot };

    /// <summary>Its end may have been heard before.</summary>
    private static AdapterState BeginConnect(AdapterState state, AdapterEvent.ConnectStarted c)
    {
        var slot = new AdapterSlot(c.Device, c.Attempt);
        var connects = state.Slots.Contains(slot) && c.Connect > state.ConnectsEnded;
        return state with { ConnectsBegun = c.Connect, Connecting = connects ? slot : state.Connecting };
    }

    private static (AdapterState, ImmutableArray<AdapterEffect>) Free(AdapterState state, AdapterSlot slot, DateTimeOffset at)
    {
        if (!state.Slots.Contains(slot)) return (state, []);
        var next = state with { Slots = state.Slots.Remove(slot), Connecting = state.Connecting == slot ? null : state.Connecting };
        return next.Status == AdapterStatus.Draining && next.Slots.IsEmpty ? TakeStep(next, at) : (next, []);
    }

    private static (AdapterState, ImmutableArray<AdapterEffect>) EndConnect(AdapterState state, AdapterEvent.ConnectEnded c)
    {
        var slot = new AdapterSlot(c.Device, c.Attempt);
        var next = state with { Connecting = state.Connecting == slot ? null : state.Connecting };
        switch (c.Error)
        {
            case DfuError.None:
                return (next with { Errors = 0, ErrorDevices = [], NextStep = RecoveryStep.Reopen }, []);
            case DfuError.AdapterFull:
                var held = state.Slots.Count(other => other != slot);
                next = next with { Limit = LimitLearning.Full(state.Limit, held) };
                return held > 0 ? (next, []) : Blame(next, c.Device, c.At);
            case DfuError.ConnectFailed or DfuError.ConnectTimeout:
                return Blame(next, c.Device, c.At);
            default:
                return (next, []);
        }
    }

    private static (AdapterState, ImmutableArray<AdapterEffect>) Blame(AdapterState state, BluetoothAddress device, DateTimeOffset at)
    {
        var devices = state.ErrorDevices.Contains(device) ? state.ErrorDevices : state.ErrorDevices.Add(device);
        var next = state with { Errors = state.Errors + 1, ErrorDevices = devices };
        if (next.Status != AdapterStatus.Ready || next.Errors < ErrorBudget || devices.Length < 2) return (next, []);
        return (next with { Status = AdapterStatus.Draining, Detail = $"{next.Errors} connects in a row failed", DrainUntil = at + Drain }, []);
    }

    /// <summary>Carries out the next step of the ladder on a radio nothing uses any more; after the last one it is left alone for a while.</summary>
    private static (AdapterState, ImmutableArray<AdapterEffect>) TakeStep(AdapterState state, DateTimeOffset at)
    {
        var (next, effects) = state.Status == AdapterStatus.Recovering ? (state, []) : LetGo(state, state.Detail, at);
        if (next.NextStep is not { } step)
            return (next with { Status = AdapterStatus.Quarantined, FailedOpenings = 0, RetryAt = at + QuarantineRetry }, effects);
        next = next with { StepUnderWay = step, NextStep = After(step), FailedOpenings = 0, RetryAt = null };
        return (next, effects.Add(new AdapterEffect.Recover(next.Epoch, step)));
    }

    private static (AdapterState, ImmutableArray<AdapterEffect>) AfterStep(AdapterState state, AdapterEvent.Recovered r)
    {
        var next = state with { StepUnderWay = null };
        return r.Done || r.Step == RecoveryStep.Reopen ? Open(next, AdapterStatus.Opening) : TakeStep(next, r.At);
    }

    private static RecoveryStep? After(RecoveryStep step) => step switch
    {
        RecoveryStep.Reopen => RecoveryStep.PowerCycle,
        RecoveryStep.PowerCycle => RecoveryStep.UsbReset,
        _ => null,
    };

    private static (AdapterState, ImmutableArray<AdapterEffect>) OnTick(AdapterState state, DateTimeOffset at)
    {
        if (state.Status == AdapterStatus.Draining && (state.Slots.IsEmpty || at >= state.DrainUntil)) return TakeStep(state, at);
        if (!(at >= state.RetryAt)) return (state, []);
        return state.Status switch
        {
            AdapterStatus.Quarantined => Open(state, AdapterStatus.Quarantined),
            AdapterStatus.Recovering when state.FailedOpenings >= OpeningsPerStep => TakeStep(state, at),
            AdapterStatus.Recovering => Open(state, AdapterStatus.Opening),
            _ => (state, []),
        };
    }
}
