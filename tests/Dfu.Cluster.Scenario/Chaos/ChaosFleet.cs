using System.Globalization;
using Dfu.Cluster.Scenario.Processes;
using Dfu.Grains.Connections;

namespace Dfu.Cluster.Scenario.Chaos;

/// <summary>The processes of the chaos: PostgreSQL, a simulator with a room of devices, a bridge before each radio, two members with two each.</summary>
internal sealed class ChaosFleet(ChaosSettings settings, TimeProvider time) : IAsyncDisposable
{
    private static readonly string[] Names = ["north", "south"];
    private const int RadiosOfMember = 2;
    private readonly string _folder = Directory.CreateTempSubdirectory("dfu-chaos-").FullName;
    private readonly List<ProcessVictim> _processes = [];
    private PostgresServer? _postgres;

    public IReadOnlyList<Victim> Victims { get; private set; } = [];

    public string Connection => _postgres!.Connection;

    public string DevicesFile => Path.Combine(_folder, "devices/devices.json");

    public IEnumerable<ProcessVictim> Processes => _processes;

    public TlsFiles Certificates(string name) => new()
    {
        Certificate = Path.Combine(_folder, "tls", $"{name}.pem"),
        Key = Path.Combine(_folder, "tls", $"{name}-key.pem"),
        Authority = Path.Combine(_folder, "tls", "ca.pem"),
    };

    public async Task StartAsync()
    {
        _postgres = await PostgresServer.StartAsync();
        await ChildProcess.RunDfuAsync("db", "init", "--connection", Connection);
        await ChildProcess.RunDfuAsync(["cluster", "certificates", Path.Combine(_folder, "tls"), .. Names.SelectMany(static name => new[] { "--host", name })]);
        var radios = Enumerable.Range(0, Names.Length * RadiosOfMember).Select(static _ => Place()).ToArray();
        var bridges = radios.Select(static _ => Place()).ToArray();
        Add("simulator", VictimKind.Simulator, () => Simulator(radios), "ready ");
        for (var i = 0; i < radios.Length; i++)
        {
            var (listen, target) = (bridges[i], radios[i]);
            Add($"bridge {i + 1}", VictimKind.Bridge, () => RelayAt(listen, target), "ready");
        }

        foreach (var process in _processes) await process.ReadyAsync();
        for (var i = 0; i < Names.Length; i++)
        {
            var (name, own) = (Names[i], bridges[(i * RadiosOfMember)..((i + 1) * RadiosOfMember)]);
            Add(name, VictimKind.Member, () => Member(name, own), "ready ");
        }

        await ReadyAsync();
        Victims = [new DatabaseVictim(_postgres), .. _processes];
    }

    public Task ReadyAsync() => Task.WhenAll(_processes.Select(static process => process.ReadyAsync()));

    /// <summary>Ends all but the database in order; the exit codes of those that did not end well.</summary>
    public async Task<IReadOnlyList<string>> EndAsync()
    {
        var wrong = new List<string>();
        foreach (var process in Enumerable.Reverse(_processes))
        {
            if (process.Kind == VictimKind.Bridge) continue;
            if (await process.EndAsync() is var code and not 0) wrong.Add($"{process.Name} ended with {code} when it was told to end");
        }

        return wrong;
    }

    public async ValueTask DisposeAsync()
    {
        // The clean-up goes on whatever fails of it.
        foreach (var process in Enumerable.Reverse(_processes)) await TryAsync(process.DisposeAsync);
        if (_postgres is not null) await TryAsync(_postgres.DisposeAsync);
        await TryAsync(() =>
        {
            Directory.Delete(_folder, true);
            return ValueTask.CompletedTask;
        });

        static async Task TryAsync(Func<ValueTask> clean)
        {
            try
            {
                await clean();
            }
            catch (Exception e)
            {
                Console.WriteLine($"the clean-up is not complete: {e.Message}");
            }
        }
    }

    private static string Place() => $"127.0.0.1:{PostgresServer.FreePort().ToString(CultureInfo.InvariantCulture)}";

    private void Add(string name, VictimKind kind, Func<ChildProcess> start, string ready)
    {
        var process = new ProcessVictim(name, kind, start, ready, time);
        _processes.Add(process);
        process.Start();
    }

    private ChildProcess Simulator(string[] radios) => ChildProcess.Dfu(
        "dfu simulate",
        [
            "simulate", .. radios.SelectMany(static radio => new[] { "--listen", radio }), "--devices", $"{settings.Devices}", "--mode", "app",
            "--time-scale", settings.TimeScale.ToString(CultureInfo.InvariantCulture), "--state", Path.Combine(_folder, "devices"),
        ]);

    private static ChildProcess RelayAt(string listen, string target) =>
        new("bridge", "dotnet", [typeof(ChaosFleet).Assembly.Location, Relay.Role, listen, target]);

    private ChildProcess Member(string name, string[] bridges)
    {
        var tls = Certificates(name);
        return ChildProcess.Dfu(
            $"dfu serve --name {name}",
            [
                "serve", "--urls", "none", "--name", name, "--cluster", "postgres", "--connection", Connection, "--data-dir", Path.Combine(_folder, name),
                "--tls-certificate", tls.Certificate, "--tls-key", tls.Key, "--tls-ca", tls.Authority,
                .. bridges.SelectMany(static bridge => new[] { "--adapter", $"bridge:tcp://{bridge}" }),
            ]);
    }
}
