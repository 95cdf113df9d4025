using System.Collections.Immutable;

namespace Dfu.Fleet.Adapters;

/// <summary>How many transfers at once an adapter carries best, learned by trying.</summary>
public sealed record TransferLimit
{
    public int Current { get; init; } = 1;

    /// <summary>Policy and hardware allow this many.</summary>
    public int Ceiling { get; init; } = 1;

    /// <summary>What was measured lately, by rising load.</summary>
    public ImmutableArray<MeasuredLoad> Loads { get; init; } = [];

    /// <summary>The limit before it was raised last, and the load then: only a higher load tells whether that was right. 0 when nothing was raised.</summary>
    public int RaisedFrom { get; init; }
    public int RaisedAt { get; init; }

    /// <summary>When it was measured last in this epoch.</summary>
    public DateTimeOffset? MeasuredAt { get; init; }

    /// <summary>When it was compared last with a lower load, or began to be measured.</summary>
    public DateTimeOffset? ComparedAt { get; init; }

    /// <summary>When a higher limit is tried again.</summary>
    public DateTimeOffset? RaiseAt { get; init; }

    /// <summary>How long the last lowering held; doubles each time.</summary>
    public TimeSpan Hold { get; init; }
}

/// <summary>What came of so many transfers sending at once.</summary>
/// <param name="Sending">Transfers that sent at once.</param>
/// <param name="Mean">The same, not rounded.</param>
/// <param name="Rate">Smoothed bytes confirmed per second and transfer.</param>
/// <param name="Losses">Links that dropped or failed to open.</param>
/// <param name="Seconds">How long transfers sent, all of them together.</param>
/// <param name="Samples">Measurements, counted up to what is needed for a judgement.</param>
/// <param name="At">When it was measured last.</param>
public sealed record MeasuredLoad(int Sending, double Mean, double Rate, double Losses, double Seconds, int Samples, DateTimeOffset At);

/// <summary>What got through one adapter in a short time.</summary>
/// <param name="Sending">Transfers that sent at once, on the average.</param>
/// <param name="Rate">Bytes confirmed per second and transfer; waiting for a link that has dropped does not count.</param>
/// <param name="Losses">Links that dropped or failed to open.</param>
/// <param name="Seconds">How long transfers sent, all of them together.</param>
/// <param name="Full">All slots were taken at some time.</param>
public sealed record LoadSample(double Sending, double Rate, int Losses, double Seconds, bool Full);
