using Dfu.Fleet.Devices;

namespace Dfu.Reports;

/// <summary>How a device stands, for people: the same six wherever devices are shown, each with a shape and a colour of its own.</summary>
public enum UnitState
{
    Waiting,
    AtWork,
    Done,
    Failed,
    Pausing,
    Cancelled,
}

public static class UnitStates
{
    public static UnitState Of(DeviceOutcome outcome, DevicePhase phase) => (outcome, phase) switch
    {
        (DeviceOutcome.Updated or DeviceOutcome.AlreadyCurrent, _) => UnitState.Done,
        (DeviceOutcome.Failed, _) => UnitState.Failed,
        (DeviceOutcome.Cancelled, _) => UnitState.Cancelled,
        (_, DevicePhase.BackingOff) => UnitState.Pausing,
        (_, DevicePhase.Queued or DevicePhase.Done) => UnitState.Waiting,
        _ => UnitState.AtWork,
    };

    /// <summary>What is said of the device; two outcomes that look alike have words of their own.</summary>
    public static string Words(DeviceOutcome outcome, DevicePhase phase) => Of(outcome, phase) switch
    {
        UnitState.Done when outcome == DeviceOutcome.AlreadyCurrent => "already current",
        UnitState.Done => "updated",
        UnitState.AtWork => Format.Word(phase),
        var state => Word(state),
    };

    public static string Word(UnitState state) => state switch
    {
        UnitState.Waiting => "waiting",
        UnitState.AtWork => "at work",
        UnitState.Done => "updated",
        UnitState.Failed => "failed",
        UnitState.Pausing => "pausing",
        _ => "cancelled",
    };

    /// <summary>For terminals: a shape of one cell, as markup.</summary>
    public static string Sign(UnitState state) => state switch
    {
        UnitState.Waiting => "[grey]○[/]",
        UnitState.AtWork => "[blue]●[/]",
        UnitState.Done => "[green]✓[/]",
        UnitState.Failed => "[red]✗[/]",
        UnitState.Pausing => "[yellow]◷[/]",
        _ => "[grey]–[/]",
    };
}
