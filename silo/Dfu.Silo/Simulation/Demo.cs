using System.Security.Cryptography;
using Dfu.Adapters;
using Dfu.Adapters.Simulated;
using Dfu.Adapters.Simulated.Time;
using Dfu.Fleet.Campaigns;
using Dfu.Protocol.Packages;
using Dfu.Silo.Flash;
using Dfu.Silo.Telemetry;
using Microsoft.Extensions.Logging;

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
/// flash is read back at the end. One thread runs radios and devices in virtual time.
/// </summary>
public sealed class Demo : IAsyncDisposable
{
    private readonly DemoSettings _settings;
    private readonly VirtualTime _time;
    private readonly ECDsa _key = DfuKeys.Generate();
    private readonly byte[] _zip;
    private readonly SimulatedAir _air;
    private readonly LineLog _log;
    private readonly CampaignSilo _silo;

    /// <param name="telemetry">Where what is logged is exported; null nowhere.</param>
    public Demo(DemoSettings settings, TelemetryExport? telemetry = null)
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
        room.Populate(_air, options => _air.Add(options));
        IAdapterSource[] adapters = [.. Enumerable.Range(1, _settings.Adapters).Select(number => _air.CreateAdapter($"radio{number}", new AdapterModel()))];
        _log = new LineLog(static _ => { }, LogLevel.None, _time, telemetry);
        _silo = CampaignSilo.Simulate(adapters, _time, _log);
    }

    public DfuPackage Package { get; }

    /// <summary>How many times as fast as it is time may run: grains' messages take real time.</summary>
    public const double FastestClock = 100;

    /// <summary>The latest view, null before the first; callable from any thread.</summary>
    public CampaignView? Snapshot() => _silo.Snapshot();

    /// <summary>Runs on a thread of its own until every device has its outcome, or until told to stop.</summary>
    public async Task<CampaignView> RunAsync(CancellationToken stop)
    {
        await _silo.PrepareAsync(stop);
        return await Task.Factory.StartNew(
            () => _time.Run(() => UpdateAsync(stop), waitForOtherThreads: true),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
    }

    /// <summary>Devices whose flash holds the image and that have started it; for after the run.</summary>
    public int CountVerified()
    {
        var wanted = Convert.ToHexStringLower(Package.Images[0].Sha256.Span);
        return _air.Devices.Count(device => device.ActivatedSha256 == wanted && device.InApplication);
    }

    public async ValueTask DisposeAsync()
    {
        await _silo.DisposeAsync();
        _log.Dispose();
        _air.Dispose();
        _key.Dispose();
    }

    private async Task<CampaignView> UpdateAsync(CancellationToken stop)
    {
        using var stopping = new CancellationTokenSource();
        await using var registration = stop.Register(() => _time.Post(stopping.Cancel));
        return await _silo.RunAsync(
            new CampaignRequest
            {
                Package = Package,
                PackageFile = _zip,
                Targets = new TargetSelection { All = true, Count = _settings.Devices },
                Limits = CampaignSilo.LimitsOf(_time),
            },
            stopping.Token);
    }
}
