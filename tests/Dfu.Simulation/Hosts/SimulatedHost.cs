using Dfu.Adapters;
using Dfu.Adapters.Simulated;
using Dfu.Adapters.Simulated.Time;
using Dfu.Fleet.Storage;

namespace Dfu.Simulation.Hosts;

/// <summary>A computer with radios: it has one process at a time, or none.</summary>
internal sealed class SimulatedHost(string name, VirtualTime time)
{
    public string Name => name;

    public WallClock Wall { get; } = new(time);

    /// <summary>The radios plugged in; a process has those that were there when it started.</summary>
    public List<SimulatedAdapterSource> Radios { get; } = [];

    /// <summary>Radios of another make, plugged in beside them.</summary>
    public List<IAdapterSource> Others { get; } = [];

    /// <summary>Byte counts survive the processes.</summary>
    public Dictionary<string, InMemoryTrafficLedger> Ledgers { get; init; } = [];

    public HostProcess? Process { get; set; }

    /// <summary>It is to stay down until this moment.</summary>
    public TimeSpan DownUntil { get; set; }
}
