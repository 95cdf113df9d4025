using System.Collections.Immutable;
using Dfu.Protocol.Errors;

namespace Dfu.Fleet.Adapters;

/// <summary>
/// All decisions about one adapter: slots, the connect token, the limit and when it is suspected; how it is brought back is in
/// <see cref="AdapterLadder"/>, what operators want in <see cref="AdapterControls"/>.
/// </summary>
public static class AdapterMachine
{
    /// <summary>Connects that may fail in a row, for at least two devices, before the adapter is suspected.</summary>
    internal const int ErrorBudget = 6;

    /// <summary>The same, where other adapters have connected to two of those devices since: it is not the devices then.</summary>
    internal const int FoundedBudget = 3;

    private const int ElsewhereKept = 16;
    private const int ServedKept = 2;

    /// <summary>How long a suspected adapter may finish what it has.</summary>
    private static readonly TimeSpan Drain = TimeSpan.FromSeconds(60);

    public static (AdapterState Next, ImmutableArray<AdapterEffect> Effects) Apply(AdapterState state, AdapterEvent e, FleetPolicy policy) => e switch
    {
        AdapterEvent.OpenRequested when state.Status == AdapterStatus.Opening && state.Epoch == 0 => AdapterLadder.Open(state, AdapterStatus.Opening),
        AdapterEvent.Opened o when o.Epoch == state.Epoch && AdapterLadder.IsBeingOpened(state) => AdapterLadder.Opened(state, o, policy),
        AdapterEvent.OpenFailed f when f.Epoch == state.Epoch && AdapterLadder.IsBeingOpened(state) => AdapterLadder.FailOpening(state, f),
        AdapterEvent.Lost l when l.Epoch == state.Epoch && state.Listens => AdapterLadder.Lose(state, l),
        AdapterEvent.SlotTaken t when t.Epoch == state.Epoch && t.Turn > state.Turn && state.Status == AdapterStatus.Ready =>
            (Take(state with { Turn = t.Turn }, new(t.Device, t.Attempt)), []),
        AdapterEvent.SlotFreed f when f.Epoch == state.Epoch && f.Turn > state.Turn => Free(state with { Turn = f.Turn }, new(f.Device, f.Attempt), f.At),
        AdapterEvent.AttemptEnded a when a.Epoch == state.Epoch && a.Turn > state.Turn => (Count(state with { Turn = a.Turn }, a), []),
        AdapterEvent.ConnectStarted c when c.Epoch == state.Epoch && state.Listens && c.Connect > state.ConnectsBegun => (BeginConnect(state, c), []),
        AdapterEvent.ConnectEnded c when c.Epoch == state.Epoch && state.Listens && c.Connect > state.ConnectsEnded =>
            EndConnect(state with { ConnectsEnded = c.Connect }, c),
        AdapterEvent.ServedElsewhere s when s.Epoch == state.Epoch && state.Listens => ServeElsewhere(state, s),
        AdapterEvent.Measured m when m.Epoch == state.Epoch && state.Listens && !(m.At <= state.Limit.MeasuredAt) =>
            (state with { Limit = LimitLearning.Measured(state.Limit, m.Sample, m.At) with { MeasuredAt = m.At } }, []),
        AdapterEvent.Recovered r when r.Epoch == state.Epoch && state.StepUnderWay == r.Step => AdapterLadder.AfterStep(state, r),
        AdapterEvent.SelfTested t when t.Epoch == state.Epoch && state.Status == AdapterStatus.Testing && t.Test == state.Tests =>
            AdapterLadder.AfterTest(state, t.Findings, t.At, t.Wall),
        AdapterEvent.Controlled c when c.Number == state.Controls + 1 => AdapterControls.Apply(state, c),
        AdapterEvent.AuditTaken a when state.Untold.Any(entry => a.Ids.Contains(entry.Id)) =>
            (state with { Untold = state.Untold.RemoveAll(entry => a.Ids.Contains(entry.Id)) }, []),
        AdapterEvent.Tick t => AdapterLadder.OnTick(WithoutOld(state, t.At), t.At),
        _ => (state, []),
    };

    /// <summary>
    /// A new owner opens the radio of an earlier one: nothing that one had under way counts, what it learned and what operators want does, and no pause is
    /// longer than it was meant to be by the new owner's clock.
    /// </summary>
    public static (AdapterState Next, ImmutableArray<AdapterEffect> Effects) TakeUp(AdapterState stored, DateTimeOffset now)
    {
        var raise = stored.Limit.RaiseAt > now + stored.Limit.Hold ? now + stored.Limit.Hold : stored.Limit.RaiseAt;
        var next = new AdapterState
        {
            Id = stored.Id,
            Name = stored.Name,
            Epoch = stored.Epoch,
            Limit = stored.Limit with { RaiseAt = raise, MeasuredAt = null },
            HeldBy = stored.HeldBy,
            ResetBy = stored.ResetBy,
            LastReset = stored.LastReset,
            Controls = stored.Controls,
            Untold = stored.Untold,
            TestDue = stored.TestDue,
            Tests = stored.Tests,
            SelfTest = stored.SelfTest,
            Steps = stored.Steps,
        };
        return AdapterLadder.Open(next, AdapterStatus.Opening);
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
        return next.Status == AdapterStatus.Draining && next.Slots.IsEmpty ? AdapterLadder.TakeStep(next, at) : (next, []);
    }

    private static AdapterState Count(AdapterState state, AdapterEvent.AttemptEnded a) =>
        a.Error == DfuError.LinkLost ? state with { Recent = state.Recent.And(new(0, 0, 1), a.At) } : state;

    private static AdapterState WithoutOld(AdapterState state, DateTimeOffset at) =>
        state.Recent.At(at) is var recent && ReferenceEquals(recent, state.Recent) ? state : state with { Recent = recent };

    private static (AdapterState, ImmutableArray<AdapterEffect>) EndConnect(AdapterState state, AdapterEvent.ConnectEnded c)
    {
        var slot = new AdapterSlot(c.Device, c.Attempt);
        var next = state with { Connecting = state.Connecting == slot ? null : state.Connecting };
        switch (c.Error)
        {
            case DfuError.None:
                return (Serve(next, c) with { Errors = 0, FailedConnects = [] }, []);
            case DfuError.AdapterFull:
                var held = state.Slots.Count(other => other != slot);
                next = next with { Limit = LimitLearning.Full(state.Limit, held) };
                return held > 0 ? (next, []) : Blame(next, slot, c.At);
            case DfuError.ConnectFailed or DfuError.ConnectTimeout:
                return Blame(next with { Recent = next.Recent.And(new(1, 1, 0), c.At) }, slot, c.At);
            default:
                return (next, []);
        }
    }

    private static AdapterState Serve(AdapterState state, AdapterEvent.ConnectEnded c) => AdapterLadder.Proved(state) with
    {
        Served = [.. state.Served.Where(served => served.Device != c.Device).TakeLast(ServedKept - 1), new(c.Device, c.At)],
        Recent = state.Recent.And(new(1, 0, 0), c.At),
    };

    private static (AdapterState, ImmutableArray<AdapterEffect>) Blame(AdapterState state, AdapterSlot slot, DateTimeOffset at)
    {
        ImmutableArray<AdapterSlot> devices = [.. state.FailedConnects.Where(known => known.Device != slot.Device), slot];
        var next = state with { Errors = state.Errors + 1, FailedConnects = devices };
        return next.Status == AdapterStatus.Draining ? (next, [new AdapterEffect.Exonerate(next.Epoch, slot)]) : Suspect(next, at);
    }

    private static (AdapterState, ImmutableArray<AdapterEffect>) ServeElsewhere(AdapterState state, AdapterEvent.ServedElsewhere s)
    {
        var slot = new AdapterSlot(s.Device, s.Attempt);
        if (state.Elsewhere.Contains(slot)) return (state, []);
        return Suspect(state with { Elsewhere = [.. state.Elsewhere.TakeLast(ElsewhereKept - 1), slot] }, s.At);
    }

    /// <summary>
    /// Drains an adapter that cannot connect, or recovers it at once when it has nothing to finish. That they could not be connected to over it is not its
    /// devices' fault.
    /// </summary>
    private static (AdapterState, ImmutableArray<AdapterEffect>) Suspect(AdapterState state, DateTimeOffset at)
    {
        if (state.Status != AdapterStatus.Ready || state.FailedConnects.Length < 2) return (state, []);
        var elsewhere = state.FailedConnects.Count(state.Elsewhere.Contains);
        var founded = state.Errors >= FoundedBudget && elsewhere >= 2;
        if (!founded && state.Errors < ErrorBudget) return (state, []);
        var since = founded ? $"; other adapters connected to {elsewhere} of those devices since" : "";
        var next = state with { Status = AdapterStatus.Draining, Detail = $"{state.Errors} connects in a row failed{since}", DrainUntil = at + Drain };
        var (last, effects) = next.Slots.IsEmpty ? AdapterLadder.TakeStep(next, at) : (next, []);
        return (last, [.. state.FailedConnects.Select(slot => new AdapterEffect.Exonerate(state.Epoch, slot)), .. effects]);
    }
}
