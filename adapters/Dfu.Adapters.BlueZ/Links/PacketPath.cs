using System.Net.Sockets;
using Dfu.Adapters.BlueZ.Bus;
using Dfu.Protocol.Timing;
using Linux.Bluetooth;
using Tmds.DBus;

namespace Dfu.Adapters.BlueZ.Links;

/// <summary>The way packets take: BlueZ's socket, or a call for each where it hands out none.</summary>
/// <remarks>
/// bluetoothd is one loop: a datagram it has read is in its ATT queue before it looks at the bus again, and there commands go before
/// requests (BlueZ 5.66 and as of 2026, src/shared/att.c). So a request is behind all packets as soon as the socket is drained; calls are taken in
/// order anyway.
/// </remarks>
internal sealed class PacketPath(IGattCharacteristic1 characteristic, TimeProvider time) : IDisposable
{
    /// <summary>Calls in flight where there is no socket: enough to hide the bus, few enough to stop soon.</summary>
    public const int CallsInFlight = 4;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(1);
    private static readonly Dictionary<string, object> NoOptions = [];
    private static readonly Dictionary<string, object> Command = new() { ["type"] = "command" };

    private readonly SemaphoreSlim _places = new(CallsInFlight, CallsInFlight);
    private readonly Lock _gate = new();
    private SeqPacketSocket? _socket;
    private Exception? _failure;
    private bool _byCalls;
    private bool _closed;

    public bool IsOpen => HasSocket || _byCalls;

    public bool HasSocket => _socket is not null;

    /// <summary>Gets the socket, or finds that there is none to be had.</summary>
    /// <returns>The MTU BlueZ told with it, null without one.</returns>
    public async Task<int?> OpenAsync(CancellationToken cancellationToken)
    {
        try
        {
            var (descriptor, mtu) = await characteristic.AcquireWriteAsync(NoOptions)
                .AnsweredAsync(BlueZTimes.Request, time, static late => late.fd.Dispose(), cancellationToken);
            var socket = new SeqPacketSocket(descriptor);
            lock (_gate)
            {
                if (!_closed)
                {
                    _socket = socket;
                    return mtu;
                }
            }

            socket.Dispose();
            return mtu;
        }
        catch (DBusException e) when (AttErrors.Of(e.ErrorName, e.ErrorMessage).Failure is AttFailure.NotOffered or AttFailure.Busy)
        {
            _byCalls = true;
            return null;
        }
    }

    /// <exception cref="SocketException">BlueZ has closed its end.</exception>
    /// <exception cref="DBusException">This packet, or one before it, was refused.</exception>
    public async ValueTask SendAsync(ReadOnlyMemory<byte> packet, CancellationToken cancellationToken)
    {
        if (_socket is { } socket)
        {
            await socket.SendAsync(packet, cancellationToken);
            return;
        }

        await _places.WaitAsync(cancellationToken);
        if (_failure is { } failure)
        {
            _places.Release();
            throw failure;
        }

        Background.Run("send a packet", CallAsync(packet.ToArray()));
    }

    /// <summary>Returns when a request can no longer overtake the packets sent before.</summary>
    public async ValueTask DrainAsync(CancellationToken cancellationToken)
    {
        while (_socket is { IsDrained: false }) await Task.Delay(Look, time, cancellationToken);
        if (!_byCalls) return;
        var places = 0;
        try
        {
            for (; places < CallsInFlight; places++) await _places.WaitAsync(cancellationToken);
        }
        finally
        {
            if (places > 0) _places.Release(places);
        }
    }

    public void Dispose()
    {
        lock (_gate) _closed = true;
        _socket?.Dispose();
    }

    private async Task CallAsync(byte[] packet)
    {
        try
        {
            await characteristic.WriteValueAsync(packet, Command).AnsweredAsync(BlueZTimes.Request, time, CancellationToken.None);
        }
        catch (Exception e)
        {
            _failure ??= e;
        }
        finally
        {
            _places.Release();
        }
    }
}
