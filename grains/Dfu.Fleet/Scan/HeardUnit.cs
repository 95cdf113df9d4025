using System.Collections.Immutable;
using Dfu.Adapters;
using Dfu.Fleet.Identity;
using Dfu.Fleet.Scheduling;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Scan;

/// <summary>Somebody on the air, by all that the radios have heard.</summary>
public sealed record HeardUnit
{
    public required BluetoothAddress Address { get; init; }
    public required AddressType AddressType { get; init; }

    /// <summary>As it is advertised: may hold anything.</summary>
    public required string Name { get; init; }
    public required UnitMode Mode { get; init; }
    public required bool DfuService { get; init; }
    public required OtherServices Others { get; init; }
    public required bool Connectable { get; init; }

    /// <summary>The device's two addresses, as far as they are known; the same when its bootloader keeps the application's.</summary>
    public BluetoothAddress? Application { get; init; }
    public BluetoothAddress? Bootloader { get; init; }

    /// <summary>Radios that hear it, the best first; of radios that hear it alike the one with the lower number.</summary>
    public required ImmutableArray<HeardBy> By { get; init; }

    /// <summary>Time since it was last heard.</summary>
    public required TimeSpan Silence { get; init; }

    /// <summary>In dBm, at the radio that hears it best.</summary>
    public int Signal => By[0].Rssi;

    /// <summary>Silent for longer than any device that is still there.</summary>
    public bool IsGone => Silence > UnitTable.Fresh;

    /// <summary>What an advertisement tells of its sender's mode.</summary>
    /// <remarks>
    /// Nordic's bootloaders advertise FE59 and nothing else, always connectable, as DfuTarg (SDK 17.1, nrf_dfu_ble.c) or by the name they were
    /// given before the jump. Applications with buttonless DFU may advertise FE59 too, beside what they are for.
    /// </remarks>
    public static UnitMode ModeOf(string name, bool dfuService, OtherServices others, bool connectable)
    {
        if (others.HasFlag(OtherServices.LegacyDfu) && !dfuService) return UnitMode.LegacyBootloader;
        if (DeviceNames.IsBootloader(name) || (dfuService && DeviceNames.IsGivenByPhone(name))) return UnitMode.Bootloader;
        if (others.HasFlag(OtherServices.Sdk12Buttonless)) return UnitMode.Application;
        if (dfuService) return others != OtherServices.None || !connectable ? UnitMode.Application : UnitMode.BootloaderOrApplication;
        if (others.HasFlag(OtherServices.Smp)) return UnitMode.Smp;
        return others.HasFlag(OtherServices.Uart) ? UnitMode.Uart : UnitMode.Other;
    }

    /// <summary>The application address of the bootloader at <paramref name="address"/>; null when its label names another device.</summary>
    public static BluetoothAddress? ApplicationOf(BluetoothAddress address, string name)
    {
        if (!DeviceNames.TryParseLabel(name, out var label)) return address.Application;
        if ((address.Application.Value & 0xFF_FFFF) == label) return address.Application;
        return (address.Value & 0xFF_FFFF) == label ? address : null;
    }
}
