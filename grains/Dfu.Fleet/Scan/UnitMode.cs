namespace Dfu.Fleet.Scan;

/// <summary>What a device runs, as far as its advertisements tell.</summary>
public enum UnitMode
{
    /// <summary>Nothing that has to do with an update, or an application that does not advertise what it has.</summary>
    Other = 0,

    Bootloader,

    /// <summary>An application with buttonless DFU.</summary>
    Application,

    /// <summary>Both advertise service FE59, and nothing else tells which.</summary>
    BootloaderOrApplication,

    /// <summary>The bootloader of SDK 11 and older, which takes no Secure DFU.</summary>
    LegacyBootloader,

    /// <summary>An application of the nRF Connect SDK or Zephyr that is updated by SMP.</summary>
    Smp,

    /// <summary>An application with Nordic's UART service.</summary>
    Uart,
}
