using System.Diagnostics;

namespace Dfu.Adapters.BlueZ.Tests.StandIn;

/// <summary>A test that needs dbus-daemon; skipped, with the reason, where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class DbusFactAttribute : FactAttribute
{
    public DbusFactAttribute()
    {
        if (!File.Exists(PrivateBus.Daemon)) Skip = $"{PrivateBus.Daemon} is not installed (package dbus-daemon or dbus)";
    }
}

/// <summary>A message bus of a test's own, with the limits of the system bus and nobody on it. It can die and come back at the same address.</summary>
internal sealed class PrivateBus : IAsyncDisposable
{
    public const string Daemon = "/usr/bin/dbus-daemon";

    private readonly DirectoryInfo _folder;
    private Process? _process;

    private PrivateBus(DirectoryInfo folder) => _folder = folder;

    /// <summary>As in DBUS_SYSTEM_BUS_ADDRESS.</summary>
    public string Address => $"unix:path={SocketPath}";

    public string SocketPath => Path.Combine(_folder.FullName, "bus");

    public bool IsRunning => _process is { HasExited: false };

    /// <param name="policy">Rules of dbus-daemon's configuration added to a policy that allows everything, such as a denied destination.</param>
    public static async Task<PrivateBus> StartAsync(string policy = "")
    {
        var bus = new PrivateBus(Directory.CreateTempSubdirectory("dfu-bus-"));
        await File.WriteAllTextAsync(bus.ConfigPath, $"""
            <!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
            <busconfig>
              <listen>{bus.Address}</listen>
              <auth>EXTERNAL</auth>
              <policy context="default">
                <allow user="*"/>
                <allow own="*"/>
                <allow send_destination="*"/>
                <allow receive_sender="*"/>
                {policy}
              </policy>
              <limit name="max_match_rules_per_connection">512</limit>
            </busconfig>
            """);
        await bus.StartAgainAsync();
        return bus;
    }

    /// <summary>Runs the daemon, at the address it had before, and returns when it listens.</summary>
    public async Task StartAgainAsync()
    {
        if (IsRunning) throw new InvalidOperationException("the bus is running");
        _process?.Dispose();
        var start = new ProcessStartInfo(Daemon) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var argument in (string[])[$"--config-file={ConfigPath}", "--nofork", "--nopidfile", "--print-address"])
            start.ArgumentList.Add(argument);
        _process = Process.Start(start) ?? throw new InvalidOperationException($"{Daemon} did not start");
        _process.ErrorDataReceived += static (_, _) => { };
        _process.BeginErrorReadLine(); // it complains about limits that only root may raise
        if (await _process.StandardOutput.ReadLineAsync() is null) throw new InvalidOperationException($"{Daemon} ended at once");
    }

    /// <summary>The bus dies as by a kill: everybody's connection breaks.</summary>
    public async Task KillAsync()
    {
        if (_process is not { } process) return;
        process.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>Match rules of all connections together: what signals somebody listens for.</summary>
    public async Task<int> MatchRulesAsync()
    {
        using var connection = new Tmds.DBus.Connection(Address);
        await connection.ConnectAsync();
        var rules = await connection.CreateProxy<IBusStatistics>("org.freedesktop.DBus", "/org/freedesktop/DBus").GetAllMatchRulesAsync();
        return rules.Values.Sum(static own => own.Length);
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process?.Dispose();
        _folder.Delete(recursive: true);
    }

    private string ConfigPath => Path.Combine(_folder.FullName, "bus.conf");
}

/// <summary>What dbus-daemon tells of itself.</summary>
[Tmds.DBus.DBusInterface("org.freedesktop.DBus.Debug.Stats")]
public interface IBusStatistics : Tmds.DBus.IDBusObject
{
    Task<IDictionary<string, string[]>> GetAllMatchRulesAsync();
}
