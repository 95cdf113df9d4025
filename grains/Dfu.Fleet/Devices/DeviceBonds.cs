using System.Collections.Immutable;
using Dfu.Protocol.Errors;

namespace Dfu.Fleet.Devices;

/// <summary>An adapter that one of a device's two programs did not take.</summary>
/// <param name="InBootloader">Its bootloader, which has the bond of another adapter; false for its application, which does not pair.</param>
public sealed record BondRefusal(string Adapter, bool InBootloader);

/// <summary>Which adapters may have a device that bonds, and for how long the one it waits for is waited for. docs/bootloader.md#bonds.</summary>
public static class DeviceBonds
{
    /// <summary>
    /// A bootloader that waits for an adapter which is gone leaves DFU mode by itself, and its application takes any adapter: from the last request
    /// to it until that application is heard.
    /// </summary>
    private static readonly TimeSpan UntilApplication = DeviceMachine.Inactivity + TimeSpan.FromSeconds(15);

    /// <summary>An application that refused to pair does so the next time: this is for adapters that have not heard it yet.</summary>
    private static readonly TimeSpan UntilOthers = TimeSpan.FromSeconds(10);

    /// <summary>The one adapter that may have a device waiting in its bootloader; null when none is known to have its bond.</summary>
    public static string? Only(DeviceState state, bool inBootloader) => inBootloader && Bonds(state) ? state.BondedWith : null;

    /// <summary>The adapters that this program of the device has refused.</summary>
    public static IEnumerable<string> Refused(DeviceState state, bool inBootloader) =>
        state.BondRefusals.Where(refusal => refusal.InBootloader == inBootloader).Select(static refusal => refusal.Adapter);

    public static bool MayHave(DeviceState state, string adapter, bool inBootloader) =>
        (Only(state, inBootloader) ?? adapter) == adapter && !Refused(state, inBootloader).Contains(adapter);

    /// <summary>The adapter that goes first with a device in its application, so that not every one of them bonds with it; null for any.</summary>
    public static string? Preferred(DeviceState state, bool inBootloader) =>
        !inBootloader && Bonds(state) && state is { Fruitless: 0, Losses: null } ? state.BondedWith : null;

    /// <summary>The adapter that works on the device was let in, or is about to give the bootloader its bond.</summary>
    public static DeviceState Proved(DeviceState state, DevicePhase phase) => !Bonds(state) ? state : phase switch
    {
        DevicePhase.Jumping => state with { BondedWith = state.Adapter, BondRefusals = [.. state.BondRefusals.Where(static refusal => !refusal.InBootloader)] },
        DevicePhase.SendingInit or DevicePhase.Sending => state with { BondedWith = state.Adapter },
        _ => state,
    };

    /// <summary>The device did not take the adapter: another may have its bond, or may get one.</summary>
    public static DeviceState Refuse(DeviceState state, DfuError error) => state with
    {
        BondedWith = state.BondedWith == state.Adapter ? null : state.BondedWith,
        BondRefusals = state.BondRefusals.Add(new(state.Adapter!, error == DfuError.BondedElsewhere)),
    };

    /// <summary>Why a device is given up that only adapters hear which may not have it; null while it is waited for.</summary>
    public static (DfuError Error, string Detail)? GivenUp(DeviceState state, bool inBootloader, TimeSpan silent, TimeSpan patience)
    {
        var refused = string.Join(", ", Refused(state, inBootloader).Distinct());
        if (!inBootloader) return silent < UntilOthers ? null : (DfuError.PairingRefused, $"it is heard, and does not pair with {refused}");
        if (silent < UntilApplication || silent < patience) return null;
        return (DfuError.BondedElsewhere, Only(state, inBootloader) is { } only
            ? $"it waits in its bootloader for {only}, which has its bond and has not heard it for {silent.TotalSeconds:0} s"
            : $"it waits in its bootloader, which does not take {refused}");
    }

    private static bool Bonds(DeviceState state) => state.Bootloader == state.Application;
}
