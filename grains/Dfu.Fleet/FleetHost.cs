using Dfu.Adapters;
using Dfu.Fleet.Attempts;
using Dfu.Fleet.Orders;
using Dfu.Fleet.Packages;
using Dfu.Fleet.Retention;
using Dfu.Fleet.Storage;
using Dfu.Fleet.Telemetry;

namespace Dfu.Fleet;

/// <summary>What activations get from the host they run on; one per silo, a singleton of its services.</summary>
public sealed class FleetHost
{
    /// <summary>The silo's name, the first part of its adapters' ids.</summary>
    public required string Silo { get; init; }

    public required FleetPolicy Policy { get; init; }

    /// <summary>The clock of devices and radios, which never steps (<see cref="Protocol.Timing.SteadyTime"/>); not always the clock of Orleans.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>The clock on the wall, for what people read; <see cref="Time"/> unless it is another.</summary>
    public TimeProvider Wall
    {
        get => field ?? Time;
        init;
    }
    public FleetTimes Times { get; init; } = new();
    public required UpdateRunner Runner { get; init; }

    /// <summary>Which packages and orders are taken here.</summary>
    public OrderRules Orders { get; init; } = new();

    /// <summary>The radios of this host. Locked for this process for as long as it lives, so no other process drives them.</summary>
    public IReadOnlyList<IAdapterSource> Sources { get; init; } = [];

    /// <summary>Radios are opened when the silo starts; otherwise when the host says so.</summary>
    public bool OpensAtStart { get; init; } = true;

    /// <summary>This host's own byte counts of a campaign.</summary>
    public required Func<string, ITrafficLedger> Ledger { get; init; }
    public required IPackageCache Packages { get; init; }

    /// <summary>What this host's operator asks of retention.</summary>
    public RetentionWish Retention { get; init; } = new();

    /// <summary>Deletes what is too much on this host, and gives back the room of what was deleted from its storage.</summary>
    public Func<CancellationToken, Task> GiveBack { get; init; } = static _ => Task.CompletedTask;

    internal StorageRefusals Refusals { get; } = new();

    internal FleetMachines Machines { get; init; } = FleetMachines.Plain;

    /// <summary>Has somebody's figures read by whoever collects, until what it returns is disposed.</summary>
    internal Func<Func<FleetReading?>, IDisposable> Gauges { get; init; } = FleetGauges.Add;

    /// <summary>
    /// Starts work where radios are driven and packages are read: never on an activation's scheduler, for neither may take its turns.
    /// Everything that such work awaits goes on there. The thread pool unless the radios live in virtual time.
    /// </summary>
    public Action<Action> OnRadio { get; init; } = static work => ThreadPool.UnsafeQueueUserWorkItem(static state => state(), work, preferLocal: false);
}
