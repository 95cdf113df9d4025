using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using System.Net;
using Dfu.Adapters.Simulated;
using Dfu.Api.Http;
using Dfu.Cli.Tests.Processes;
using Dfu.Client;
using Dfu.Fleet.Access;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Plans;
using Dfu.Fleet.Telemetry;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;
using Dfu.Server.Hosting;
using Dfu.Silo.Serve;
using Microsoft.Data.Sqlite;

namespace Dfu.Deployment.Tests.Prometheus;

/// <summary>
/// Two fleets before a real Prometheus: <c>dfu serve --metrics</c> as a process, in which what alerts tell of is made to happen, and a server in this process,
/// for what cannot be made to happen within seconds: there it is counted at the instrument.
/// </summary>
/// <remarks>Windows and waits of the rules are <see cref="Factor"/> times as short; thresholds are the shipped ones.</remarks>
[SuppressMessage("Design", "CA1001", Justification = "xunit calls DisposeAsync")]
public sealed class LiveFleet : IAsyncLifetime
{
    public const string Name = "live fleet";
    public const string Station = "station-1";
    public const string Line = "line-2";
    public const string DeadBridge = "bridge:tcp://127.0.0.1:2";
    public const double Factor = 75;

    // Devices whose links drop, once each, in the first update that is larger; that never get through; and that refuse.
    public const string Dropping = "sim:devices=18,seed=101,mode=app,time-scale=100,drop-after=100000";
    public const string Hopeless = "sim:devices=2,seed=102,mode=app,time-scale=50,drop-rate=1";
    public const string Refusing = "sim:devices=8,seed=103,mode=app,time-scale=50";

    // Alerts that a member brings about by its end.
    private static readonly string[] OfTheEnd = ["DfuTargetDown", "DfuMemberSilent"];

    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);
    private static readonly BluetoothAddress Nobody = new(0xC0FF_EEFF_EE00);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("dfu-live-");
    private readonly CancellationTokenSource _stop = new();
    private DfuProcess? _station;
    private PrometheusServer? _prometheus;
    private Task _line = Task.CompletedTask;

    /// <summary>All adapters, in the order of their names.</summary>
    internal static string[] Adapters { get; } = [DeadBridge, .. new[] { Dropping, Hopeless, Refusing }.Order(StringComparer.Ordinal)];

    /// <summary>The alerts that have fired: name, member, adapter.</summary>
    internal ConcurrentDictionary<(string Alert, string? Member, string? Adapter), bool> Fired { get; } = [];

    /// <summary>Alerts that fired before anything had happened.</summary>
    internal IReadOnlyList<string> FiredBefore { get; private set; } = [];

    internal PrometheusServer Prometheus => _prometheus!;

    internal DateTimeOffset Since { get; private set; }

    public async Task InitializeAsync()
    {
        if (PromTool.Missing is not null) return;
        using var metrics = ScrapedMetrics.Begin(Line);
        var line = StartLine(metrics);
        _station = DfuProcess.Start(
            "serve", "--metrics", "--name", Station, "--data-dir", Path.Combine(_folder.FullName, Station), "--urls", "http://127.0.0.1:0",
            "--log-level", "none",
            "--adapter", Dropping, "--adapter", Hopeless, "--adapter", Refusing, "--adapter", DeadBridge);
        var said = await _station.LineAsync(text => text.Contains("HTTP API at", StringComparison.Ordinal));
        var station = new Uri(said[said.IndexOf("http://", StringComparison.Ordinal)..].Trim());
        var (beside, gateway) = await line;
        Since = TimeProvider.System.GetUtcNow();
        _prometheus = await PrometheusServer.StartAsync(
            AlertRules.Scaled(Factor), [new("dfu", Station, station), new("dfu-line", Line, beside)]);
        await UntilAsync(async () => await _prometheus.CountAsync("sum(up) == 2", Since) > 4);
        FiredBefore = [.. (await _prometheus.QueryAsync("ALERTS{alertstate=\"firing\"}")).Select(alert => alert.Labels["alertname"])];

        await using var atStation = new FleetHttpClient(new() { Url = station });
        await using var atLine = new FleetHttpClient(new() { Url = beside });
        await using var program = new FleetClient(new() { Gateways = { gateway } });
        Assert.Empty(await program.AdaptersAsync(CancellationToken.None));
        using var happens = Happen();
        await Task.WhenAll(
            DropAsync(atStation),
            StrandAsync(atStation),
            RefuseAsync(atStation),
            SlowDownAsync(),
            WaitForNobodyAsync(atLine),
            ListenAsync(rule => !OfTheEnd.Contains(rule.Name)));
        _station.Signal("TERM");
        await ListenAsync(rule => OfTheEnd.Contains(rule.Name));
        await _stop.CancelAsync();
        await _line;
    }

    public async Task DisposeAsync()
    {
        await _stop.CancelAsync();
        if (_prometheus is not null) await _prometheus.DisposeAsync();
        _station?.Dispose();
        _stop.Dispose();
        _folder.Delete(true);
    }

    private Task<(Uri Url, IPEndPoint Gateway)> StartLine(ScrapedMetrics metrics)
    {
        var listens = new TaskCompletionSource<(Uri, IPEndPoint)>(TaskCreationOptions.RunContinuationsAsynchronously);
        Uri? url = null;
        _line = FleetServer.RunAsync(
            new()
            {
                Name = Line,
                DataDirectory = Path.Combine(_folder.FullName, Line),
                Beside = async (silo, stop) =>
                {
                    var web = await FleetWeb.StartAsync(new() { Urls = [new("http://127.0.0.1:0")], Metrics = metrics }, silo, TimeProvider.System, stop);
                    url = web.Url;
                    return web;
                },
                Ready = gateway => listens.SetResult((url!, gateway)),
            },
            TimeProvider.System,
            _stop.Token);
        _ = _line.ContinueWith(
            ended => listens.TrySetException(new InvalidOperationException("the server ended", ended.Exception)), TaskScheduler.Default);
        return listens.Task;
    }

    /// <summary>Two links drop, as everywhere; then every device is updated twice without a drop, and once with one.</summary>
    private static async Task DropAsync(FleetHttpClient server)
    {
        var devices = Devices(101, 18);
        await UpdateAsync(server, Package(6, 108 * 1024), devices[..2]);
        await UpdateAsync(server, Package(7, 96 * 1024), devices);
        await UpdateAsync(server, Package(8, 96 * 1024), devices);
        await UpdateAsync(server, Package(9, 108 * 1024), devices);
    }

    /// <summary>Two devices are given up after a drop, in their bootloader, and the campaign goes on for one that nobody hears.</summary>
    private static Task StrandAsync(FleetHttpClient server) =>
        StartAsync(server, Package(1, 16 * 1024), [.. Devices(102, 2), Nobody], new() { MaxFruitlessAttempts = 1 });

    /// <summary>The package is for other hardware: the first refusal stops the campaign.</summary>
    private static Task RefuseAsync(FleetHttpClient server) =>
        StartAsync(server, Package(2, 4096, hardware: 53), Devices(103, 8), new() { MaxConcurrency = 1 }, new() { Errors = new ErrorRule { Count = 1 } });

    /// <summary>Holds the lock of the station's database most of the time, so that whoever writes waits for it, until that was noticed.</summary>
    private async Task SlowDownAsync()
    {
        await using var database = new SqliteConnection($"Data Source={Path.Combine(_folder.FullName, Station, "fleet.db")};Pooling=False");
        await database.OpenAsync();
        await UntilAsync(async () =>
        {
            await using (database.BeginTransaction(deferred: false)) await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
            await NoteAsync();
            return Fired.ContainsKey(("DfuStorageSlow", Station, null));
        });
    }

    private static Task WaitForNobodyAsync(FleetHttpClient server) => StartAsync(server, Package(3, 4096), [Nobody], new());

    /// <summary>Counts what takes minutes, or a defect, to happen by itself.</summary>
    private static Undo Happen()
    {
        // A device whose window is nearly over, while it waits.
        var late = FleetGauges.Add(() => new FleetReading { Slack = TimeSpan.FromSeconds(12) });
        // What Orleans counts when messages are lost or a grain blocks a thread, and the protocol when packets are lost on the air, or by a defect.
        var orleans = new Meter("Microsoft.Orleans");
        var protocol = new Meter("Dfu.Protocol");
        protocol.CreateCounter<long>("dfu.background.faults", "{fault}").Add(
            1, new("dfu.background.work", "watch the radio"), new KeyValuePair<string, object?>("error.type", "InvalidOperationException"));
        protocol.CreateCounter<long>("dfu.object.repeats", "{object}").Add(1, new KeyValuePair<string, object?>("dfu.repeat.reason", "short"));
        foreach (var name in (string[])["messaging-expired", "messaging-rejected", "messaging-sent-dropped", "scheduler-long-running-turns"])
            orleans.CreateCounter<int>("orleans-" + name).Add(1);
        WaitMetrics.LeaseLost("bluez:hci7");
        // A disk that is full.
        var full = TimeProvider.System.CreateTimer(
            static _ => WaitMetrics.Stored("write", new IOException("no space left"), TimeSpan.FromMilliseconds(1)),
            null,
            TimeSpan.Zero,
            TimeSpan.FromMilliseconds(100));
        return new([late, orleans, protocol, full]);
    }

    private async Task ListenAsync(Predicate<AlertRule> wanted)
    {
        var names = AlertRules.All.Where(rule => wanted(rule)).Select(rule => rule.Name).ToHashSet();
        await UntilAsync(async () =>
        {
            await NoteAsync();
            return names.IsSubsetOf(Fired.Keys.Select(fired => fired.Alert));
        });
    }

    private async Task NoteAsync()
    {
        foreach (var (labels, _) in await Prometheus.QueryAsync("ALERTS{alertstate=\"firing\"}"))
            Fired[(labels["alertname"], labels.GetValueOrDefault("instance"), labels.GetValueOrDefault("dfu_adapter_id"))] = true;
    }

    /// <summary>Returns when it is so, or when the time is up: then a test says what is missing.</summary>
    private static async Task UntilAsync(Func<Task<bool>> so)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!await so() && TimeProvider.System.GetElapsedTime(began) < Longest) await Task.Delay(PrometheusServer.Between / 2, TimeProvider.System);
    }

    private static BluetoothAddress[] Devices(int seed, int count) =>
        [.. Enumerable.Range(0, count).Select(index => VirtualDeviceOptions.AddressFor(seed, index))];

    private static async Task UpdateAsync(FleetHttpClient server, byte[] package, BluetoothAddress[] devices)
    {
        await using var campaign = await OrderAsync(server, package, devices, new(), new());
        await campaign.WaitAsync(CancellationToken.None).WaitAsync(Longest, TimeProvider.System);
    }

    private static async Task StartAsync(
        FleetHttpClient server, byte[] package, BluetoothAddress[] devices, CampaignLimits limits, CampaignPlan? plan = null) =>
        await (await OrderAsync(server, package, devices, limits with { Patience = TimeSpan.FromMinutes(10) }, plan ?? new())).DisposeAsync();

    private static Task<IFollowedCampaign> OrderAsync(
        FleetHttpClient server, byte[] package, BluetoothAddress[] devices, CampaignLimits limits, CampaignPlan plan) => server.StartAsync(
            new()
            {
                Package = PackageReader.Read(package, null), PackageFile = package, Targets = new() { Addresses = [.. devices] }, Limits = limits, Plan = plan,
            },
            CancellationToken.None);

    private static byte[] Package(uint version, int bytes, uint hardware = 52)
    {
        var image = new byte[bytes];
        new Random((int)version).NextBytes(image);
        return PackageWriter.Create(
            new PackageContents { Application = new FirmwareFile("app", image), ApplicationVersion = version, HwVersion = hardware, SdReq = [0xFFFE] }, null);
    }

    private sealed class Undo(IDisposable[] all) : IDisposable
    {
        public void Dispose()
        {
            foreach (var one in all) one.Dispose();
        }
    }
}

[CollectionDefinition(LiveFleet.Name)]
public sealed class LiveFleetCollection : ICollectionFixture<LiveFleet>;
