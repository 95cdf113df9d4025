using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Dfu.Adapters;
using Dfu.Adapters.Simulated;
using Dfu.Fleet;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Updates;
using Dfu.Grains;
using Dfu.Grains.Storage;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Timing;
using Dfu.Silo.Silos;
using Dfu.Silo.Storage;
using Dfu.Silo.Storage.Files;
using Dfu.Silo.Storage.Postgres;
using Dfu.Silo.Storage.Sqlite;

namespace Dfu.Benchmarks.Fleets;

/// <summary>A silo as <c>dfu serve</c> composes it, over virtual devices and radios in real time; prints its figures and ends.</summary>
/// <remarks>Each radio has an air of its own, as in a hall where none hears what is near another: what is heard twice is not what is measured here.</remarks>
internal sealed class FleetProcess : IAsyncDisposable
{
    public const string Role = "fleet-process";
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(0.1);
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("dfu-fleet-");
    private readonly TransferClock _clock = new(TimeProvider.System, FleetRoom.ImageBytes);
    private readonly List<SimulatedAir> _airs = [];
    private readonly List<IDisposable> _owned = [];
    private readonly List<VirtualDevice> _devices = [];
    private FleetSilo? _silo;

    private FleetProcess(int devices, int adapters)
    {
        for (var adapter = 0; adapter < adapters; adapter++)
        {
            var air = new SimulatedAir(TimeProvider.System, FleetRoom.Link, seed: adapter);
            _airs.Add(air);
            for (var n = FleetRoom.Near(adapter, devices, adapters); n > 0; n--) _devices.Add(air.Add(FleetRoom.Device(_devices.Count)));
        }
    }

    /// <param name="storage">none, sqlite, or how PostgreSQL is reached.</param>
    public static async Task RunAsync(string devices, string adapters, string storage)
    {
        var (units, radios) = (int.Parse(devices, CultureInfo.InvariantCulture), int.Parse(adapters, CultureInfo.InvariantCulture));
        await using var process = new FleetProcess(units, radios);
        Console.WriteLine(JsonSerializer.Serialize(await process.MeasureAsync(storage)));
    }

    public async ValueTask DisposeAsync()
    {
        if (_silo is not null) await _silo.DisposeAsync();
        foreach (var air in _airs) air.Dispose();
        foreach (var one in _owned) one.Dispose();
        _directory.Delete(recursive: true);
    }

    private async Task<FleetFigures> MeasureAsync(string storage)
    {
        await StartAsync(storage);
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System); // radios open, and devices are heard
        var before = Memory.Now(0);
        var sampling = SampleAsync();
        var first = await UpdateAsync(FleetRoom.FirstImageBytes, 2);
        var during = await sampling;
        _clock.Take();
        GC.Collect();
        using var process = Process.GetCurrentProcess();
        var (cpu, paused) = (process.TotalProcessorTime, GC.GetTotalPauseDuration());
        var second = await UpdateAsync(FleetRoom.ImageBytes, 3);
        process.Refresh();
        return new(
            first == CampaignOutcome.Succeeded ? second : first,
            _clock.Take(),
            (process.TotalProcessorTime - cpu).TotalSeconds,
            during.Heap - before.Heap,
            during.WorkingSet - before.WorkingSet,
            (GC.GetTotalPauseDuration() - paused).TotalSeconds,
            before.Heap,
            before.WorkingSet);
    }

    /// <summary>Memory when two fifths of what is to be sent are: as many transfers as there can be are under way.</summary>
    private async Task<Memory> SampleAsync()
    {
        long Sent() => _devices.Sum(static device => device.Counters.FirmwareBytes);
        while (Sent() < 0.4 * _devices.Count * FleetRoom.FirstImageBytes) await Task.Delay(Poll, TimeProvider.System);
        return Memory.Now(Sent());
    }

    private async Task StartAsync(string storage)
    {
        var packages = new PackageCache(Path.Combine(_directory.FullName, "packages"), TimeProvider.System, null);
        var ledgers = new LateLedgers(new(Path.Combine(_directory.FullName, "ledgers")), failure => Console.Error.WriteLine(failure.Message));
        _owned.Add(ledgers);
        var alone = storage is "none" or "sqlite";
        IAdapterSource[] sources =
            [.. _airs.Select((air, i) => _clock.Watch(air.CreateAdapter(string.Create(CultureInfo.InvariantCulture, $"radio{i}"), FleetRoom.Radio)))];
        Action<ISiloBuilder, System.Net.IPEndPoint> cluster;
        if (alone)
        {
            var sqlite = storage == "sqlite" ? SqliteGrainStorage.Open(_directory.FullName) : null;
            if (sqlite is not null) _owned.Add(sqlite);
            cluster = (silo, endpoint) =>
            {
                silo.UseDevelopmentClustering(endpoint);
                if (sqlite is null) silo.AddGrainStorage(StorageNames.State, new ProcessStorage());
                else silo.AddGrainStorage(StorageNames.State, sqlite);
            };
        }
        else
        {
            await PostgresSchema.InitAsync(storage, CancellationToken.None);
            cluster = (silo, _) => silo.UsePostgresCluster(storage, StorageNames.State);
        }

        _silo = FleetSilo.Build(
            new()
            {
                Host = new FleetHost
                {
                    Silo = "host",
                    Policy = new FleetPolicy(),
                    Time = new SteadyTime(TimeProvider.System),
                    Wall = TimeProvider.System,
                    Times = alone ? FleetTimes.Alone : new(),
                    Runner = UpdateRun.RunAsync,
                    Sources = sources,
                    Ledger = ledgers.For,
                    Packages = packages,
                    Machines = FleetRoom.Machines,
                },
                ClusterId = ClusterNames.Cluster,
                Cluster = cluster,
            },
            TimeProvider.System);
        await _silo.StartAsync(CancellationToken.None);
    }

    private async Task<CampaignOutcome> UpdateAsync(int bytes, uint version)
    {
        var file = FleetRoom.Package(bytes, version);
        await using var fleet = new GrainFleet(_silo!.Grains, TimeProvider.System, Poll);
        await fleet.StartAsync(
            new()
            {
                Package = PackageReader.Read(file, publicKey: null),
                PackageFile = file,
                Targets = new() { Addresses = [.. _devices.Select(static device => device.ApplicationAddress)] },
            },
            CancellationToken.None);
        return (await fleet.WaitAsync(CancellationToken.None)).Outcome;
    }

    /// <summary>Bytes that are in use.</summary>
    private readonly record struct Memory(double Heap, double WorkingSet)
    {
        /// <param name="flash">Bytes that virtual devices hold in their flash.</param>
        public static Memory Now(long flash)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            using var process = Process.GetCurrentProcess();
            return new(GC.GetTotalMemory(forceFullCollection: true) - flash, process.WorkingSet64 - flash);
        }
    }
}
