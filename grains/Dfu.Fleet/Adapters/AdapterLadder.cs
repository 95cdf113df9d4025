using System.Collections.Immutable;
using Dfu.Adapters;

namespace Dfu.Fleet.Adapters;

/// <summary>
/// How a radio is opened and brought back: opened again and again, the recovery ladder step by step, a self-test before it takes part, and quarantine, from
/// which it is tried again by itself.
/// </summary>
internal static class AdapterLadder
{
    /// <summary>Openings that may fail before the next step of the ladder is taken.</summary>
    private const int OpeningsPerStep = 3;

    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(5);

    /// <summary>The pause in quarantine doubles each time that the radio opens and is no good.</summary>
    private static readonly TimeSpan QuarantineRetry = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestQuarantine = TimeSpan.FromMinutes(5);

    /// <summary>Longer than any self-test takes: one whose end nobody tells has failed.</summary>
    private static readonly TimeSpan LongestTest = TimeSpan.FromSeconds(60);

    public static bool IsBeingOpened(AdapterState state) => state is { Status: AdapterStatus.Opening or AdapterStatus.Quarantined, RetryAt: null };

    public static (AdapterState, ImmutableArray<AdapterEffect>) Open(AdapterState state, AdapterStatus status)
    {
        var epoch = state.Epoch + 1;
        return (state with { Status = status, Epoch = epoch, RetryAt = null, StepUnderWay = null }, [new AdapterEffect.Open(epoch)]);
    }

    public static (AdapterState, ImmutableArray<AdapterEffect>) Opened(AdapterState state, AdapterEvent.Opened o, FleetPolicy policy)
    {
        var next = state with
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
            FailedConnects = [],
            Elsewhere = [],
            FailedOpenings = 0,
        };
        if (next.ResetBy is not null) return Reset(next, o.At);
        return next.TestDue ? Test(next, o.At) : (next, []);
    }

    public static (AdapterState, ImmutableArray<AdapterEffect>) FailOpening(AdapterState state, AdapterEvent.OpenFailed f)
    {
        if (state.ResetBy is not null) return Reset(state with { Detail = f.Detail }, f.At);
        var failed = state.FailedOpenings + 1;
        var quarantined = state.NextStep is null;
        return (state with
        {
            Status = quarantined ? AdapterStatus.Quarantined : AdapterStatus.Recovering,
            FailedOpenings = failed,
            Detail = f.Detail,
            RetryAt = f.At + (quarantined ? QuarantineRetry : Doubled(FirstRetry, failed - 1, LongestRetry)),
        }, []);
    }

    public static (AdapterState, ImmutableArray<AdapterEffect>) Lose(AdapterState state, AdapterEvent.Lost l) => LetGo(state, l.Reason, l.At + FirstRetry);

    /// <summary>It connected to a device: the ladder begins anew, should it be needed again.</summary>
    public static AdapterState Proved(AdapterState state) => state with { NextStep = RecoveryStep.Reopen, FailedReturns = 0 };

    /// <summary>Its transfers go to others, and the ladder is taken from the first step that does something to the radio.</summary>
    /// <remarks>In an epoch of its own: the ladder may have been taken in this one.</remarks>
    public static (AdapterState, ImmutableArray<AdapterEffect>) Reset(AdapterState state, DateTimeOffset at)
    {
        var epoch = state.Listens ? state.Epoch : state.Epoch + 1; // one that listens is let go of, which begins one
        return TakeStep(state with { Epoch = epoch, NextStep = RecoveryStep.PowerCycle, Detail = $"reset by {state.ResetBy}" }, at);
    }

    /// <summary>Carries out the next step of the ladder on a radio nothing uses any more; after the last one it is left alone for a while.</summary>
    public static (AdapterState, ImmutableArray<AdapterEffect>) TakeStep(AdapterState state, DateTimeOffset at)
    {
        var (next, effects) = state.Listens ? LetGo(state, state.Detail, at) : (state, []);
        next = next with { FailedOpenings = 0, TestDue = true };
        if (next.NextStep is not { } step)
        {
            var returned = state.Listens ? state.FailedReturns + 1 : state.FailedReturns;
            var pause = state.Listens ? Doubled(QuarantineRetry, returned - 1, LongestQuarantine) : QuarantineRetry;
            return (next with { Status = AdapterStatus.Quarantined, FailedReturns = returned, RetryAt = at + pause }, effects);
        }

        next = next with { Status = AdapterStatus.Recovering, StepUnderWay = step, NextStep = After(step), RetryAt = null };
        return (next, effects.Add(new AdapterEffect.Recover(next.Epoch, step)));
    }

    public static (AdapterState, ImmutableArray<AdapterEffect>) AfterStep(AdapterState state, AdapterEvent.Recovered r)
    {
        var next = state with { StepUnderWay = null, Steps = r.Done ? state.Steps.And(r.Step) : state.Steps };
        var over = r.Done || r.Step == RecoveryStep.Reopen || (next.ResetBy is not null && next.NextStep is null);
        if (!over) return TakeStep(next, r.At);
        if (next.ResetBy is not null) next = next with { ResetBy = null, LastReset = WhatWasDone(r) };
        return Open(next, AdapterStatus.Opening);
    }

    public static (AdapterState, ImmutableArray<AdapterEffect>) Test(AdapterState state, DateTimeOffset at)
    {
        var next = state with { Status = AdapterStatus.Testing, Detail = "", TestDue = true, Tests = state.Tests + 1, TestUntil = at + LongestTest };
        return (next, [new AdapterEffect.SelfTest(next.Epoch, next.Tests)]);
    }

    public static (AdapterState, ImmutableArray<AdapterEffect>) AfterTest(
        AdapterState state, SelfTestFindings findings, DateTimeOffset at, DateTimeOffset wall)
    {
        var report = SelfTests.Judge(findings, state.NextStep is null, wall);
        var next = state with { TestUntil = null, SelfTest = report };
        if (!report.Passed) return TakeStep(next with { Detail = $"self-test: {report.Detail}" }, at);
        next = next with { Status = AdapterStatus.Ready, Detail = "", TestDue = false };
        return (report.ConnectTime is null ? next : Proved(next), []);
    }

    public static (AdapterState, ImmutableArray<AdapterEffect>) OnTick(AdapterState state, DateTimeOffset at)
    {
        if (state.Status == AdapterStatus.Draining && at >= state.DrainUntil) return TakeStep(state, at);
        if (state.Status == AdapterStatus.Testing && at >= state.TestUntil)
            return TakeStep(state with { Detail = "self-test: it came to no end", TestUntil = null }, at);
        if (!(at >= state.RetryAt)) return (state, []);
        return state.Status switch
        {
            AdapterStatus.Quarantined => Open(state, AdapterStatus.Quarantined),
            AdapterStatus.Recovering when state.FailedOpenings >= OpeningsPerStep => TakeStep(state, at),
            AdapterStatus.Recovering => Open(state, AdapterStatus.Opening),
            _ => (state, []),
        };
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
            FailedConnects = [],
            Elsewhere = [],
            DrainUntil = null,
            TestUntil = null,
            RetryAt = retryAt,
        };
        return (next, effects);
    }

    private static string WhatWasDone(AdapterEvent.Recovered r) => (r.Done, r.Step) switch
    {
        (true, RecoveryStep.PowerCycle) => "its radio was power cycled",
        (true, RecoveryStep.UsbReset) => "it cannot be power cycled and was reset over USB",
        _ => "a radio of its kind can be neither power cycled nor reset over USB; it was opened anew",
    };

    private static RecoveryStep? After(RecoveryStep step) => step switch
    {
        RecoveryStep.Reopen => RecoveryStep.PowerCycle,
        RecoveryStep.PowerCycle => RecoveryStep.UsbReset,
        _ => null,
    };

    private static TimeSpan Doubled(TimeSpan first, int times, TimeSpan longest)
    {
        var pause = first * Math.Pow(2, Math.Min(times, 10));
        return pause < longest ? pause : longest;
    }
}
