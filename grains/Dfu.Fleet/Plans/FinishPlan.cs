namespace Dfu.Fleet.Plans;

/// <summary>How a device is looked at after its update.</summary>
public sealed record FinishPlan
{
    public const int LongestExpected = 128;

    /// <summary>Wait for the application, and read what it says of itself where it says something. False leaves out both.</summary>
    public bool Verify { get; init; } = true;

    /// <summary>The characteristic to read; null is the firmware revision of the Device Information service (0x2A26), where there is one.</summary>
    public Guid? Characteristic { get; init; }

    /// <summary>What it must say, as text (UTF-8) or as bytes like 0x0102; null reads and reports it.</summary>
    public string? Expect { get; init; }

    internal string? Flaw() => this switch
    {
        { Verify: false, Characteristic: not null } or { Verify: false, Expect: not null } => "a finish that is not verified expects nothing",
        { Expect: { Length: 0 or > LongestExpected } } => $"what is expected of the application has 1 to {LongestExpected} characters",
        _ => null,
    };
}
