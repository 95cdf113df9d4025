using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Dfu.Cluster.Tests.Postgres;

/// <summary>A PostgreSQL server of the tests' own, from the binaries of the machine, in a temporary folder on a free port of the loopback.</summary>
/// <remarks>Share it with <c>[Collection(PostgresServer.Collection)]</c>; tests that need it are <see cref="PostgresFactAttribute"/>s.</remarks>
[SuppressMessage("Design", "CA1001", Justification = "xunit calls DisposeAsync")]
public sealed class PostgresServer : IAsyncLifetime
{
    public const string Collection = "PostgreSQL";
    public const string User = "dfu";
    public const string Password = "not-a-secret";

    /// <summary>The folder of its programs; null when they are not here.</summary>
    public static string? Programs { get; } = Directory.Exists("/usr/lib/postgresql")
        ? Directory.GetDirectories("/usr/lib/postgresql").OrderByDescending(
            folder => Version.TryParse(Path.GetFileName(folder) + ".0", out var version) ? version : new Version())
            .Select(folder => Path.Combine(folder, "bin")).FirstOrDefault(
                folder => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "postgres")))
        : null;

    // Ends with the tests, however they end: then its input is closed.
    private const string UntilInputEnds = "\"$@\" & server=$!; cat >/dev/null; kill -QUIT $server; wait $server";

    /// <summary>Returns when none of them runs any more; those that nobody has asked about yet are still in the table.</summary>
    private const string KillAll = "kill -9 \"$@\" 2>/dev/null; while ps -o stat= -p \"$*\" | grep -q '^[^Z]'; do :; done";

    private readonly string _folder = Directory.CreateTempSubdirectory("dfu-postgres-").FullName;
    private Process? _server;
    private int _databases;

    /// <summary>Why there can be no server here; null when there can.</summary>
    public static string? Missing => Programs is null
        ? "no PostgreSQL server is installed here (no initdb and postgres below /usr/lib/postgresql; Debian: apt-get install postgresql)"
        : null;

    public int Port { get; private set; }

    private string Data => Path.Combine(_folder, "data");

    public string ConnectionTo(string database, string user = User, string password = Password) =>
        new NpgsqlConnectionStringBuilder { Host = "127.0.0.1", Port = Port, Database = database, Username = user, Password = password }.ToString();

    /// <summary>A new empty database; returns its connection string.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        var name = $"dfu_{Interlocked.Increment(ref _databases)}";
        await ExecuteAsync(ConnectionTo("postgres"), $"CREATE DATABASE {name}");
        return ConnectionTo(name);
    }

    public static async Task<object?> ExecuteAsync(string connectionString, string text)
    {
        await using var source = NpgsqlDataSource.Create(connectionString + ";Pooling=false");
        await using var command = source.CreateCommand(text);
        return await command.ExecuteScalarAsync();
    }

    public async Task InitializeAsync()
    {
        if (Missing is not null) return;
        var password = Path.Combine(_folder, "password");
        await File.WriteAllTextAsync(password, Password);
        if (Environment.IsPrivilegedProcess) await RunAsync("chown", "-R", Owner.Name, _folder);
        await RunAsServerAsync("initdb", "-D", Data, "-U", User, "--pwfile", password, "-A", "scram-sha-256", "-E", "UTF8", "--locale", "C.UTF-8", "-N");
        await StartAsync();
    }

    public async Task DisposeAsync()
    {
        await EndAsync();
        Directory.Delete(_folder, true);
    }

    /// <summary>SIGKILL of the server's first process and of all others of it: nobody writes anything back or says goodbye.</summary>
    public async Task KillAsync()
    {
        var first = (await File.ReadAllLinesAsync(Path.Combine(Data, "postmaster.pid")))[0];
        var others = (await RunAsync("ps", "--ppid", first, "-o", "pid=")).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        await RunAsync("sh", ["-c", KillAll, "sh", first, .. others]);
        await EndAsync();
    }

    /// <summary>Starts it again, at the port it had.</summary>
    public Task GoOnAsync() => StartAsync();

    /// <summary>
    /// Another server that has all that this one has: from now on a commit here is answered when it is on the other's disk, too. It serves nobody who
    /// wants to write until it is promoted.
    /// </summary>
    public async Task<PostgresServer> StandbyAsync()
    {
        var standby = new PostgresServer();
        if (Environment.IsPrivilegedProcess) await RunAsync("chown", "-R", Owner.Name, standby._folder);
        var from = $"host=127.0.0.1 port={Port} user={User} password={Password}";
        await RunAsServerAsync("pg_basebackup", "-D", standby.Data, "-R", "-X", "stream", "-c", "fast", "-d", from);
        await standby.StartAsync();
        await ExecuteAsync(ConnectionTo("postgres"), "ALTER SYSTEM SET synchronous_standby_names = '*'");
        await ExecuteAsync(ConnectionTo("postgres"), "SELECT pg_reload_conf()");
        return standby;
    }

    /// <summary>Makes a standby the server that is written to.</summary>
    public Task PromoteAsync() => ExecuteAsync(ConnectionTo("postgres"), "SELECT pg_promote()");

    private async Task EndAsync()
    {
        if (_server is null) return;
        _server.StandardInput.Close();
        await _server.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System);
        _server.Dispose();
        _server = null;
    }

    private async Task StartAsync()
    {
        if (Port == 0) Port = FreePort();
        var server = AsServer(
            "postgres",
            "-D",
            Data,
            "-p",
            $"{Port}",
            "-h",
            "127.0.0.1",
            "-c",
            "unix_socket_directories=",
            "-c",
            "max_connections=500", // every database of every test keeps some for a while
            "-c",
            "fsync=off",
            "-c",
            "max_connections=300",
            "-c",
            "lc_messages=C");
        var start = new ProcessStartInfo("sh", ["-c", UntilInputEnds, "sh", server.FileName, .. server.ArgumentList]) { WorkingDirectory = "/" };
        (start.RedirectStandardInput, start.RedirectStandardError) = (true, true);
        var (ready, log) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new List<string>());
        _server = new Process { StartInfo = start };
        _server.ErrorDataReceived += (_, line) =>
        {
            lock (log) log.Add(line.Data ?? "");
            if (line.Data is null) ready.TrySetException(new InvalidOperationException("the server ended:\n" + string.Join('\n', log)));
            else if (line.Data.Contains("ready to accept", StringComparison.Ordinal)) ready.TrySetResult();
        };
        _server.Start();
        _server.BeginErrorReadLine();
        await ready.Task.WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>The server refuses to run as root: then it is the user its package made, or nobody.</summary>
    private static (string Name, string Uid, string Gid) Owner => File.ReadLines("/etc/passwd").Select(line => line.Split(':'))
        .Where(
            fields => fields[0] is "postgres" or "nobody").OrderByDescending(fields => fields[0]).Select(fields => (fields[0], fields[2], fields[3])).First();

    private static ProcessStartInfo AsServer(string program, params string[] arguments)
    {
        program = Path.Combine(Programs!, program);
        if (!Environment.IsPrivilegedProcess) return new(program, arguments);
        var (_, uid, gid) = Owner;
        return new("setpriv", [$"--reuid={uid}", $"--regid={gid}", "--clear-groups", program, .. arguments]) { WorkingDirectory = "/" };
    }

    private static Task<string> RunAsServerAsync(string program, params string[] arguments) => RunAsync(AsServer(program, arguments));

    private static Task<string> RunAsync(string program, params string[] arguments) => RunAsync(new ProcessStartInfo(program, arguments));

    private static async Task<string> RunAsync(ProcessStartInfo start)
    {
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System);
        if (process.ExitCode != 0) throw new InvalidOperationException($"{start.FileName} {string.Join(' ', start.ArgumentList)}: {await output}{await error}");
        return await output;
    }
}

[CollectionDefinition(PostgresServer.Collection)]
public sealed class PostgresCollection : ICollectionFixture<PostgresServer>;
