namespace Dfu.Fleet.Updates;

/// <summary>How long an attempt waits for a device that must come back by itself.</summary>
public static class UpdateTimes
{
    /// <summary>
    /// From the last EXECUTE, or from a jump, to the device closing the link. It disconnects itself; a supervision timeout takes 4 to 6 s.
    /// </summary>
    public static readonly TimeSpan LinkCloses = TimeSpan.FromSeconds(5);

    /// <summary>From the jump to the bootloader's first advertisement.</summary>
    public static readonly TimeSpan Jump = TimeSpan.FromSeconds(10);

    /// <summary>
    /// From the last EXECUTE to the application's first advertisement: copying a bank takes seconds, and a bootloader whose application is
    /// still valid leaves DFU mode only after 10 s.
    /// </summary>
    public static readonly TimeSpan Activation = TimeSpan.FromSeconds(15);

    /// <summary>
    /// A bootloader that advertises so long after the last EXECUTE has not obeyed it, or could not start the application: one that obeys writes its settings
    /// first, which takes 0.2 s, and resets, and activates without a word (docs/bootloader.md F26).
    /// </summary>
    public static readonly TimeSpan BootloaderStays = TimeSpan.FromSeconds(2);

    /// <summary>For the answer of an application that is asked for a characteristic.</summary>
    public static readonly TimeSpan Read = TimeSpan.FromSeconds(5);

    /// <summary>Pause between closing the link of a probe and connecting again.</summary>
    public static readonly TimeSpan Probe = TimeSpan.FromSeconds(0.5);
}
