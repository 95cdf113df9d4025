namespace Dfu.Simulation.Faults;

/// <summary>What may go wrong in a run.</summary>
internal enum FaultKind
{
    /// <summary>A host's process is killed, and started again after a while.</summary>
    KillHost,

    /// <summary>A host's process is killed between a write and whatever was to follow from it.</summary>
    KillAfterWrite,

    /// <summary>A host's process is killed when a write of it arrives, and nothing is written.</summary>
    KillBeforeWrite,

    /// <summary>A host's process is stopped in good order, and started again.</summary>
    StopHost,

    /// <summary>A host's process does not run for a while, and its clocks go on.</summary>
    HangHost,

    /// <summary>A host is suspended: its monotonic clock stands still.</summary>
    SuspendHost,

    /// <summary>Some hosts do not reach the others. Both sides go on.</summary>
    SplitNetwork,
    SplitFromDatabase,
    SlowDatabase,
    SilentDatabase,
    FullDatabase,
    LoseMessages,
    RepeatMessages,
    DelayMessages,

    /// <summary>An activation ends in good order and another begins.</summary>
    EndActivation,

    /// <summary>A second activation begins on another host while the first one lives.</summary>
    TwoActivations,

    /// <summary>Somebody sets the clock on a host's wall.</summary>
    SetClock,

    /// <summary>A radio is gone for a while.</summary>
    LoseRadio,
    DeafRadio,
    RadioConnectsNobody,

    /// <summary>A radio is unplugged and plugged into another host.</summary>
    MoveRadio,
    CutLink,
    PowerCycle,
    LoseNotification,
    LoseRequest,
    StallFlash,
    StallBootloader,
    InactivityReset,

    /// <summary>Flash operations of a device fail.</summary>
    FailFlash,

    /// <summary>Bits of an image in a device's flash change, and no checksum on the way says so.</summary>
    SpoilFlash,

    /// <summary>A packet reaches a device changed.</summary>
    GarblePacket,

    /// <summary>An operator orders another package for the same devices in place of the campaign.</summary>
    Supersede,

    /// <summary>An operator cancels the campaign.</summary>
    Cancel,

    /// <summary>An operator pauses the campaign and has it go on after a while.</summary>
    Pause,

    /// <summary>An operator has failed devices tried again.</summary>
    Retry,
}

/// <summary>One thing that goes wrong in a run.</summary>
/// <param name="Number">Its place in the plan that the seed makes, by which it can be chosen.</param>
/// <param name="At">Since the run began.</param>
/// <param name="For">How long it lasts, where it lasts.</param>
/// <param name="Which">Chooses the host, radio, device or activation it happens to: any number.</param>
/// <param name="Amount">How bad it is, 0 to 1.</param>
/// <param name="Waits">What it waits for; then it happens to whoever is in it.</param>
internal sealed record Fault(int Number, FaultKind Kind, TimeSpan At, TimeSpan For, int Which, double Amount, Moment Waits = Moment.None)
{
    public override string ToString() => FormattableString.Invariant(
        $"{Number,2}  {At.TotalSeconds,6:0.0} s  {Kind}{(Waits == Moment.None ? "" : $" at {Waits}")} (for {For.TotalSeconds:0.0} s, {Which}, {Amount:0.00})");
}
