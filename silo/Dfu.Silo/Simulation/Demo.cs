using System.Security.Cryptography;
using Dfu.Adapters;
using Dfu.Adapters.Simulated;
using Dfu.Adapters.Simulated.Time;
using Dfu.Fleet;
using Dfu.Fleet.Engine;
using Dfu.Fleet.Storage;
using Dfu.Fleet.Updates;
using Dfu.Protocol.Packages;

namespace Dfu.Silo.Simulation;

/// <summary>What <c>dfu demo</c> shows.</summary>
public sealed record DemoSettings
{
    public int Devices { get; init; } = 100;
    public int Adapters { get; init; } = 4;

    /// <summary>Bytes of the image.</summary>
    public int Size { get; init; } = 200 * 1024;
    public double DropRate { get; init; } = 0.02;
    public bool SaveProgress { get; init; }
    public double TimeScale { get; init; } = 20;
    public int Seed { get; init; } = 1;
}

/// <summary>
/// The real engine over virtual devices: a package is made and signed with a throw-away key, the devices check it, and their
/// flash is read back at the end. One thread runs all of it in virtual time, so a seed gives the same run every time.
/// </summary>
public sealed class Demo : IDisposable
{
    private readonly DemoSettings _settings;
    private readonly VirtualTime _time;
    private readonly ECDsa _key = DfuKeys.Generate();
    private readonly byte[] _zip;
    private SimulatedAir? _air;
    private FleetEngine? _engine;

    public Demo(DemoSettings settings)
    {
        _settings = settings;
        _time = new VirtualTime(TimeProvider.System.GetUtcNow()) { Scale = settings.TimeScale }; // traces of today are looked for today
        var image = new byte[settings.Size];
        new Random(settings.Seed).NextBytes(image);
        _zip = PackageWriter.Create(
            new PackageContents
            {
                Application = new FirmwareFile("demo", image),
                ApplicationVersion = 1,
                HwVersion = SimulationSettings.HwVersion,
                SdReq = [0x0100],
            },
            _key);
        Package = PackageReader.Read(_zip, _key);
    }

    public DfuPackage Package { get; }

    /// <summary>The latest view, null before the first; callable from any thread.</summary>
    public CampaignView? Snapshot()
    {
        try
        {
            return Volatile.Read(ref _engine)?.Snapshot();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Runs on a thread of its own until every device has its outcome, or until told to stop.</summary>
    public Task<CampaignView> RunAsync(CancellationToken stop) =>
        Task.Factory.StartNew(() => _time.Run(() => UpdateAsync(stop), waitForOtherThreads: true), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>Devices whose flash holds the image and that have started it; for after the run.</summary>
    public int CountVerified()
    {
        var wanted = Convert.ToHexStringLower(Package.Images[0].Sha256.Span);
        return _air?.Devices.Count(device => device.ActivatedSha256 == wanted && device.InApplication) ?? 0;
    }

    public void Dispose()
    {
        _air?.Dispose();
        _key.Dispose();
    }

    private async Task<CampaignView> UpdateAsync(CancellationToken stop)
    {
        var room = new SimulationSettings
        {
            Devices = _settings.Devices,
            SaveProgress = _settings.SaveProgress,
            InApplication = true,
            DropRate = _settings.DropRate,
            SoftDevice = 0x0100,
            PublicKey = _key,
            Seed = _settings.Seed,
        };
        _air = new SimulatedAir(_time, room.Link, room.Seed);
        for (var i = 0; i < room.Devices; i++) _air.Add(room.Device(i));
        IAdapterSource[] adapters = [.. Enumerable.Range(1, _settings.Adapters).Select(number => _air.CreateAdapter($"radio{number}", new AdapterModel()))];

        await using var store = new InMemoryFleetStore();
        await using var engine = new FleetEngine(store, adapters, new FleetPolicy(), _time, UpdateRun.RunAsync);
        var stopping = new CancellationTokenSource();
        await using var registration = stop.Register(() => _time.Post(stopping.Cancel));
        await engine.StartAsync(
            new CampaignRequest { Package = Package, PackageFile = _zip, Targets = new TargetSelection { All = true, Count = room.Devices } },
            stopping.Token);
        Volatile.Write(ref _engine, engine);
        try
        {
            await engine.WaitAsync(stopping.Token);
        }
        catch (OperationCanceledException)
        {
            // What the devices hold is kept by them; the view says the rest.
        }

        await engine.StopAsync();
        return engine.Snapshot();
    }
}
