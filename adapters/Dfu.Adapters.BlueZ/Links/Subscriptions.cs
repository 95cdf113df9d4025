using System.Collections.Concurrent;
using Dfu.Adapters.BlueZ.Bus;
using Dfu.Protocol.Links;
using Linux.Bluetooth;
using Tmds.DBus;

namespace Dfu.Adapters.BlueZ.Links;

/// <summary>What the peripheral is allowed to send unasked: over BlueZ's socket, or over the bus where it has none (indications, in 5.66).</summary>
/// <param name="told">Gets every value, one characteristic's in order.</param>
/// <param name="socketClosed">BlueZ has closed one.</param>
internal sealed class Subscriptions(IBlueZObjects objects, TimeProvider time, Action<DfuCharacteristic, byte[]> told, Action socketClosed)
{
    private static readonly Dictionary<string, object> NoOptions = [];

    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, (DfuCharacteristic Characteristic, byte[]? Old)> _overBus = new(StringComparer.Ordinal);
    private readonly List<SeqPacketSocket> _sockets = [];
    private readonly List<IDisposable> _follows = [];
    private readonly List<Task> _readers = [];
    private bool _closed;

    /// <summary>Returns when the peripheral has accepted it: BlueZ answers both calls after the descriptor was written.</summary>
    public async Task AddAsync(DfuCharacteristic characteristic, BlueZObject at, CancellationToken cancellationToken)
    {
        var hasSocket = at.Interfaces.TryGetValue(Characteristics.Interface, out var properties) && properties.ContainsKey("NotifyAcquired");
        if (!hasSocket || !await TrySocketAsync(characteristic, at.Path, cancellationToken)) await StartAsync(characteristic, at.Path, cancellationToken);
    }

    /// <summary>A value that the bus told.</summary>
    public void Told(ObjectPath path, byte[] value)
    {
        // What BlueZ remembers of an earlier link is told again when its object begins to be followed.
        if (_overBus.TryGetValue(path.ToString(), out var subscribed) && !ReferenceEquals(value, subscribed.Old)) told(subscribed.Characteristic, value);
    }

    /// <summary>Completes when everything that BlueZ had put into the sockets was told; it closes them when the link ends.</summary>
    public Task ReadAsync()
    {
        lock (_gate) return Task.WhenAll(_readers);
    }

    public void Close()
    {
        SeqPacketSocket[] sockets;
        IDisposable[] follows;
        lock (_gate)
        {
            _closed = true;
            (sockets, follows) = ([.. _sockets], [.. _follows]);
            _sockets.Clear();
            _follows.Clear();
        }

        foreach (var socket in sockets) socket.Dispose();
        foreach (var follow in follows) follow.Dispose();
        foreach (var path in _overBus.Keys) _ = StopAsync(path);
        _overBus.Clear();
    }

    private async Task<bool> TrySocketAsync(DfuCharacteristic characteristic, ObjectPath path, CancellationToken cancellationToken)
    {
        SeqPacketSocket socket;
        try
        {
            var (descriptor, _) = await objects.QuietProxy<IGattCharacteristic1>(path).AcquireNotifyAsync(NoOptions)
                .AnsweredAsync(LinkTimes.Request, time, static late => late.fd.Dispose(), cancellationToken);
            socket = new SeqPacketSocket(descriptor);
        }
        catch (DBusException e) when (AttErrors.Of(e.ErrorName, e.ErrorMessage).Failure is AttFailure.NotOffered or AttFailure.Busy)
        {
            return false;
        }

        lock (_gate)
        {
            if (!_closed)
            {
                _sockets.Add(socket);
                _readers.Add(ReadAsync(characteristic, socket));
                return true;
            }
        }

        socket.Dispose();
        return true;
    }

    private async Task ReadAsync(DfuCharacteristic characteristic, SeqPacketSocket socket)
    {
        // Whoever subscribes may be on a scheduler of its own, which this loop would go on using.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var buffer = new byte[SeqPacketSocket.Longest];
        while (await socket.ReceiveAsync(buffer) is { } value) told(characteristic, value);
        socketClosed();
    }

    private async Task StartAsync(DfuCharacteristic characteristic, ObjectPath path, CancellationToken cancellationToken)
    {
        var follow = await objects.FollowAsync(path, Characteristics.Interface, cancellationToken)
            .AnsweredAsync(LinkTimes.Answer, time, static late => late.Dispose(), cancellationToken);
        lock (_gate)
        {
            if (!_closed) _follows.Add(follow);
        }

        if (_closed)
        {
            follow.Dispose();
            return;
        }

        _overBus[path.ToString()] = (characteristic, objects.Find(path)?.Get<byte[]>(Characteristics.Interface, "Value"));
        try
        {
            await objects.Proxy<IGattCharacteristic1>(path).StartNotifyAsync().AnsweredAsync(LinkTimes.Request, time, cancellationToken);
        }
        catch
        {
            _overBus.TryRemove(path.ToString(), out _);
            throw;
        }
    }

    /// <summary>BlueZ would subscribe again by itself when a device that it keeps (a bonded one) connects the next time.</summary>
    private async Task StopAsync(string path)
    {
        try
        {
            await objects.Proxy<IGattCharacteristic1>(new ObjectPath(path)).StopNotifyAsync().AnsweredAsync(LinkTimes.Answer, time, CancellationToken.None);
        }
        catch (Exception)
        {
            // The object has usually gone with the link.
        }
    }
}
