using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Dfu.Cluster.Scenario.Processes;

/// <summary>A PostgreSQL server of its own, from Debian's binaries, in a folder that is thrown away.</summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    private const string Password = "scenario";
    private const int LinesSaid = 10;
    private const int LowestPort = 15_000;
    private const int HighestPort = 30_000;
    private const string Binaries = "/usr/lib/postgresql";
    private readonly string _bin;
    private readonly string _folder;
    private readonly int _port;

    private PostgresServer(string bin, string folder, int port) => (_bin, _folder, _port) = (bin, folder, port);

    public string Connection => $"Host=127.0.0.1;Port={_port.ToString(CultureInfo.InvariantCulture)};Database=dfu;Username=dfu";

    public static async Task<PostgresServer> StartAsync()
    {
        var bin = await FindAsync();
        var folder = Directory.CreateTempSubdirectory("dfu-postgres-").FullName;
        var server = new PostgresServer(bin, folder, FreePort());

        // For this process and all that it starts: on their command lines others could read it.
        Environment.SetEnvironmentVariable("PGPASSWORD", Password);
        try
        {
            var password = Path.Combine(folder, "password");
            await File.WriteAllTextAsync(password, Password);
            if (Environment.IsPrivilegedProcess) await ChildProcess.RunAsync("chown", "-R", "postgres", folder);
            await server.RunAsync("initdb", "-D", server.Data, "-U", "dfu", "-A", "scram-sha-256", $"--pwfile={password}", "-E", "UTF8", "--no-instructions");
            await server.GoOnAsync();
            await ChildProcess.RunAsync(
                Path.Combine(bin, "createdb"),
                "-h",
                "127.0.0.1",
                "-p",
                server._port.ToString(CultureInfo.InvariantCulture),
                "-U",
                "dfu",
                "dfu");
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it, at the port it had before.</summary>
    public async Task GoOnAsync()
    {
        var options = $"-p {_port.ToString(CultureInfo.InvariantCulture)} -c unix_socket_directories= -c listen_addresses=127.0.0.1";
        var log = Path.Combine(_folder, "log");
        try
        {
            await RunAsync("pg_ctl", "-D", Data, "-l", log, "-o", options, "-w", "start");
        }
        catch (ScenarioException e) when (File.Exists(log))
        {
            throw new ScenarioException($"{e.Message}\n{string.Join('\n', File.ReadLines(log).TakeLast(LinesSaid))}");
        }
    }

    /// <summary>Ends all its connections and then itself.</summary>
    public Task StopAsync() => RunAsync("pg_ctl", "-D", Data, "-m", "fast", "-w", "stop");

    /// <summary>SIGKILL of all its processes: nothing is written back, and nobody says goodbye.</summary>
    public async Task KillAsync()
    {
        await SignalAsync("KILL");

        // Until somebody has asked for the exit code of the first it is in the table of processes still, and a server that starts takes it for one that runs.
        File.Delete(Path.Combine(Data, "postmaster.pid"));
    }

    /// <summary>Holds all its processes up: connections stay open, and nobody answers.</summary>
    public Task HangAsync() => SignalAsync("STOP");

    public Task WakeAsync() => SignalAsync("CONT");

    private string Data => Path.Combine(_folder, "data");

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (File.Exists(Path.Combine(Data, "postmaster.pid")))
            {
                await WakeAsync();
                await RunAsync("pg_ctl", "-D", Data, "-m", "immediate", "-w", "stop");
            }
        }
        finally
        {
            Directory.Delete(_folder, true);
        }
    }

    private async Task SignalAsync(string signal)
    {
        // Its first process is the parent of all others, and makes no more of them once it is stopped. Others may have ended by themselves meanwhile.
        var first = (await File.ReadAllLinesAsync(Path.Combine(Data, "postmaster.pid")))[0];
        await ChildProcess.RunAsync("kill", signal == "KILL" ? "-STOP" : $"-{signal}", first);
        var others = (await ChildProcess.RunAsync("ps", "--ppid", first, "-o", "pid=")).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        string[] all = signal == "KILL" ? [first, .. others] : others;
        await ChildProcess.RunAsync("sh", ["-c", "kill \"$@\" 2>/dev/null; true", "sh", $"-{signal}", .. all]);
        if (signal == "KILL") await ChildProcess.RunAsync("sh", ["-c", "while ps -o stat= -p \"$*\" | grep -q '^[^Z]'; do :; done", "sh", .. all]);
    }

    /// <summary>The server refuses to run as root.</summary>
    private Task<string> RunAsync(string program, params string[] arguments)
    {
        var path = Path.Combine(_bin, program);
        return Environment.IsPrivilegedProcess
            ? ChildProcess.RunAsync("runuser", ["-u", "postgres", "--", path, .. arguments])
            : ChildProcess.RunAsync(path, arguments);
    }

    private static async Task<string> FindAsync()
    {
        if (Newest() is { } there) return there;
        if (!Environment.IsPrivilegedProcess)
            throw new ScenarioException($"PostgreSQL is needed, and there is none in {Binaries}; Debian: apt-get install postgresql");
        Console.WriteLine($"there is no PostgreSQL in {Binaries}, installing it");
        try
        {
            await ChildProcess.RunAsync("apt-get", "install", "-y", "--no-install-recommends", "postgresql");
        }
        catch (Exception e) when (e is ScenarioException or System.ComponentModel.Win32Exception)
        {
            throw new ScenarioException($"PostgreSQL is needed and cannot be installed: {e.Message.TrimEnd()}");
        }

        return Newest() ?? throw new ScenarioException($"PostgreSQL is needed: it was installed, but not in {Binaries}");
    }

    private static string? Newest() => !Directory.Exists(Binaries)
        ? null
        : Directory.GetDirectories(Binaries)
            .Where(static folder => File.Exists(Path.Combine(folder, "bin/initdb")))
            .OrderByDescending(
                static folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : 0)
            .Select(static folder => Path.Combine(folder, "bin"))
            .FirstOrDefault();

    /// <summary>A port that nobody gets by chance while its server is down: those that the kernel gives to connections are above.</summary>
    public static int FreePort()
    {
        // Another one each time, and in each process.
        var random = new Random(HashCode.Combine(Environment.ProcessId, TimeProvider.System.GetTimestamp()));
        while (true)
        {
            using var listener = new TcpListener(IPAddress.Loopback, random.Next(LowestPort, HighestPort));
            try
            {
                listener.Start();
                return ((IPEndPoint)listener.LocalEndpoint).Port;
            }
            catch (SocketException)
            {
                // Somebody has it.
            }
        }
    }
}
