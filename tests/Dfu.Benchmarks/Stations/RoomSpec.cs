using Dfu.Adapters;
using Dfu.Adapters.Simulated;
using Dfu.Silo.Adapters;

namespace Dfu.Benchmarks.Stations;

/// <summary>Radios over a room that the benchmark has made, so that it can do something to the devices in it.</summary>
internal sealed record RoomSpec(SimulatedAir Air, int Number) : AdapterSpec($"sim:room-{Number}")
{
    public override int Radios => Number;

    public override IEnumerable<IAdapterSource> Open(ProcessAdapters radios) =>
        [.. Enumerable.Range(1, Number).Select(number => Air.CreateAdapter($"radio{number}", new AdapterModel()))];
}
