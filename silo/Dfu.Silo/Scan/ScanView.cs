using System.Collections.Immutable;
using Dfu.Fleet.Scan;

namespace Dfu.Silo.Scan;

public enum ScanRadioState
{
    Opening = 0,
    Listening,

    /// <summary>It could not be opened, or went away.</summary>
    Lost,
}

/// <param name="Detail">Why it is lost, else empty.</param>
public sealed record ScanRadio(string Id, ScanRadioState State, string Detail);

/// <summary>What a scan knows at one moment.</summary>
/// <param name="Units">Everybody, the strongest first; <see cref="Dfu.Fleet.Scheduling.HeardBy.Adapter"/> is an index into <paramref name="Radios"/>.</param>
/// <param name="Radios">In the order they were given.</param>
/// <param name="Listened">Time since the first radio began to listen.</param>
public sealed record ScanView(ImmutableArray<HeardUnit> Units, ImmutableArray<ScanRadio> Radios, TimeSpan Listened);
