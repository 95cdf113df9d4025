using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Retention;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;
using Dfu.Silo.Adapters;
using Dfu.Silo.Flash;
using Dfu.Silo.Simulation;

namespace Dfu.Benchmarks;

/// <summary>Bytes in a station's data directory after so many campaigns.</summary>
internal readonly record struct StationSize(int Campaigns, long Database, long Packages, long Ledgers, long All, int Files);

/// <summary>A station that flashes another build each time, with <c>dfu flash</c>'s own code, while years pass between the runs.</summary>
/// <remarks>Every second campaign is for the same boards, the others are for boards that are never seen again, as in a factory.</remarks>
internal sealed class Station(string directory, TimeSpan between, int boards = 2, int imageBytes = 16 * 1024)
{
    private readonly MovedTime _time = new();
    private int _campaigns;

    public RetentionWish Retention { get; init; } = new();

    public async Task<StationSize> FlashAsync()
    {
        var seed = ++_campaigns % 2 == 0 ? 1 : 1000 + _campaigns;
        var firmware = new byte[imageBytes];
        new Random(_campaigns).NextBytes(firmware);
        var file = PackageWriter.Create(
            new PackageContents
            {
                Application = new FirmwareFile("app", firmware),
                ApplicationVersion = (uint)_campaigns,
                HwVersion = SimulationSettings.HwVersion,
                SdReq = [0xFFFE],
            },
            null);
        var settings = new FlashSettings
        {
            DataDirectory = directory,
            Adapters = [new AdapterSpec.Simulated("sim:station", new() { Devices = boards, Seed = seed, TimeScale = 100 }, 1)],
            Retention = Retention,
        };
        await using (var run = await FlashRun.OpenAsync(settings, _time))
        {
            var view = await run.RunAsync(
                new()
                {
                    Package = PackageReader.Read(file, publicKey: null),
                    PackageFile = file,
                    Targets = new() { All = true, Count = boards },
                },
                CancellationToken.None);
            if (view.Outcome != CampaignOutcome.Succeeded) throw new DfuException(DfuError.Interrupted, $"campaign {_campaigns} has {view.Outcome}");
        }

        _time.Moved += between;
        return Measure();
    }

    private StationSize Measure()
    {
        var files = new DirectoryInfo(directory).GetFiles("*", SearchOption.AllDirectories);
        long In(string folder) => files.Where(file => file.Directory!.Name == folder).Sum(static file => file.Length);
        return new(
            _campaigns,
            files.Where(static file => file.Name.StartsWith("fleet.db", StringComparison.Ordinal)).Sum(static file => file.Length),
            In("packages"),
            In("ledgers"),
            files.Sum(static file => file.Length),
            files.Length);
    }

    /// <summary>Runs as time does, but what it shows is moved.</summary>
    private sealed class MovedTime : TimeProvider
    {
        public TimeSpan Moved { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Moved;
    }
}
