using Dfu.Adapters.BlueZ.Kernel;
using Dfu.Protocol.Links;

namespace Dfu.Adapters.BlueZ.Doctor;

/// <summary>What was found on this machine; null is not known throughout.</summary>
internal sealed record HostFacts
{
    /// <summary>As uname -r prints it; empty when it does not say.</summary>
    public string KernelRelease { get; init; } = "";

    /// <summary>Whether the kernel has Bluetooth, built in or loaded.</summary>
    public bool HasBluetooth { get; init; }

    /// <summary>Whether it has the driver of USB dongles.</summary>
    public bool HasUsbDriver { get; init; }
    public DaemonFacts Daemon { get; init; } = new(null, null, null);
    public BusFacts Bus { get; init; } = new(BusState.NoBus, "");
    public ProcessFacts Process { get; init; } = new("", false, false, false);

    /// <summary>null when there is no such file, and everything has its default.</summary>
    public MainConf? Settings { get; init; }
    public string SettingsPath { get; init; } = "/etc/bluetooth/main.conf";
    public IReadOnlyList<AdapterFacts> Adapters { get; init; } = [];

    /// <summary>Whether neither files nor processes nor the bus know of a bluetoothd.</summary>
    public bool LacksDaemon => Daemon is { Path: null, ProcessId: null } && Bus.State is not (BusState.Open or BusState.BlueZSilent or BusState.Denied);
}

/// <param name="Path">Where the program is.</param>
/// <param name="Version">As it prints it.</param>
/// <param name="ProcessId">Of the running one.</param>
internal sealed record DaemonFacts(string? Path, string? Version, int? ProcessId);

internal enum BusState
{
    /// <summary>Nobody listens at its address.</summary>
    NoBus,

    /// <summary>The bus does not answer in time.</summary>
    Silent,

    /// <summary>It does not take us.</summary>
    Closed,

    /// <summary>org.bluez has no owner.</summary>
    NoBlueZ,

    /// <summary>bluetoothd does not answer in time.</summary>
    BlueZSilent,

    /// <summary>The bus does not let us talk to org.bluez.</summary>
    Denied,

    /// <summary>BlueZ tells its objects.</summary>
    Open,
}

/// <param name="Detail">The address of the bus, or what it said.</param>
internal sealed record BusFacts(BusState State, string Detail)
{
    /// <summary>Whether it is another one than every system's, by DBUS_SYSTEM_BUS_ADDRESS.</summary>
    public bool Foreign { get; init; }
}

/// <param name="MayConfigure">CAP_NET_ADMIN.</param>
/// <param name="MayMonitor">CAP_NET_RAW.</param>
internal sealed record ProcessFacts(string User, bool InBluetoothGroup, bool MayConfigure, bool MayMonitor);

internal enum Block
{
    None,

    /// <summary>By software, which may be undone by it.</summary>
    Soft,

    /// <summary>By a switch.</summary>
    Hard,
}

internal sealed record AdapterFacts(Controller Controller)
{
    /// <summary>Null when BlueZ has no object for it.</summary>
    public BlueZAdapterFacts? BlueZ { get; init; }
    public ControllerAbilities? Abilities { get; init; }
    public Block Block { get; init; }

    /// <summary>Whether this process may reset it; null when it is not on USB.</summary>
    public bool? MayReset { get; init; }

    /// <summary>Whether the kernel may put the dongle to sleep; null when it is not on USB.</summary>
    public bool? Autosuspends { get; init; }
}

/// <summary>An adapter as BlueZ tells it.</summary>
/// <param name="Central">Null before BlueZ 5.55, which does not say.</param>
/// <param name="Discovering">Whether somebody scans.</param>
/// <param name="ConnectsUnheard">Whether it has the experimental ConnectDevice.</param>
internal sealed record BlueZAdapterFacts(
    string Name, BluetoothAddress? Address, string Alias, bool Powered, bool? Central, bool Discovering, bool? ConnectsUnheard);
