using System.Net;
using System.Net.Sockets;

namespace Dfu.Cli.Tests.Processes;

/// <summary>A bridge that can die and come back at the same address while the devices behind it live on: forwards one port to another.</summary>
internal sealed class Proxy(IPEndPoint target) : IDisposable
{
    private readonly List<Socket> _sockets = [];
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _killed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _left = long.MaxValue;
    private Socket? _listener;
    private IPEndPoint _address = new(IPAddress.Loopback, 0);

    public string Spec => $"bridge:tcp://{_address}";

    /// <summary>Streams accepted so far.</summary>
    public int Streams { get; private set; }

    public void Start()
    {
        _listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        _listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        _listener.Bind(_address);
        _listener.Listen();
        _address = (IPEndPoint)_listener.LocalEndPoint!;
        _ = AcceptAsync(_listener);
    }

    /// <summary>Closes the listener and breaks every stream.</summary>
    public void Kill()
    {
        lock (_gate)
        {
            _listener?.Dispose();
            foreach (var socket in _sockets) socket.Dispose();
            _sockets.Clear();
        }
    }

    /// <summary>Kills it once so many bytes have passed, so that a slow test cannot miss the moment. Call it before there are streams.</summary>
    public Task KillAfterAsync(long bytes)
    {
        Interlocked.Exchange(ref _left, bytes);
        return _killed.Task.WaitAsync(TimeSpan.FromMinutes(5), TimeProvider.System);
    }

    public void Dispose() => Kill();

    private async Task AcceptAsync(Socket listener)
    {
        try
        {
            while (true)
            {
                var here = await listener.AcceptAsync();
                var there = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                here.NoDelay = true;
                await there.ConnectAsync(target);
                lock (_gate) _sockets.AddRange([here, there]);
                Streams++;
                _ = ForwardAsync(here, there);
                _ = ForwardAsync(there, here);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Killed.
        }
    }

    private async Task ForwardAsync(Socket from, Socket to)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer) is > 0 and var count)
            {
                await to.SendAsync(buffer.AsMemory(0, count));
                if (Interlocked.Add(ref _left, -count) is var left && left <= 0 && left + count > 0)
                {
                    Kill();
                    _killed.TrySetResult();
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Broken: so is the other direction.
        }

        from.Dispose();
        to.Dispose();
    }
}
