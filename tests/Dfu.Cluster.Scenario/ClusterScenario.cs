using System.Collections.Immutable;
using Dfu.Client;
using Dfu.Cluster.Scenario.Processes;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Peers;
using Dfu.Grains;
using Dfu.Grains.Connections;
using Dfu.Protocol.Packages;

namespace Dfu.Cluster.Scenario;

/// <summary>
/// PostgreSQL, a room of devices, two members with two radios each; in the middle the database goes away for a while, or one of the members is killed
/// and comes back later, or both.
/// </summary>
internal sealed class ClusterScenario(ScenarioSettings settings) : IAsyncDisposable
{
    private const string Killed = "south";
    private const string Other = "north";
    private static readonly TimeSpan SampleEvery = TimeSpan.FromSeconds(0.25);
    private readonly string _folder = Directory.CreateTempSubdirectory("dfu-scenario-").FullName;
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly List<ChildProcess> _processes = [];
    private readonly Dictionary<string, ChildProcess> _members = [];
    private readonly ScenarioResult _result = new(settings);
    private PostgresServer? _postgres;
    private ChildProcess? _simulator;
    private FleetClient? _client;
    private string[] _radios = [];
    private readonly long _began = TimeProvider.System.GetTimestamp();
    private double _submitted;

    public async Task RunAsync(CancellationToken stop)
    {
        var connection = await SetUpAsync(stop);
        var package = MakePackage(out var zip);
        _result.ImageSha256 = Convert.ToHexStringLower(package.Images[0].Sha256.Span);
        _client = new FleetClient(new() { ConnectionString = connection, Tls = Certificates("client"), ViewEvery = SampleEvery });
        _submitted = Elapsed;
        await using var campaign = await _client.StartAsync(
            new() { Package = package, PackageFile = zip, Targets = new() { All = true, Count = settings.Devices } }, stop);
        Tell($"campaign {campaign.Campaign} was submitted: {settings.Devices} devices, {settings.Size / 1024} KiB each");

        await UntilAsync(
            campaign,
            view => view.Devices.Sum(static device => device.BytesConfirmed) >= settings.KillAt * settings.Devices * settings.Size,
            stop);
        if (settings.DatabaseAway is { } away)
        {
            _result.Database = new(_postgres!, away, settings.DatabaseHangs, _time, Tell);
            await _result.Database.RunAsync(campaign, stop);
        }

        if (settings.Kills) await KillAsync(campaign, connection, stop);
        _result.End = await campaign.WaitAsync(stop);
        if (!settings.Kills) _result.Database?.See(_result.End);
        _result.Seconds = Elapsed - _submitted;
        _result.Entries = await _client.CampaignsAsync(stop);
        Tell("the campaign is over");
        foreach (var (name, member) in _members)
        {
            _result.PeakMemory[name] = member.PeakMemory;
            _result.MemberExits[name] = await member.StopAsync();
        }

        await _simulator!.StopAsync();
        _result.Devices = SimulatedDevice.Read(Path.Combine(_folder, "devices/devices.json"));
    }

    /// <summary>Prints what happened; the list of what is not as it must be.</summary>
    public ImmutableArray<string> Report(TextWriter to) => _result.Print(to, Killed);

    /// <summary>What the processes said, for when things go wrong.</summary>
    public string Say() => string.Join('\n', _processes.Select(static process => process.Output).Where(static output => output.Length > 0));

    public async ValueTask DisposeAsync()
    {
        // The clean-up goes on whatever fails of it: nothing of a scenario may be left behind.
        var failures = new List<Exception>();
        if (_client is not null) await TryAsync(_client.DisposeAsync);
        foreach (var process in _processes) await TryAsync(process.DisposeAsync);
        if (_postgres is not null) await TryAsync(_postgres.DisposeAsync);
        await TryAsync(() =>
        {
            Directory.Delete(_folder, true);
            return ValueTask.CompletedTask;
        });
        foreach (var failure in failures) Console.WriteLine($"the clean-up is not complete: {failure.Message}");

        async Task TryAsync(Func<ValueTask> clean)
        {
            try
            {
                await clean();
            }
            catch (Exception e)
            {
                failures.Add(e);
            }
        }
    }

    private double Elapsed => _time.GetElapsedTime(_began).TotalSeconds;

    private async Task<string> SetUpAsync(CancellationToken stop)
    {
        _postgres = await PostgresServer.StartAsync();
        stop.ThrowIfCancellationRequested();
        Tell("PostgreSQL runs");
        await using (var init = ChildProcess.Dfu("db init", "db", "init", "--connection", _postgres.Connection)) await init.LineAsync("the tables were made");
        await ChildProcess.RunDfuAsync("cluster", "certificates", Path.Combine(_folder, "tls"), "--host", Killed, "--host", Other);
        var listen = Enumerable.Repeat<string[]>(["--listen", "127.0.0.1:0"], 4).SelectMany(static pair => pair);
        _simulator = Add(ChildProcess.Dfu(
            "dfu simulate",
            [
                "simulate", .. listen, "--devices", $"{settings.Devices}", "--mode", "app", "--time-scale",
                FormattableString.Invariant($"{settings.TimeScale}"), "--state", Path.Combine(_folder, "devices"),
            ]));
        _radios = [.. (await _simulator.LineAsync("ready ")).Split(' ')[1..].Select(static address => $"bridge:tcp://{address}")];
        await Task.WhenAll(StartMemberAsync(Other, _postgres.Connection), StartMemberAsync(Killed, _postgres.Connection));
        stop.ThrowIfCancellationRequested();
        Tell($"two members are ready, {Other} and {Killed}, each with two radios");
        return _postgres.Connection;
    }

    private TlsFiles Certificates(string name) => new()
    {
        Certificate = Path.Combine(_folder, "tls", $"{name}.pem"),
        Key = Path.Combine(_folder, "tls", $"{name}-key.pem"),
        Authority = Path.Combine(_folder, "tls", "ca.pem"),
    };

    private Task<string> StartMemberAsync(string name, string connection)
    {
        var radios = name == Other ? _radios[..2] : _radios[2..];
        var tls = Certificates(name);
        var member = Add(ChildProcess.Dfu(
            $"dfu serve --name {name}",
            [
                "serve", "--urls", "none", "--name", name, "--cluster", "postgres", "--connection", connection,
                "--data-dir", Path.Combine(_folder, name),
                "--tls-certificate", tls.Certificate, "--tls-key", tls.Key, "--tls-ca", tls.Authority,
                .. radios.SelectMany(static radio => new[] { "--adapter", radio }),
            ]));
        _members[name] = member;
        return member.LineAsync("ready ");
    }

    private async Task KillAsync(GrainFleet campaign, string connection, CancellationToken stop)
    {
        var before = (await campaign.RefreshAsync()).Devices.Where(
            static device => IsOn(device, Killed) && IsMoving(device)).ToDictionary(static device => device.Application);
        var at = _time.GetTimestamp();
        _result.KilledAt = Elapsed - _submitted;
        await _members[Killed].KillAsync();
        Tell($"{Killed} was killed, {before.Count} devices were on its radios");
        _result.OnKilled = before.Count;

        long? restarted = null;
        var starting = Task.CompletedTask;
        while (_result.MovedElsewhere.Count < before.Count || _result.CarriedAgain is null)
        {
            if (restarted is null && _time.GetElapsedTime(at).TotalSeconds >= settings.RestartAfter)
            {
                restarted = _time.GetTimestamp();
                Tell($"{Killed} is started again");
                starting = StartMemberAsync(Killed, connection);
            }

            if (starting.IsFaulted) await starting;
            var view = campaign.Snapshot();
            foreach (var device in view.Devices)
            {
                // Only where it was sent to after the kill: a view may be older than that.
                if (!before.TryGetValue(device.Application, out var was) || _result.MovedElsewhere.ContainsKey(device.Application)) continue;
                if (device.Attempts > was.Attempts && device.BytesSent > was.BytesSent || device.Outcome != DeviceOutcome.Pending)
                    _result.MovedElsewhere[device.Application] = _time.GetElapsedTime(at).TotalSeconds;
            }

            if (restarted is { } since && view.Devices.Any(static device => IsOn(device, Killed) && device.Rate > 0 && IsMoving(device)))
                _result.CarriedAgain ??= _time.GetElapsedTime(since).TotalSeconds;
            if (view.Outcome is CampaignOutcome.Succeeded or CampaignOutcome.Failed) break;
            await Task.Delay(SampleEvery, _time, stop);
        }

        if (restarted is null) return;
        await starting;
        Tell($"{Killed} carries transfers again");
    }

    private async Task UntilAsync(GrainFleet campaign, Func<CampaignView, bool> reached, CancellationToken stop)
    {
        while (!reached(campaign.Snapshot()))
        {
            if (campaign.Snapshot().Outcome is not CampaignOutcome.Running)
                throw new ScenarioException("the campaign was over before anything could happen to it");
            await Task.Delay(SampleEvery, _time, stop);
        }
    }

    private DfuPackage MakePackage(out byte[] zip)
    {
        var image = new byte[settings.Size];
        new Random(1).NextBytes(image);
        zip = PackageWriter.Create(
            new PackageContents { Application = new FirmwareFile("app", image), ApplicationVersion = 2, HwVersion = 52, SdReq = [0xFFFE] },
            null);
        return PackageReader.Read(zip, null);
    }

    private ChildProcess Add(ChildProcess process)
    {
        _processes.Add(process);
        return process;
    }

    private void Tell(string what) => Console.WriteLine(FormattableString.Invariant($"{Elapsed,6:0.0} s  {what}"));

    private static bool IsOn(DeviceView device, string member) => device.Adapter is { } adapter && AdapterId.SiloOf(adapter) == member;

    internal static bool IsMoving(DeviceView device) =>
        device is { Outcome: DeviceOutcome.Pending, Phase: not (DevicePhase.Queued or DevicePhase.BackingOff or DevicePhase.Done) };
}
