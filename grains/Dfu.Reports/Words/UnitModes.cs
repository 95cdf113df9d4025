using Dfu.Fleet.Scan;

namespace Dfu.Reports;

/// <summary>What is heard of a unit on the air, in words.</summary>
public static class UnitModes
{
    public static string Words(HeardUnit unit)
    {
        var mode = unit.Mode switch
        {
            UnitMode.Bootloader when unit.Application is { } application && application != unit.Address => $"bootloader of {application}",
            UnitMode.Bootloader => "bootloader",
            UnitMode.Application => "application (buttonless)",
            UnitMode.BootloaderOrApplication => "bootloader or application",
            UnitMode.LegacyBootloader => "legacy bootloader",
            UnitMode.Smp => "nRF Connect SDK (SMP)",
            UnitMode.Uart => "Nordic UART",
            _ => "other",
        };
        return unit.Connectable ? mode : mode + ", not connectable";
    }

    /// <summary>It can be updated, as far as its advertisements tell.</summary>
    public static bool IsUpdatable(HeardUnit unit) =>
        unit.Connectable && unit.Mode is UnitMode.Bootloader or UnitMode.Application or UnitMode.BootloaderOrApplication;

    /// <summary>What others than terminals call its signal: 0, none, to 4, as near as it gets.</summary>
    public static int Bars(int rssi) => rssi switch { >= -55 => 4, >= -67 => 3, >= -78 => 2, >= -88 => 1, _ => 0 };
}
