using Dfu.Adapters.Simulated;
using Dfu.Simulation.Hosts;

namespace Dfu.Simulation.Faults;

/// <summary>What a fault waits for from its time on, so that it comes when something is under way.</summary>
internal enum Moment
{
    /// <summary>Nothing: it happens at its time.</summary>
    None = 0,

    /// <summary>A write is on its way to the database, or its writer has not heard of it.</summary>
    Write,

    /// <summary>A link is being made.</summary>
    Connect,

    /// <summary>A data object is being sent.</summary>
    Object,

    /// <summary>EXECUTE is on its way, or its answer.</summary>
    Execute,
}

/// <summary>A moment that has come, and whose it is.</summary>
/// <param name="Device">Null where there is none.</param>
internal sealed record Scene(Moment Moment, HostProcess Process, VirtualDevice? Device);

/// <summary>What was under way when something happened.</summary>
[Flags]
internal enum Activity
{
    None = 0,
    Attempt = 1,
    Write = 2,
    Connect = 4,
    Object = 8,
    Execute = 16,
}
