using System.Diagnostics;
using Dfu.Protocol.Timing;
using Tmds.DBus;

namespace Dfu.Adapters.BlueZ.Tests.Bus;

/// <summary>A message bus of the test's own, which may be killed.</summary>
internal sealed class PrivateBus : IDisposable
{
    private const string Program = "/usr/bin/dbus-daemon";

    private readonly Process _process;
    private readonly string _folder;

    private PrivateBus(Process process, string folder, string address) => (_process, _folder, Address) = (process, folder, address);

    public string Address { get; }

    public static async Task<PrivateBus> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("dfu-bus").FullName;
        var config = Path.Combine(folder, "bus.conf");
        await File.WriteAllTextAsync(config, $"""
            <busconfig>
              <type>session</type>
              <listen>unix:path={folder}/socket</listen>
              <auth>EXTERNAL</auth>
              <policy context="default">
                <allow send_destination="*" eavesdrop="true"/>
                <allow eavesdrop="true"/>
                <allow own="*"/>
              </policy>
            </busconfig>
            """);
        var process = Process.Start(new ProcessStartInfo(Program, ["--config-file=" + config, "--nofork", "--print-address=1"]) { RedirectStandardOutput = true })!;
        var address = await process.StandardOutput.ReadLineAsync().WithinAsync(TimeSpan.FromSeconds(20), TimeProvider.System, default);
        return new(process, folder, address!);
    }

    public async Task<Connection> ConnectAsync()
    {
        var connection = new Connection(Address);
        await connection.ConnectAsync();
        return connection;
    }

    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited) Kill();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Skips where there is no message bus to start.</summary>
    public sealed class FactAttribute : Xunit.FactAttribute
    {
        public FactAttribute() => Skip = File.Exists(Program) ? null : $"needs {Program} (Debian: apt install dbus-daemon)";
    }
}
