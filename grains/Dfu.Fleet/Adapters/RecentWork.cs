namespace Dfu.Fleet.Adapters;

/// <summary>What an adapter's links came to in some time.</summary>
/// <param name="Connects">Tried.</param>
/// <param name="FailedConnects">Of those: failed for a reason that may lie in the adapter.</param>
/// <param name="Drops">Attempts that ended because their link dropped.</param>
public readonly record struct LinkTally(int Connects, int FailedConnects, int Drops)
{
    public static LinkTally operator +(LinkTally a, LinkTally b) => new(a.Connects + b.Connects, a.FailedConnects + b.FailedConnects, a.Drops + b.Drops);
}

/// <summary>What an adapter's links came to lately: in the last five to ten minutes.</summary>
public sealed record RecentWork
{
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(5);

    /// <summary>When <see cref="Now"/> began to be counted; null while there is nothing to count.</summary>
    public DateTimeOffset? Since { get; init; }
    public LinkTally Now { get; init; }

    /// <summary>Of the period before.</summary>
    public LinkTally Before { get; init; }

    public LinkTally Sum() => Now + Before;

    public RecentWork And(LinkTally more, DateTimeOffset at)
    {
        var current = At(at);
        return current with { Since = current.Since ?? at, Now = current.Now + more };
    }

    /// <summary>Without what is too long ago; the same where nothing is.</summary>
    public RecentWork At(DateTimeOffset at)
    {
        if (Since is not { } since || at - since < Period) return this;
        var still = at - since < 2 * Period && Now != default;
        return still ? new() { Since = since + Period, Before = Now } : new();
    }
}
