using Dfu.Fleet.Campaigns;

namespace Dfu.Benchmarks.Fleets;

/// <summary>What a process says of itself and of its transfers.</summary>
/// <param name="Cpu">Seconds of a processor from the campaign's start to its end, of all threads.</param>
/// <param name="Heap">Bytes that live, beyond those before the first campaign, while transfers are under way; without what the virtual devices hold.</param>
/// <param name="WorkingSet">The same of the process, which a collection does not make smaller.</param>
/// <param name="Pauses">Seconds in which the collector held all threads up.</param>
internal sealed record FleetFigures(
    CampaignOutcome Outcome, Transfers Transfers, double Cpu, double Heap, double WorkingSet, double Pauses, double BaseHeap, double BaseWorkingSet);
