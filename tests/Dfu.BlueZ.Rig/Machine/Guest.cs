using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Dfu.BlueZ.Rig.Setup;

namespace Dfu.BlueZ.Rig.Machine;

/// <summary>A running machine. Commands go through a port and a shared folder; when this process lets go of the port, the machine powers off.</summary>
internal sealed class Guest : IAsyncDisposable
{
    private static readonly TimeSpan BootTime = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan OffTime = TimeSpan.FromSeconds(3);
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly string _folder = Directory.CreateTempSubdirectory("dfu-rig-").FullName;
    private readonly Dictionary<string, GuestCommand> _commands = [];
    private readonly TaskCompletionSource<string> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private Qemu? _qemu;
    private NetworkStream? _port;
    private Task _listening = Task.CompletedTask;
    private int _number;

    private Guest() => Directory.CreateDirectory(Share);

    /// <summary>Kernel release and BlueZ version.</summary>
    public string Versions { get; private set; } = "";

    /// <summary>Seen as /share in the machine.</summary>
    public string Share => Path.Combine(_folder, "share");

    /// <summary>The last the machine's console and its emulator said.</summary>
    public string LastWords => string.Join('\n', new[] { "qemu", "console" }.Select(name => Path.Combine(_folder, name)).Where(File.Exists)
        .SelectMany(static file => File.ReadAllLines(file).TakeLast(15)).Select(static line => $"    {line.TrimEnd()}"));

    /// <exception cref="RigException">It does not come up.</exception>
    public static async Task<Guest> BootAsync(Parts parts, IReadOnlyDictionary<string, string> shares, int processors, bool kvm, CancellationToken stop)
    {
        var guest = new Guest();
        try
        {
            await guest.StartAsync(parts, shares, processors, kvm, stop);
            return guest;
        }
        catch
        {
            await guest.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs a shell script in the machine to its end.</summary>
    /// <exception cref="RigException">It takes longer, or the machine ends; with what it said until then.</exception>
    public async Task<GuestResult> RunAsync(string script, double seconds, CancellationToken stop) =>
        await Start(script).EndAsync(TimeSpan.FromSeconds(seconds), stop);

    /// <summary>Starts a shell script in the machine.</summary>
    public GuestCommand Start(string script)
    {
        GuestCommand command;
        lock (_gate)
        {
            var id = string.Create(CultureInfo.InvariantCulture, $"c{++_number}");
            _commands[id] = command = new(this, Path.Combine(Share, id), script, _time);
        }

        File.WriteAllText(command.File, script + "\n");
        Send(Path.GetFileName(command.File));
        return command;
    }

    public async ValueTask DisposeAsync()
    {
        // Letting go of the port is what tells it to power off.
        if (_port is not null) await _port.DisposeAsync();
        if (_qemu is not null)
        {
            await Task.WhenAny(_qemu.Ended, Task.Delay(OffTime, _time));
            _qemu.Kill();
            await _qemu.Ended;
            _qemu.Dispose();
        }

        await _listening;
        Directory.Delete(_folder, true);
    }

    private async Task StartAsync(Parts parts, IReadOnlyDictionary<string, string> shares, int processors, bool kvm, CancellationToken stop)
    {
        using var late = new CancellationTokenSource(BootTime, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, late.Token);
        var all = new Dictionary<string, string>(shares)
        {
            ["usr"] = "/usr",
            ["parts"] = parts.Guest,
            ["share"] = Share,
        };
        _qemu = await Qemu.StartAsync(parts, _folder, all, processors, kvm);
        try
        {
            _port = await ConnectAsync(Path.Combine(_folder, "port"), either.Token);
            _listening = ListenAsync(_port);
            Versions = await _ready.Task.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested)
        {
            throw new RigException(
                string.Create(CultureInfo.InvariantCulture, $"the machine was not ready after {BootTime.TotalSeconds:0} s; the last it said:\n{LastWords}"));
        }
    }

    private async Task<NetworkStream> ConnectAsync(string path, CancellationToken stop)
    {
        while (true)
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), stop);
                return new(socket, ownsSocket: true);
            }
            catch (SocketException) when (!_qemu!.Ended.IsCompleted)
            {
                socket.Dispose();
                await Task.Delay(TimeSpan.FromMilliseconds(20), _time, stop);
            }
            catch (Exception e)
            {
                socket.Dispose();
                throw e is SocketException ? Gone() : e;
            }
        }
    }

    /// <summary>What the machine says: "ready KERNEL BLUEZ", "ended ID STATUS", "failed WHAT".</summary>
    private async Task ListenAsync(NetworkStream port)
    {
        try
        {
            using var reader = new StreamReader(port, Encoding.UTF8, leaveOpen: true);
            while (await reader.ReadLineAsync() is { } line)
            {
                if (line.Split(' ') is ["ready", var kernel, var bluez]) _ready.TrySetResult($"{kernel} {bluez}");
                else if (line.Split(' ') is ["ended", var id, var status]) Take(id)?.End(int.Parse(status, CultureInfo.InvariantCulture));
                else if (line.Split(' ', 2) is ["failed", var what])
                    _ready.TrySetException(new RigException($"the machine came up without its {what}:\n{LastWords}"));
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The machine or this process has let go.
        }

        _ready.TrySetException(Gone());
        while (Take(null) is { } command) command.Break(Gone());
    }

    private GuestCommand? Take(string? id)
    {
        lock (_gate)
        {
            id ??= _commands.Keys.FirstOrDefault();
            return id is not null && _commands.Remove(id, out var command) ? command : null;
        }
    }

    private void Send(string word)
    {
        try
        {
            lock (_gate) _port!.Write(Encoding.ASCII.GetBytes(word + "\n"));
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            throw Gone();
        }
    }

    private RigException Gone() => new($"the machine has ended; the last it said:\n{LastWords}");
}
