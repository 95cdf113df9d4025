using Dfu.Adapters.Simulated;
using Dfu.Fleet;
using Dfu.Fleet.Attempts;

namespace Dfu.Simulation.Hosts;

/// <summary>What a simulated cluster is made of.</summary>
internal sealed record ClusterSpec
{
    /// <summary>Hosts by their names, and how many radios each has.</summary>
    public IReadOnlyList<(string Name, int Radios)> Hosts { get; init; } = [("north", 1)];

    public AdapterModel Radio { get; init; } = new();

    public LinkModel Link { get; init; } = LinkModel.Perfect;

    public FleetPolicy Policy { get; init; } = new();

    public FleetTimes Times { get; init; } = new();

    /// <summary>How far the clocks on the walls of hosts are ahead of the true time, in their order.</summary>
    public IReadOnlyList<TimeSpan> Ahead { get; init; } = [];

    public FleetMachines Machines { get; init; } = FleetMachines.Plain;

    /// <summary>Drives a device; null for the product's own, watched.</summary>
    public UpdateRunner? Runner { get; init; }

    /// <summary>Radios are opened as soon as their host starts; otherwise when it is told to.</summary>
    public bool OpensAtStart { get; init; } = true;

    /// <summary>A host whose process ended starts another.</summary>
    public bool Restarts { get; init; } = true;

    public int Seed { get; init; } = 1;
}
