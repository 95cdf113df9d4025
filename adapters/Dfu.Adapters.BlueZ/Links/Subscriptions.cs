using System.Collections.Concurrent;
using Dfu.Adapters.BlueZ.Bus;
using Dfu.Protocol.Links;
using Dfu.Protocol.Timing;
using Linux.Bluetooth;
using Tmds.DBus;

namespace Dfu.Adapters.BlueZ.Links;

/// <summary>What the peripheral is allowed to send unasked, as the bus tells it.</summary>
/// <remarks>
/// Never by AcquireNotify: a link that drops while bluetoothd 5.66 still waits for the peripheral to accept the subscription leaves a
/// socket behind whose owner has been freed, and bluetoothd crashes, with the links of all adapters, as soon as the device is removed.
/// A control point says little enough for the bus, which also tells its values and the end of its link in one order.
/// </remarks>
/// <param name="told">Gets every value, one characteristic's in order.</param>
internal sealed class Subscriptions(IBlueZObjects objects, TimeProvider time, Action<DfuCharacteristic, byte[]> told)
{
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, (DfuCharacteristic Characteristic, byte[]? Old)> _subscribed = new(StringComparer.Ordinal);
    private readonly List<IDisposable> _follows = [];
    private bool _closed;

    /// <summary>Returns when the peripheral has accepted it: BlueZ answers after the descriptor was written.</summary>
    public async Task AddAsync(DfuCharacteristic characteristic, BlueZObject at, CancellationToken cancellationToken)
    {
        var follow = await objects.FollowAsync(at.Path, Characteristics.Interface, cancellationToken)
            .AnsweredAsync(BlueZTimes.Answer, time, static late => late.Dispose(), cancellationToken);
        lock (_gate)
        {
            if (!_closed) _follows.Add(follow);
        }

        if (_closed)
        {
            follow.Dispose();
            return;
        }

        var path = at.Path.ToString();
        _subscribed[path] = (characteristic, objects.Find(at.Path)?.Get<byte[]>(Characteristics.Interface, "Value"));
        try
        {
            await objects.Proxy<IGattCharacteristic1>(at.Path).StartNotifyAsync().AnsweredAsync(BlueZTimes.Request, time, cancellationToken);
        }
        catch
        {
            _subscribed.TryRemove(path, out _);
            throw;
        }
    }

    /// <summary>A value that the bus told.</summary>
    public void Told(ObjectPath path, byte[] value)
    {
        // What BlueZ remembers of an earlier link is told again when its object begins to be followed.
        if (_subscribed.TryGetValue(path.ToString(), out var subscribed) && !ReferenceEquals(value, subscribed.Old)) told(subscribed.Characteristic, value);
    }

    public void Close()
    {
        IDisposable[] follows;
        lock (_gate)
        {
            _closed = true;
            follows = [.. _follows];
            _follows.Clear();
        }

        foreach (var follow in follows) follow.Dispose();
        foreach (var path in _subscribed.Keys) Background.Run("end a subscription", StopAsync(path));
        _subscribed.Clear();
    }

    /// <summary>BlueZ would subscribe again by itself when a device that it keeps (a bonded one) connects the next time.</summary>
    private async Task StopAsync(string path)
    {
        try
        {
            await objects.Proxy<IGattCharacteristic1>(new ObjectPath(path)).StopNotifyAsync().AnsweredAsync(BlueZTimes.Answer, time, CancellationToken.None);
        }
        catch (Exception e)
        {
            // The object has usually gone with the link.
            Background.Overlook("end a subscription", e);
        }
    }
}
