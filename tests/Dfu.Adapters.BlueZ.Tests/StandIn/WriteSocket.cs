using Dfu.Adapters.BlueZ.Tests.StandIn.Wire;
using Microsoft.Win32.SafeHandles;

namespace Dfu.Adapters.BlueZ.Tests.StandIn;

/// <summary>
/// The service's end of an acquired write socket. Like bluetoothd it takes a datagram out and queues it in one turn of the loop: what a client sees
/// drained is ahead of the client's next request.
/// </summary>
internal sealed class WriteSocket
{
    private readonly SafeFileHandle _handle;
    private readonly EventLoop _loop;
    private readonly Action<byte[]> _received;
    private bool _closed;

    private WriteSocket(SafeFileHandle handle, EventLoop loop, Action<byte[]> received) => (_handle, _loop, _received) = (handle, loop, received);

    /// <param name="received">Called on the loop.</param>
    /// <param name="ended">Called on the loop once, when either end has closed.</param>
    public static (WriteSocket Ours, SafeFileHandle Theirs) Open(EventLoop loop, Action<byte[]> received, Action<WriteSocket> ended)
    {
        var (ours, theirs) = UnixSockets.Pair();
        var socket = new WriteSocket(ours, loop, received);
        new Thread(() => socket.Watch(ended)) { IsBackground = true, Name = "acquired write" }.Start();
        return (socket, theirs);
    }

    /// <summary>On the loop. The other end sees it at once.</summary>
    public void Close()
    {
        if (_closed) return;
        _closed = true;
        UnixSockets.Shutdown(_handle);
    }

    private void Watch(Action<WriteSocket> ended)
    {
        using (_handle)
        {
            while (UnixSockets.WaitReadable(_handle) && _loop.InvokeAsync(Drain).GetAwaiter().GetResult()) ;
            _loop.InvokeAsync(() =>
            {
                _closed = true;
                ended(this);
            }).GetAwaiter().GetResult();
        }
    }

    private bool Drain()
    {
        while (!_closed && UnixSockets.TryReceive(_handle, out var datagram))
        {
            if (datagram.Length == 0) return false;
            _received(datagram);
        }

        return !_closed;
    }
}
