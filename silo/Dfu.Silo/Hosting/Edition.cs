using Dfu.Adapters;
using Dfu.Adapters.Simulated.Time;
using Dfu.Fleet;
using Dfu.Protocol.Errors;
#if FULL_EDITION
using Dfu.Adapters.BlueZ.Doctor;
using Dfu.Adapters.BlueZ.Kernel;
using Dfu.Silo.Cluster.Hosting;
using Dfu.Silo.Dongles;
#else
using Dfu.Fleet.Storage;
using Dfu.Silo.Storage;
#endif

namespace Dfu.Silo.Hosting;

/// <summary>The one place that knows which edition this is: full has Orleans, local has the single-process engine alone.</summary>
public static class Edition
{
#if FULL_EDITION
    /// <summary>How many times as fast as it is time may run in a simulation: grains' messages take real time.</summary>
    public const double FastestClock = 100;

    /// <exception cref="DfuException">DataDirectoryForeign or DataDirectoryUnusable.</exception>
    internal static IStationEngine OpenStation(string directory, IReadOnlyList<IAdapterSource> sources, FleetPolicy policy, TimeProvider time) =>
        SiloEngine.Open(directory, sources, policy, time);

    /// <param name="pump">Runs the radios, and is their clock.</param>
    internal static IStationEngine Simulate(IReadOnlyList<IAdapterSource> sources, VirtualTime pump) => SiloEngine.Simulate(sources, pump);

    /// <summary>Makes the tables of a cluster.</summary>
    /// <returns>False when they were there.</returns>
    /// <exception cref="DfuException">DatabaseUnavailable, DatabaseForeign or InvalidArgument.</exception>
    public static Task<bool> InitDatabaseAsync(string connection, CancellationToken cancellationToken) => FleetServer.InitDatabaseAsync(connection, cancellationToken);

    /// <summary>Serves radios to campaigns until told to stop.</summary>
    /// <exception cref="DfuException">What kept the server from starting.</exception>
    public static Task ServeAsync(ServerSettings settings, TimeProvider time, CancellationToken stop) => FleetServer.RunAsync(settings, time, stop);

    /// <summary>What a text that begins with <c>bluez:</c> stands for.</summary>
    /// <exception cref="DfuException">InvalidArgument, or AdapterNotFound when it stands for all dongles and there is none.</exception>
    internal static IReadOnlyList<AdapterSpec> Dongles(string text) => DongleSpec.Parse(text, PresentControllers.List());

    /// <summary>Looks at this machine's Bluetooth; nothing is started or changed.</summary>
    public static Task<Checkup> ExamineAsync(TimeProvider time, CancellationToken cancellationToken) => Examination.ExamineAsync(time, cancellationToken);
#else
    public const double FastestClock = double.MaxValue;

    internal static IStationEngine OpenStation(string directory, IReadOnlyList<IAdapterSource> sources, FleetPolicy policy, TimeProvider time) =>
        new ProcessEngine(SqliteFleetStore.Open(directory), sources, policy, time);

    internal static IStationEngine Simulate(IReadOnlyList<IAdapterSource> sources, VirtualTime pump) =>
        new ProcessEngine(new InMemoryFleetStore(), sources, new FleetPolicy(), pump);

    public static Task<bool> InitDatabaseAsync(string connection, CancellationToken cancellationToken) => throw Lacks("db init");

    public static Task ServeAsync(ServerSettings settings, TimeProvider time, CancellationToken stop) => throw Lacks("serve");

    internal static IReadOnlyList<AdapterSpec> Dongles(string text) =>
        throw new DfuException(DfuError.NotInThisEdition, $"{text} needs BlueZ, which this build (the local edition) was made without");

    public static Task<Checkup> ExamineAsync(TimeProvider time, CancellationToken cancellationToken) => Task.FromResult(new Checkup(
        false,
        Environment.OSVersion.Version.ToString(),
        null,
        [],
        [new("edition", Verdict.Problem, "this build (the local edition) was made without BlueZ, and reaches radios through bridges only", "dotnet nuget add source https://api.nuget.org/v3/index.json   # has Linux.Bluetooth; then run ./dfu again")]));

    private static DfuException Lacks(string command) =>
        new(DfuError.NotInThisEdition, $"'dfu {command}' needs Orleans, which this build (the local edition) was made without");
#endif
}
