namespace Dfu.Silo.Simulation;

/// <summary>A radio that is dead for a while and comes back, as a dongle that is pulled out.</summary>
/// <param name="Stream">Which of the addresses the radio is behind, from 1.</param>
/// <param name="From">When it dies, since the simulator was ready, in real time.</param>
/// <param name="To">When it is back.</param>
public sealed record Outage(int Stream, TimeSpan From, TimeSpan To);
