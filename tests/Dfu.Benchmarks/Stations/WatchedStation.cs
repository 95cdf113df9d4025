using Dfu.Adapters.Simulated;
using Dfu.Fleet.Campaigns;
using Dfu.Protocol.Packages;
using Dfu.Silo.Flash;
using Dfu.Silo.Simulation;
using Orleans.Storage;

namespace Dfu.Benchmarks.Stations;

/// <summary>One campaign of <c>dfu flash</c>'s own code over virtual devices in real time and a data directory of its own.</summary>
internal sealed class WatchedStation : IAsyncDisposable
{
    private static readonly TimeSpan SampleEvery = TimeSpan.FromSeconds(0.1);
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("dfu-station-");
    private readonly CancellationTokenSource _over = new();
    private readonly Func<IGrainStorage, IGrainStorage> _storage;
    private readonly TimeProvider _time;
    private readonly long _began;
    private FlashRun? _run;

    /// <param name="time">The station's; the devices live in real time.</param>
    public WatchedStation(int devices, int radios, int imageBytes, TimeProvider time, Func<IGrainStorage, IGrainStorage>? storage = null)
    {
        (Devices, Radios, ImageBytes, _time, _storage) = (devices, radios, imageBytes, time, storage ?? (static inner => inner));
        Air = new SimulatedAir(TimeProvider.System, LinkModel.Perfect, seed: 1);
        _began = TimeProvider.System.GetTimestamp();
    }

    public SimulatedAir Air { get; }
    public int Devices { get; }
    public int Radios { get; }
    public int ImageBytes { get; }

    /// <summary>Real seconds since it was made.</summary>
    public double Seconds => TimeProvider.System.GetElapsedTime(_began).TotalSeconds;

    /// <summary>The latest view; null before the first.</summary>
    public CampaignView? View => _run?.Snapshot();

    public VirtualDevice PowerOn(int index) => Air.Add(new SimulationSettings { InApplication = true }.Device(index));

    /// <summary>Runs the campaign to its end, and beside it who looks on and interferes.</summary>
    public async Task<CampaignView> RunAsync(Func<Task> meanwhile)
    {
        var firmware = new byte[ImageBytes];
        new Random(1).NextBytes(firmware);
        var file = PackageWriter.Create(
            new PackageContents
            {
                Application = new FirmwareFile("app", firmware),
                ApplicationVersion = 2,
                HwVersion = SimulationSettings.HwVersion,
                SdReq = [0xFFFE],
            },
            null);
        var settings = new FlashSettings { DataDirectory = _directory.FullName, Adapters = [new RoomSpec(Air, Radios)], Storage = _storage };
        _run = await FlashRun.OpenAsync(settings, _time);
        var addresses = Enumerable.Range(0, Devices).Select(static index => new SimulationSettings().Device(index).ApplicationAddress);
        var campaign = _run.RunAsync(
            new() { Package = PackageReader.Read(file, publicKey: null), PackageFile = file, Targets = new() { Addresses = [.. addresses] } },
            CancellationToken.None);
        var looking = meanwhile();
        var view = await campaign;
        _over.Cancel();
        try
        {
            await looking;
        }
        catch (OperationCanceledException)
        {
            // The campaign was over before what was waited for.
        }

        return view;
    }

    /// <exception cref="OperationCanceledException">The campaign is over.</exception>
    public async Task UntilAsync(Func<CampaignView, bool> holds)
    {
        while (View is not { } view || !holds(view)) await AfterAsync(SampleEvery);
    }

    /// <exception cref="OperationCanceledException">The campaign is over.</exception>
    public Task AfterAsync(TimeSpan time) => Task.Delay(time, TimeProvider.System, _over.Token);

    public async ValueTask DisposeAsync()
    {
        if (_run is not null) await _run.DisposeAsync();
        Air.Dispose();
        _over.Dispose();
        _directory.Delete(recursive: true);
    }
}
