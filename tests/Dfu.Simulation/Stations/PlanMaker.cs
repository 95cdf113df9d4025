using System.Collections.Immutable;
using Dfu.Fleet.Scheduling;

namespace Dfu.Simulation.Stations;

/// <summary>Who gets which slot now; the product's own is <see cref="Planning.Plan"/>.</summary>
/// <param name="adapters">All of them, their place being their number in what devices are heard by.</param>
/// <param name="queued">Devices that wait for a slot.</param>
public delegate ImmutableArray<PlannedGrant> PlanMaker(IReadOnlyList<AdapterStanding> adapters, IEnumerable<QueuedDevice> queued, DateTimeOffset now);
