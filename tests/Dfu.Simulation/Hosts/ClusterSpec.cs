using Dfu.Adapters.Simulated;
using Dfu.Fleet;
using Dfu.Fleet.Attempts;
using Dfu.Protocol.Links;

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

    /// <summary>Puts something between the product and each link.</summary>
    public Func<IDfuLink, IDfuLink> Wrap { get; init; } = static link => link;

    /// <summary>The database answers a write before it has written: a bug, for those who look whether it is found.</summary>
    public bool AnswersEarly { get; init; }

    /// <summary>The database takes a write whatever version it follows: another such bug.</summary>
    public bool IgnoresVersions { get; init; }

    /// <summary>Drives a device; null for the product's own, watched.</summary>
    public UpdateRunner? Runner { get; init; }

    /// <summary>Radios are opened as soon as their host starts; otherwise when it is told to.</summary>
    public bool OpensAtStart { get; init; } = true;

    /// <summary>A host whose process ended starts another.</summary>
    public bool Restarts { get; init; } = true;

    public int Seed { get; init; } = 1;
}
