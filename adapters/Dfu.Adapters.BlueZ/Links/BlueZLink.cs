using System.Collections.Immutable;
using System.Net.Sockets;
using System.Threading.Channels;
using Dfu.Adapters.BlueZ.Bus;
using Dfu.Adapters.BlueZ.Kernel;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Timing;
using Linux.Bluetooth;
using Tmds.DBus;

namespace Dfu.Adapters.BlueZ.Links;

/// <summary>A link that BlueZ holds: requests and notifications go over the bus, packets over a socket.</summary>
internal sealed class BlueZLink : IDfuLink
{
    /// <summary>Attribute values have up to 512 bytes, so more than this is of no use; BlueZ drops packets that are longer.</summary>
    public const int LargestMtu = 515;

    /// <summary>Far beyond what a peripheral sends unasked; a reader that is so far behind is not coming back.</summary>
    private const int NotificationCapacity = 4096;

    private static readonly Dictionary<string, object> Request = new() { ["type"] = "request" };

    private readonly Lock _gate = new();
    private readonly TaskCompletionSource<LinkClosure> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Channel<LinkNotification> _notifications =
        Channel.CreateBounded<LinkNotification>(new BoundedChannelOptions(NotificationCapacity) { SingleReader = true });

    private readonly CancellationTokenSource _gone = new();
    private readonly SemaphoreSlim _order = new(1, 1);
    private readonly IBlueZObjects _objects;
    private readonly DeviceWatch _watch;
    private readonly IKernelBluetooth _kernel;
    private readonly int _controllerIndex;
    private readonly TimeProvider _time;
    private readonly ImmutableDictionary<DfuCharacteristic, BlueZObject> _characteristics;
    private readonly HashSet<DfuCharacteristic> _subscribed = [];
    private readonly Subscriptions _subscriptions;
    private readonly SendWindow _window;
    private readonly PacketPath? _packets;
    private bool _closing;
    private bool _watched;
    private string? _detail;
    private Task? _disposal;

    /// <param name="watch">Taken over.</param>
    /// <param name="packets">Taken over; null where there is no packet characteristic.</param>
    public BlueZLink(
        IBlueZObjects objects, DeviceWatch watch, IKernelBluetooth kernel, int controllerIndex,
        ImmutableDictionary<DfuCharacteristic, BlueZObject> characteristics, PacketPath? packets, int mtu, TimeProvider time)
    {
        (_objects, _watch, _kernel, _controllerIndex) = (objects, watch, kernel, controllerIndex);
        (_characteristics, _packets, _time) = (characteristics, packets, time);
        Mtu = Math.Clamp(mtu, 23, LargestMtu);
        Characteristics = characteristics.Keys.ToImmutableHashSet();
        _window = new SendWindow(time);
        _subscriptions = new Subscriptions(objects, time, Told);
        watch.ValueTold = _subscriptions.Told;
        _ = Background.Start("watch a link", WatchAsync); // the connect may be on a scheduler of its own, which this would go on using
    }

    public int Mtu { get; }

    public IReadOnlySet<DfuCharacteristic> Characteristics { get; }

    /// <summary>BlueZ's objects of what else can be read.</summary>
    public ImmutableDictionary<Guid, BlueZObject> Others { private get; init; } = ImmutableDictionary<Guid, BlueZObject>.Empty;

    public IReadOnlySet<Guid> Readable => Others.Keys.ToImmutableHashSet();

    /// <summary>Asked anew each time: peripherals have it changed after they connected.</summary>
    public TimeSpan? Interval => _kernel.InForce(_controllerIndex, _watch.Address)?.Interval;

    /// <summary>A write waits until bluetoothd has taken the packets before it, and there packets go first (see <see cref="PacketPath"/>).</summary>
    public bool KeepsOrder => true;

    public ChannelReader<LinkNotification> Notifications => _notifications.Reader;

    public Task<LinkClosure> Closed => _closed.Task;

    /// <remarks>
    /// BlueZ encrypts the link of a paired device as it connects, and by itself pairs with one that refuses for lack of it: where this is asked for,
    /// neither has helped.
    /// </remarks>
    public async Task SecureAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_closing) throw Lost();
        try
        {
            await WithLinkAsync(
                token => _objects.Proxy<IDevice1>(_watch.Path).PairAsync().AnsweredAsync(BlueZTimes.Request, _time, token), cancellationToken);
        }
        catch (DBusException e) when (PairingErrors.IsPaired(e))
        {
            // The device may have lost its side; the one who asked finds out.
        }
        catch (DBusException e) when (PairingErrors.Of(e, _watch.Address.ToString()) is { } refused)
        {
            throw refused;
        }
        catch (Exception e) when (e is not (DfuException or OperationCanceledException))
        {
            throw await FailureAsync(nameof(DfuCharacteristic.ButtonlessBonded), e);
        }
    }

    public async Task SubscribeAsync(DfuCharacteristic characteristic, CancellationToken cancellationToken)
    {
        var at = Find(characteristic);
        lock (_gate)
        {
            if (_subscribed.Contains(characteristic)) return;
        }

        await CallAsync(characteristic.ToString(), token => _subscriptions.AddAsync(characteristic, at, token), cancellationToken);
        lock (_gate) _subscribed.Add(characteristic);
    }

    public async Task WriteAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        var proxy = _objects.Proxy<IGattCharacteristic1>(Find(characteristic).Path);
        var bytes = value.ToArray();
        await CallAsync(
            characteristic.ToString(),
            async token =>
            {
                // Packets called later would overtake it inside bluetoothd, so they wait until it is acknowledged.
                await _order.WaitAsync(token);
                try
                {
                    if (_packets is not null) await _packets.DrainAsync(token);
                    await proxy.WriteValueAsync(bytes, Request).AnsweredAsync(BlueZTimes.Request, _time, token);
                }
                finally
                {
                    _order.Release();
                }
            },
            cancellationToken);
    }

    public async Task<ReadOnlyMemory<byte>> ReadAsync(Guid characteristic, CancellationToken cancellationToken)
    {
        var name = BluetoothUuid.Describe(characteristic);
        if (!Others.TryGetValue(characteristic, out var at)) throw new ArgumentOutOfRangeException(
            nameof(characteristic), name, "the device has no such characteristic");
        byte[] value = [];
        await CallAsync(
            name,
            async token => value = await _objects.Proxy<IGattCharacteristic1>(at.Path).ReadValueAsync(new Dictionary<string, object>())
                .AnsweredAsync(BlueZTimes.Request, _time, token),
            cancellationToken);
        return value;
    }

    public ValueTask WriteCommandAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        if (characteristic != DfuCharacteristic.Packet || _packets is null)
            throw new ArgumentOutOfRangeException(nameof(characteristic), characteristic, "only packets are sent without response");
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value.Length, Mtu - 3, nameof(value));
        if (cancellationToken.IsCancellationRequested) return ValueTask.FromCanceled(cancellationToken);
        if (_closing) return ValueTask.FromException(Lost());
        return SendAsync(_packets, value, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (_disposal is null)
            {
                _closing = true;
                _disposal = DisconnectAsync();
            }
        }

        await _disposal;
    }

    private async ValueTask SendAsync(PacketPath packets, ReadOnlyMemory<byte> packet, CancellationToken cancellationToken)
    {
        await _order.WaitAsync(cancellationToken); // the sender before this one sees the link end and releases it
        try
        {
            if (!_window.TryTake(packet.Length)) await WithLinkAsync(token => _window.TakeAsync(packet.Length, token), cancellationToken);
            if (!packets.IsOpen) await WithLinkAsync(packets.OpenAsync, cancellationToken);
            if (_closing) throw Lost();
            if (packets.HasSocket) await packets.SendAsync(packet, cancellationToken);
            else await WithLinkAsync(token => packets.SendAsync(packet, token).AsTask(), cancellationToken);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            await EndAfterSocketAsync();
            throw Lost();
        }
        catch (Exception e) when (e is not (DfuException or OperationCanceledException))
        {
            throw await FailureAsync(nameof(DfuCharacteristic.Packet), e);
        }
        finally
        {
            _order.Release();
        }
    }

    private async Task CallAsync(string characteristic, Func<CancellationToken, Task> call, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_closing) throw Lost();
        try
        {
            await WithLinkAsync(call, cancellationToken);
        }
        catch (Exception e) when (e is not (DfuException or OperationCanceledException))
        {
            throw await FailureAsync(characteristic, e);
        }
    }

    /// <summary>Ends with the link as well.</summary>
    private async Task WithLinkAsync(Func<CancellationToken, Task> call, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_gone.Token, cancellationToken);
        try
        {
            await call(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Lost();
        }
    }

    private async Task<DfuException> FailureAsync(string characteristic, Exception e)
    {
        var what = $"{characteristic} at {_watch.Address}: {e.Message}";
        if (e is TimeoutException)
        {
            // Nothing can be asked while that is not answered.
            what = $"{characteristic} at {_watch.Address}: no answer within {BlueZTimes.Request.TotalSeconds:0} s";
            Background.Run("close a link", CloseAsync(what));
            return new DfuException(DfuError.RequestTimeout, what, e);
        }

        var (failure, status) = e is DBusException refused ? AttErrors.Of(refused.ErrorName, refused.ErrorMessage) : (AttFailure.MayBeGone, AttErrors.Unlikely);
        if (failure is not AttFailure.Refused && await _watch.CameAsync(IsEnding, BlueZTimes.EndAfterFailure, CancellationToken.None))
        {
            await Closed;
            return Lost();
        }

        if (ConnectErrors.IsBusLost(e))
        {
            await CloseAsync(e.Message);
            return Lost();
        }

        return new DfuException(DfuError.AttError, what, e) { AttStatus = status };
    }

    private bool IsEnding() => _closing || _watch.Dropped || _watch.Ended is not null;

    private void Told(DfuCharacteristic characteristic, byte[] value)
    {
        if (characteristic == DfuCharacteristic.ControlPoint) _window.Open();
        if (!_notifications.Writer.TryWrite(new LinkNotification(characteristic, value)) && !_closed.Task.IsCompleted)
            Background.Run("close a link", CloseAsync($"{NotificationCapacity} notifications were not read"));
    }

    /// <summary>A socket closes with the link, or by itself when BlueZ has lost its way; then the link is of no use.</summary>
    private async Task EndAfterSocketAsync()
    {
        if (!await _watch.CameAsync(IsEnding, BlueZTimes.EndAfterSocket, CancellationToken.None))
            Background.Run("close a link", CloseAsync("BlueZ closed a socket of the link and kept the link"));
        await Closed;
    }

    private async Task CloseAsync(string detail)
    {
        lock (_gate) _detail ??= detail;
        await DisposeAsync();
    }

    /// <summary>Waits for the end of the link that nobody here asked for.</summary>
    private async Task WatchAsync()
    {
        await _watch.UntilAsync(() => _watched || _watch.Dropped || _watch.Ended is not null, Timeout.InfiniteTimeSpan, CancellationToken.None);
        lock (_gate)
        {
            if (_watched || _disposal is not null) return; // the disposal ends it
            _disposal = EndAsync();
        }

        await _disposal;
    }

    private async Task EndAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var ended = _watch.Ended;
        if (ended is null) await ReasonAsync();
        Complete(ended is not null ? new LinkClosure(LinkClosure.SupervisionTimeout, ended)
            : _watch.Reason is { } reason ? new LinkClosure(reason, _detail)
            : new LinkClosure(
                LinkReasons.Unspecified, _detail ?? (_objects.Find(_watch.Path) is null ? "BlueZ removed the device" : LinkReasons.NotTold(_kernel))));
    }

    private async Task DisconnectAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            await _objects.Proxy<IDevice1>(_watch.Path).DisconnectAsync().AnsweredAsync(BlueZTimes.Disconnect, _time, CancellationToken.None);
        }
        catch (Exception) when (_watch.Dropped || !_watch.Connected)
        {
            // It went by itself.
        }
        catch (Exception e)
        {
            lock (_gate) _detail ??= $"disconnect: {e.Message}";
        }

        if (!await _watch.CameAsync(() => _watch.Dropped || !_watch.Connected || _watch.Ended is not null, BlueZTimes.Disconnect, CancellationToken.None))
            lock (_gate) _detail ??= $"BlueZ did not confirm the disconnect within {BlueZTimes.Disconnect.TotalSeconds:0} s";
        Complete(new LinkClosure(LinkClosure.LocalHost, _detail));
    }

    /// <summary>The kernel's reason and the bus's word come by different ways.</summary>
    private Task<bool> ReasonAsync() =>
        _watch.CameAsync(() => _watch.Reason is not null || !LinkReasons.AreTold(_kernel), BlueZTimes.ReasonAfterEnd, CancellationToken.None);

    private void Complete(LinkClosure closure)
    {
        lock (_gate) (_closing, _watched) = (true, true);
        _packets?.Dispose();
        _subscriptions.Close();
        _watch.Dispose();
        _notifications.Writer.TryComplete();
        _closed.TrySetResult(closure);
        _gone.Cancel();
        _window.Open();
    }

    private BlueZObject Find(DfuCharacteristic characteristic) =>
        _characteristics.TryGetValue(characteristic, out var at)
            ? at
            : throw new ArgumentOutOfRangeException(nameof(characteristic), characteristic, "the device has no such characteristic");

    private DfuException Lost()
    {
        var why = _closed.Task.IsCompletedSuccessfully ? _closed.Task.Result.ToString() : _detail ?? "closed by this host";
        return new DfuException(DfuError.LinkLost, $"link to {_watch.Address}: {why}");
    }
}
