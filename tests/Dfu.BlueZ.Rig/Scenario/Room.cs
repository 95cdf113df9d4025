using System.Globalization;
using System.Text.Json;
using Dfu.BlueZ.Rig.Machine;

namespace Dfu.BlueZ.Rig.Scenario;

/// <summary>Virtual controllers on the machine's kernel with one room of virtual devices behind them, and bluetoothd above.</summary>
internal sealed class Room(Guest guest) : IAsyncDisposable
{
    private const string Pipe = "/run/controllers";
    private const double StartSeconds = 60;
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web);
    private GuestCommand? _controllers;
    private GuestCommand? _daemon;
    private int _reports;

    public int Controllers { get; private set; }

    public int Devices { get; private set; }

    /// <param name="options">Of <c>controllers</c>, beside the numbers.</param>
    public async Task OpenAsync(int controllers, int devices, string options, CancellationToken stop)
    {
        (Controllers, Devices) = (controllers, devices);
        await CloseAsync();
        _controllers = guest.Start(FormattableString.Invariant($"exec dotnet /rig/Dfu.BlueZ.Rig.dll controllers --controllers {controllers} --devices {devices} --fifo {Pipe} {options}"));
        await _controllers.UntilAsync(static command => command.Output.Contains("\nready", StringComparison.Ordinal), "ready", StartSeconds, stop);
        if (_daemon is null) await StartDaemonAsync(stop);
        await SeenAsync(controllers, stop);
    }

    /// <summary>A line for the virtual controllers: <c>down 1</c>.</summary>
    public Task TellAsync(string line, CancellationToken stop) => guest.RunAsync($"echo '{line}' > {Pipe}", 20, stop);

    public async Task StartDaemonAsync(CancellationToken stop)
    {
        _daemon = guest.Start("exec /usr/libexec/bluetooth/bluetoothd -n");
        await SeenAsync(0, stop);
    }

    /// <summary>SIGKILL: it has no time for anything.</summary>
    public async Task KillDaemonAsync(CancellationToken stop)
    {
        await guest.RunAsync("kill -9 $(pidof bluetoothd)", 20, stop);
        await _daemon!.EndAsync(TimeSpan.FromSeconds(20), stop);
        _daemon = null;
    }

    /// <summary>Waits until bluetoothd shows so many adapters.</summary>
    public async Task SeenAsync(int adapters, CancellationToken stop)
    {
        const string Ask = "dbus-send --system --print-reply --dest=org.bluez / org.freedesktop.DBus.ObjectManager.GetManagedObjects 2>/dev/null";
        var script = FormattableString.Invariant($"for i in $(seq 300); do told=$({Ask}) && [ $(echo \"$told\" | grep -c '\"org.bluez.Adapter1\"') -ge {adapters} ] && exit; sleep 0.1; done; echo \"$told\" | tail; exit 1");
        if ((await guest.RunAsync(script, StartSeconds, stop)).Status != 0) throw new RigException($"bluetoothd does not show {adapters} adapters:\n{_daemon?.Said}");
    }

    /// <summary>Why bluetoothd is not running although nobody ended it; null while it runs.</summary>
    public async Task<string?> CrashAsync(CancellationToken stop)
    {
        if (_daemon is not { IsOver: true } ended) return null;
        _daemon = null;
        var status = (await ended.EndAsync(TimeSpan.FromSeconds(1), stop)).Status;
        var kernel = await guest.RunAsync("dmesg | tail -n 5", 20, stop);
        return $"bluetoothd ended with {status}:\n{ended.Said}\n{kernel.Output}";
    }

    /// <summary>What the devices themselves count.</summary>
    public async Task<IReadOnlyList<DeviceReport>> ReportAsync(CancellationToken stop)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"report{++_reports}");
        await TellAsync($"report /share/{name}", stop);
        var file = Path.Combine(guest.Share, name);
        for (var waited = 0; !File.Exists(file); waited++)
        {
            if (waited > 200) throw new RigException($"the virtual controllers do not report:\n{_controllers!.Said}");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, stop);
        }

        var report = JsonSerializer.Deserialize<Report>(await File.ReadAllTextAsync(file, stop), Format)!.Devices;
        File.Delete(file);
        return report;
    }

    /// <summary>MTUs that links had, by what the controllers logged.</summary>
    public IReadOnlyList<int> Mtus() =>
        [.. _controllers!.Output.Split('\n').Select(static line => line.Split(" MTU ")).Where(static parts => parts.Length == 2).Select(static parts => int.Parse(parts[1], CultureInfo.InvariantCulture))];

    public string Said => _controllers?.Said ?? "";

    public async ValueTask DisposeAsync() => await CloseAsync();

    private async Task CloseAsync()
    {
        if (_controllers is null) return;
        await TellAsync("quit", CancellationToken.None);
        await _controllers.EndAsync(TimeSpan.FromSeconds(20), CancellationToken.None);
        _controllers = null;
    }

    private sealed record Report(IReadOnlyList<DeviceReport> Devices);
}

/// <summary>A virtual device's own count; see <c>devices.json</c> in docs/cli.md.</summary>
internal sealed record DeviceReport(string Application, string Bootloader, string Mode, long FirmwareBytes, int Connects, int Drops, int Activations, DeviceImage? Activated);

internal sealed record DeviceImage(string Sha256, int Bytes);
