using System.Collections.Immutable;
using Dfu.Adapters;
using Dfu.Fleet.Audit;

namespace Dfu.Fleet.Adapters;

/// <summary>What becomes of an operator's control: nothing, a refusal, or a change that the audit is told of.</summary>
/// <param name="Refused">It cannot be done now.</param>
/// <param name="Words">What is done, was so already, or why not.</param>
public sealed record AdapterVerdict(bool Refused, string Words);

/// <summary>What operators want of adapters, decided in one place: the shell asks for the words, the machine for the change.</summary>
public static class AdapterControls
{
    private delegate (AdapterState Next, ImmutableArray<AdapterEffect> Effects) Change(AdapterState state, AdapterEvent.Controlled c);

    /// <summary>What will be said of a control.</summary>
    /// <param name="underWay">Attempts under way, those included that hold no slot now.</param>
    public static AdapterVerdict Verdict(AdapterState state, AdapterControl control, int underWay)
    {
        var (verdict, _) = Decide(state, control, underWay);
        return verdict;
    }

    internal static (AdapterState Next, ImmutableArray<AdapterEffect> Effects) Apply(AdapterState state, AdapterEvent.Controlled c)
    {
        var (verdict, change) = Decide(state, c.Control, c.UnderWay);
        if (change is null) return (state, []);
        var entry = new AuditEntry($"{state.Id}#{c.Number}", c.Wall, c.Control.By, ActionOf(c.Control.Kind), state.Id, verdict.Words);
        return change(state with { Controls = c.Number, Untold = state.Untold.Add(entry) }, c);
    }

    private static (AdapterVerdict Verdict, Change? Change) Decide(AdapterState state, AdapterControl control, int underWay) => control.Kind switch
    {
        AdapterControlKind.Drain => state.HeldBy is { } by
            ? No($"it was drained by {by} already")
            : Yes($"it begins no further transfer until it is resumed{Finishing(underWay)}", static (s, c) => (s with { HeldBy = c.Control.By }, [])),
        AdapterControlKind.Resume => Resume(state),
        AdapterControlKind.Reset => Reset(state, underWay),
        AdapterControlKind.SelfTest => Test(state, underWay),
        _ => Never($"an adapter does not know the control {control.Kind}"),
    };

    private static (AdapterVerdict, Change?) Resume(AdapterState state) => (state.HeldBy, state) switch
    {
        (_, { Status: AdapterStatus.Quarantined, RetryAt: not null }) => Yes(
            "it is tried at once, and takes part when it passes its self-test",
            static (s, _) => AdapterLadder.Open(s with { HeldBy = null }, AdapterStatus.Quarantined)),
        (null, { Status: AdapterStatus.Ready }) => No("it takes part already"),
        (null, _) => No("nobody drained it; it takes part by itself when its radio is well"),
        _ => Yes(
            state.Status == AdapterStatus.Ready ? "it takes part again" : "it takes part again when its radio is well",
            static (s, _) => (s with { HeldBy = null }, [])),
    };

    private static (AdapterVerdict, Change?) Reset(AdapterState state, int underWay)
    {
        if (state.ResetBy is { } by) return No($"it is being reset for {by} already");
        if (state.StepUnderWay is { } step) return No($"its radio is just being {Words(step)}");
        if (AdapterLadder.IsBeingOpened(state))
            return Yes("its radio is just being opened, and is reset and tested then", static (s, c) => (s with { ResetBy = c.Control.By }, []));
        return Yes(
            $"its radio is reset and tested{HandedOver(underWay)}",
            static (s, c) => AdapterLadder.Reset(s with { ResetBy = c.Control.By }, c.At));
    }

    private static (AdapterVerdict, Change?) Test(AdapterState state, int underWay) => state switch
    {
        { Status: AdapterStatus.Testing } => No("it is being tested already"),
        { Status: AdapterStatus.Ready, Slots.IsEmpty: true } when underWay == 0 => Yes("it is tested", static (s, c) => AdapterLadder.Test(s, c.At)),
        { Status: AdapterStatus.Ready } => Never(
            $"it has {Transfers(Math.Max(underWay, state.Slots.Length))} under way, which a self-test would disturb; drain it first"),
        { Status: AdapterStatus.Draining } => Never("it is suspected and finishes what it has; it is tested by itself after that"),
        { Status: AdapterStatus.Quarantined } => Never("it is in quarantine; resume it, and it is tried and tested at once"),
        _ => Never("its radio is not open; it is tested by itself where it needs to be"),
    };

    private static string ActionOf(AdapterControlKind kind) => kind switch
    {
        AdapterControlKind.Drain => "adapterDrained",
        AdapterControlKind.Resume => "adapterResumed",
        AdapterControlKind.Reset => "adapterReset",
        _ => "adapterTested",
    };

    private static string Words(RecoveryStep step) => step switch
    {
        RecoveryStep.PowerCycle => "power cycled",
        RecoveryStep.UsbReset => "reset over USB",
        _ => "opened anew",
    };

    private static string Finishing(int underWay) => underWay == 0 ? "" : $"; {Transfers(underWay)} under way {(underWay == 1 ? "is" : "are")} finished";

    private static string HandedOver(int underWay) => underWay == 0 ? "" : $"; {Transfers(underWay)} {(underWay == 1 ? "goes" : "go")} to other adapters";

    private static string Transfers(int count) => count == 1 ? "1 transfer" : $"{count} transfers";

    private static (AdapterVerdict, Change?) Yes(string words, Change change) => (new(false, words), change);

    /// <summary>It is so already.</summary>
    private static (AdapterVerdict, Change?) No(string words) => (new(false, words), null);

    private static (AdapterVerdict, Change?) Never(string words) => (new(true, words), null);
}
