namespace Dfu.Fleet.Updates;

/// <summary>How long an attempt waits for a device that must come back by itself.</summary>
public sealed record UpdateTimes
{
    /// <summary>From the jump to the bootloader's first advertisement. Default 10 s.</summary>
    public TimeSpan Jump { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>From the last EXECUTE to the application's first advertisement; copying a bank takes seconds. Default 15 s.</summary>
    public TimeSpan Activation { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Pause between closing the link of a probe and connecting again. Default 0.5 s.</summary>
    public TimeSpan Probe { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>From the last EXECUTE, or from a jump, to the device closing the link; a supervision timeout takes 4 to 6 s. Default 5 s.</summary>
    public TimeSpan LinkCloses { get; init; } = TimeSpan.FromSeconds(5);
}
