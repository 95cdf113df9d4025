using System.Globalization;
using System.Text.Json;
using Dfu.BlueZ.Rig.Machine;

namespace Dfu.BlueZ.Rig.Scenario;

/// <summary>Virtual devices behind virtual controllers that share their air.</summary>
/// <param name="Options">Of <c>controllers</c>, beside the numbers.</param>
internal sealed record Air(int Controllers, int Devices, string Options = "");

/// <summary>Virtual controllers on the machine's kernel with virtual devices behind them, and bluetoothd above, which is started again when it ends.</summary>
internal sealed class Room(Guest guest) : IAsyncDisposable
{
    private const double StartSeconds = 90;
    private const double TellSeconds = 30;

    /// <summary>SIGKILL, as a shell tells it.</summary>
    private const string Killed = "ended 137";
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web);
    private readonly List<(Air Air, GuestCommand Controllers, string Pipe)> _airs = [];
    private GuestCommand? _daemon;
    private int _reports;
    private bool _used;

    public int Controllers => _airs.Sum(static one => one.Air.Controllers);

    public int Airs => _airs.Count;

    public int Devices => _airs.Sum(static one => one.Air.Devices);

    /// <summary>How often bluetoothd has ended by itself so far; each time it took the links of all adapters along.</summary>
    public int Crashes =>
        _daemon is null ? 0 : _daemon.Output.Split('\n').Count(static line => line.StartsWith("ended ", StringComparison.Ordinal) && line != Killed);

    /// <summary>The devices are about to be changed: the next step gets new ones.</summary>
    public void Use() => _used = true;

    /// <summary>Whatever was open is closed first, unless it is the same and unused.</summary>
    public async Task OpenAsync(CancellationToken stop, params Air[] airs)
    {
        if (!_used && airs.SequenceEqual(_airs.Select(static one => one.Air))) return;
        await CloseAsync();
        _used = false;
        foreach (var air in airs)
        {
            var number = _airs.Count + 1;
            var pipe = $"/run/controllers{number}";
            var command = string.Create(
                CultureInfo.InvariantCulture,
                $"exec dotnet /rig/Dfu.BlueZ.Rig.dll controllers --seed {number} --controllers {air.Controllers} --devices {air.Devices} --fifo {pipe} "
                    + $"{air.Options}");
            _airs.Add((air, guest.Start(command), pipe));
        }

        foreach (var (_, controllers, _) in _airs)
            await controllers.UntilAsync(static command => command.Output.Contains("\nready", StringComparison.Ordinal), "ready", StartSeconds, stop);
        _daemon ??= guest.Start("exec sh /rig/Guest/bluetoothd");
        await SeenAsync(stop);
    }

    /// <summary>A line for the first air's virtual controllers: <c>down 1</c>.</summary>
    public Task TellAsync(string line, CancellationToken stop) => TellAsync(_airs[0].Pipe, line, stop);

    /// <summary>SIGKILL: it has no time for anything.</summary>
    public Task KillDaemonAsync(CancellationToken stop) => guest.RunAsync("kill -9 $(pidof bluetoothd)", TellSeconds, stop);

    /// <summary>What the devices themselves count.</summary>
    public async Task<IReadOnlyList<DeviceReport>> ReportAsync(CancellationToken stop)
    {
        var all = new List<DeviceReport>();
        foreach (var (_, controllers, pipe) in _airs)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"report{++_reports}");
            await TellAsync(pipe, $"report /share/{name}", stop);
            var file = Path.Combine(guest.Share, name);
            for (var waited = 0; !File.Exists(file); waited++)
            {
                if (waited > 300) throw new RigException($"the virtual controllers do not report:\n{controllers.Said}");
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, stop);
            }

            all.AddRange(JsonSerializer.Deserialize<Report>(await File.ReadAllTextAsync(file, stop), Format)!.Devices);
            File.Delete(file);
        }

        return all;
    }

    /// <summary>MTUs that links to bootloaders had, by what the controllers said.</summary>
    public IReadOnlyList<int> Mtus(int air) => [.. _airs[air].Controllers.Output.Split('\n')
        .Where(static line => line.Contains(" connected, ", StringComparison.Ordinal))
        .Select(static line => int.Parse(line.Split(" MTU ")[1], CultureInfo.InvariantCulture))];

    public async ValueTask DisposeAsync() => await CloseAsync();

    private async Task TellAsync(string pipe, string line, CancellationToken stop)
    {
        if ((await guest.RunAsync($"echo '{line}' > {pipe}", TellSeconds, stop)).Status != 0)
            throw new RigException($"the virtual controllers cannot be told '{line}'");
    }

    /// <summary>Waits until bluetoothd shows all controllers, and no more.</summary>
    private async Task SeenAsync(CancellationToken stop)
    {
        const string Ask = "dbus-send --system --print-reply --dest=org.bluez / org.freedesktop.DBus.ObjectManager.GetManagedObjects 2>/dev/null";
        var script = string.Create(
            CultureInfo.InvariantCulture,
            $"for i in $(seq 300); do told=$({Ask}) && [ $(echo \"$told\" | grep -c '\"org.bluez.Adapter1\"') = "
                + $"{Controllers} ] && exit; sleep 0.1; done; echo \"$told\" | tail; exit 1");
        var result = await guest.RunAsync(script, StartSeconds, stop);
        if (result.Status != 0) throw new RigException($"bluetoothd does not show {Controllers} adapters:\n{result.Output}\n{_daemon?.Said}");
    }

    private async Task CloseAsync()
    {
        foreach (var (_, controllers, pipe) in _airs)
        {
            if (controllers.IsOver) continue;
            await TellAsync(pipe, "quit", CancellationToken.None);
            await controllers.EndAsync(TimeSpan.FromSeconds(TellSeconds), CancellationToken.None);
        }

        _airs.Clear();
    }

    private sealed record Report(IReadOnlyList<DeviceReport> Devices);
}

/// <summary>A virtual device's own count; see <c>devices.json</c> in docs/cli.md.</summary>
internal sealed record DeviceReport(
    string Application, string Bootloader, string Mode, long FirmwareBytes, int Connects, int Drops, int Activations, DeviceImage? Activated);

internal sealed record DeviceImage(string Sha256, int Bytes);
