using Dfu.Adapters.Simulated;

namespace Dfu.Benchmarks.Shifts;

/// <summary>A shift at a line: units come, are updated and leave, while radios do what radios do.</summary>
public sealed record ShiftSpec
{
    public int Units { get; init; } = 600;

    /// <summary>Over this time they come, evenly but for chance; zero for a shift to which all of them have come at its start.</summary>
    public TimeSpan Feed { get; init; } = TimeSpan.FromHours(1);

    public int ImageBytes { get; init; } = 105 * 4096;

    /// <summary>Probability that a link drops within an object of 4096 bytes.</summary>
    public double DropRate { get; init; } = 0.03;

    /// <summary>Share of the units that cannot be updated; at least one of each kind in <see cref="UnitKind"/>.</summary>
    public double BadShare { get; init; } = 0.01;

    /// <summary>Four, of which the last is twice as slow.</summary>
    public int Adapters { get; init; } = 4;

    /// <summary>The first adapter is gone between these times.</summary>
    public TimeSpan DiesAt { get; init; } = TimeSpan.FromMinutes(20);
    public TimeSpan ComesBackAt { get; init; } = TimeSpan.FromMinutes(30);

    public int Seed { get; init; } = 1;

    /// <summary>Cheap dongles, without data length extension: a packet of 244 bytes takes 6.8 ms of air, and a link gets 7.5 ms in turn.</summary>
    public LinkModel Link => LinkModel.Perfect with
    {
        PacketsPerEvent = 1,
        AdvertisingInterval = TimeSpan.FromSeconds(1),
        Interval = TimeSpan.FromMilliseconds(50),
        DropRate = DropRate,
    };

    public AdapterModel Model(int adapter) => new() { Slowness = adapter == Adapters - 1 ? 2 : 1 };
}

public enum UnitKind
{
    Good = 0,

    /// <summary>Other hardware than the package is for.</summary>
    OtherHardware,

    /// <summary>Loses every link after a few packets.</summary>
    AlwaysDrops,

    /// <summary>Goes silent in its bootloader, for good.</summary>
    Dies,
}
