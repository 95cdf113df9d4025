using Dfu.Adapters;
using Dfu.Fleet;
using Dfu.Fleet.Radios;
using Dfu.Fleet.Storage;

namespace Dfu.Grains.Hosting;

/// <summary>What a silo's grains get from the host they run on; one per silo, a singleton of its services.</summary>
public sealed class FleetHost
{
    /// <summary>The silo's name, the first part of its adapters' ids.</summary>
    public required string Silo { get; init; }

    public required FleetPolicy Policy { get; init; }

    /// <summary>The clock of devices and radios; not always the clock of Orleans.</summary>
    public required TimeProvider Time { get; init; }
    public FleetTimes Times { get; init; } = new();
    public required UpdateRunner Runner { get; init; }

    /// <summary>The radios of this host. Locked for this process for as long as it lives, so no other process drives them.</summary>
    public IReadOnlyList<IAdapterSource> Sources { get; init; } = [];

    /// <summary>Radios are opened when the silo starts; otherwise when the host starts <see cref="Adapters.AdapterWaker"/>.</summary>
    public bool OpensAtStart { get; init; } = true;

    /// <summary>This host's own byte counts of a campaign.</summary>
    public required Func<string, ITrafficLedger> Ledger { get; init; }
    public required IPackageCache Packages { get; init; }

    /// <summary>
    /// Starts work where radios are driven: never on a grain's scheduler, for a transfer must not take a grain's turns. Everything that
    /// such work awaits goes on there. The thread pool unless the radios live in virtual time.
    /// </summary>
    public Action<Action> OnRadio { get; init; } = static work => ThreadPool.UnsafeQueueUserWorkItem(static state => state(), work, preferLocal: false);
}

/// <summary>Package files kept on this host's disk, by SHA-256. A cache: it may forget.</summary>
public interface IPackageCache
{
    /// <summary>Null when it is not here, or no longer whole.</summary>
    Task<ReadOnlyMemory<byte>?> LoadAsync(string id, CancellationToken cancellationToken);

    Task SaveAsync(string id, ReadOnlyMemory<byte> file, CancellationToken cancellationToken);
}

/// <summary>How often grains tell each other what, in <see cref="FleetHost.Time"/>.</summary>
public sealed record FleetTimes
{
    /// <summary>A transfer stops itself this long after it sent the last report that was accepted. Default 3 s.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>A device is granted again this long after it accepted the last report of an attempt whose end nobody reported: the lease, and time for its link to close. Default 4.5 s.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(4.5);

    /// <summary>Between two reports of an attempt, and between two writes of checkpoints. Default 1 s.</summary>
    public TimeSpan Report { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Between two reports of an adapter to the scheduler. Default 0.25 s.</summary>
    public TimeSpan AdapterReport { get; init; } = TimeSpan.FromSeconds(0.25);

    /// <summary>An adapter that has not reported for so long takes no part any more. Default 3 s.</summary>
    public TimeSpan AdapterSilence { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Between two attempts to do what is outstanding: requests for slots, campaigns to their devices. Default 2 s.</summary>
    public TimeSpan Again { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The same in a clock that runs <paramref name="scale"/> times as fast: messages between grains take real time.</summary>
    public FleetTimes Scaled(double scale) => this with
    {
        Lease = Lease * scale,
        Silence = Silence * scale,
        AdapterSilence = AdapterSilence * scale,
    };
}
