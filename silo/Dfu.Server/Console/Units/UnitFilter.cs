using System.Collections.Immutable;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;
using Dfu.Reports;

namespace Dfu.Server.Console.Units;

/// <summary>Which units are shown: as a word in the address, so that a link can be sent on.</summary>
public enum UnitGroup
{
    All = 0,
    NeedsYou,
    AtWork,
    Waiting,
    Done,
}

/// <param name="Find">A part of a serial number, label or address; empty for all.</param>
/// <param name="Error">Only units that failed of this; null for all.</param>
public sealed record UnitFilter(UnitGroup Group, string Find, DfuError? Error)
{
    public static UnitFilter All { get; } = new(UnitGroup.All, "", null);

    /// <summary>A bit for each state that is shown; all of them where every state is.</summary>
    internal int Mask => Group == UnitGroup.All
        ? -1
        : Enum.GetValues<UnitState>().Where(state => GroupOf(state) == Group).Sum(static state => 1 << (int)state);

    public bool Shows(DeviceView device) =>
        (Group == UnitGroup.All || GroupOf(UnitStates.Of(device.Outcome, device.Phase)) == Group) && IsFound(device);

    /// <summary>Indices of those that are found, whatever their state; null for all.</summary>
    internal int[]? Found(ImmutableArray<DeviceView> devices) => Error is null && Find.Length == 0
        ? null
        : [.. Enumerable.Range(0, devices.Length).Where(i => IsFound(devices[i]))];

    public static UnitGroup GroupOf(UnitState state) => state switch
    {
        UnitState.Failed => UnitGroup.NeedsYou,
        UnitState.AtWork => UnitGroup.AtWork,
        UnitState.Waiting or UnitState.Pausing => UnitGroup.Waiting,
        _ => UnitGroup.Done,
    };

    /// <summary>On the button, and in the address.</summary>
    public static string Word(UnitGroup group) => group switch
    {
        UnitGroup.NeedsYou => "needs you",
        UnitGroup.AtWork => "at work",
        _ => group.ToString().ToLowerInvariant(),
    };

    public static string? InAddress(UnitGroup group) => group == UnitGroup.All ? null : Word(group).Replace(' ', '-');

    public static UnitGroup FromAddress(string? text) =>
        Array.Find(Enum.GetValues<UnitGroup>(), group => InAddress(group) is { } word && word.Equals(text, StringComparison.OrdinalIgnoreCase));

    private bool IsFound(DeviceView device)
    {
        if (Error is { } error && (device.Error != error || device.Outcome == DeviceOutcome.Pending)) return false;
        var find = Find.Trim();
        if (find.Length == 0) return true;
        return Has(device.Application.ToString(), find) || Has(device.Bootloader?.ToString(), find) || Has(device.Label?.Serial, find)
            || Has(device.Label?.Label, find) || Has(device.Application.ToString().Replace(":", "", StringComparison.Ordinal), find);
    }

    private static bool Has(string? text, string part) => text?.Contains(part, StringComparison.OrdinalIgnoreCase) == true;
}
