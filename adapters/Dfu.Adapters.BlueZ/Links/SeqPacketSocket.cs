using System.Net.Sockets;
using System.Runtime.InteropServices;
using Tmds.DBus;

namespace Dfu.Adapters.BlueZ.Links;

/// <summary>A socket BlueZ handed out: one datagram is one value. Waits on the runtime's shared poll, so a link has no thread of its own.</summary>
internal sealed partial class SeqPacketSocket : IDisposable
{
    /// <summary>Longer than any attribute value.</summary>
    public const int Longest = 517;

    /// <summary>SIOCOUTQ</summary>
    private const nuint UnreadByPeer = 0x5411;

    private readonly Socket _socket;

    /// <param name="descriptor">Taken over.</param>
    public SeqPacketSocket(CloseSafeHandle descriptor)
    {
        var file = descriptor.DangerousGetHandle();
        descriptor.SetHandleAsInvalid();
        var handle = new SafeSocketHandle(file, ownsHandle: true);
        try
        {
            _socket = new Socket(handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Hands over one datagram, waiting while the other end's queue is full.</summary>
    /// <exception cref="SocketException">The other end has closed.</exception>
    public async ValueTask SendAsync(ReadOnlyMemory<byte> datagram, CancellationToken cancellationToken) =>
        _ = await _socket.SendAsync(datagram, SocketFlags.None, cancellationToken);

    /// <summary>The next datagram; null when the other end has closed.</summary>
    public async ValueTask<byte[]?> ReceiveAsync(Memory<byte> buffer)
    {
        try
        {
            var count = await _socket.ReceiveAsync(buffer, SocketFlags.None);
            return count > 0 ? buffer.Span[..count].ToArray() : null;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return null;
        }
    }

    /// <summary>Whether the other end has read everything that was sent.</summary>
    public unsafe bool IsDrained
    {
        get
        {
            var held = false;
            try
            {
                _socket.SafeHandle.DangerousAddRef(ref held);
                int unread;
                return IoControl((int)_socket.SafeHandle.DangerousGetHandle(), UnreadByPeer, &unread) < 0 || unread == 0;
            }
            catch (ObjectDisposedException)
            {
                return true;
            }
            finally
            {
                if (held) _socket.SafeHandle.DangerousRelease();
            }
        }
    }

    public void Dispose() => _socket.Dispose();

    [LibraryImport("libc", EntryPoint = "ioctl")]
    private static unsafe partial int IoControl(int file, nuint request, int* value);
}
