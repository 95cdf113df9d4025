namespace Dfu.Fleet.Adapters;

public sealed record AdapterView
{
    public required string Id { get; init; }
    public string Name { get; init; } = "";

    /// <summary>The host it belongs to; empty when not known.</summary>
    public string Host { get; init; } = "";
    public AdapterStatus Status { get; init; }

    /// <summary>Who drained it; null when nobody did.</summary>
    public string? HeldBy { get; init; }

    /// <summary>Transfers under way and the limit in force.</summary>
    public int Active { get; init; }
    public int Limit { get; init; }
    public double Rate { get; init; }

    /// <summary>Why it takes no part; empty when it does.</summary>
    public string Detail { get; init; } = "";

    /// <summary>Connects and drops of the last five to ten minutes.</summary>
    public LinkTally Recent { get; init; }

    /// <summary>How often each step of the recovery ladder was carried out.</summary>
    public LadderSteps Steps { get; init; }

    /// <summary>How the last self-test went; null when there was none.</summary>
    public SelfTestReport? SelfTest { get; init; }

    /// <summary>What the last reset that an operator asked for came to; empty when there was none.</summary>
    public string LastReset { get; init; } = "";
}
