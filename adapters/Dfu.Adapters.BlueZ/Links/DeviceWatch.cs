using Dfu.Adapters.BlueZ.Bus;
using Dfu.Adapters.BlueZ.Kernel;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Timing;
using Tmds.DBus;

namespace Dfu.Adapters.BlueZ.Links;

/// <summary>Watches one device for as long as somebody connects to it or holds a link to it: whether it is connected, and why it is not any more.</summary>
internal sealed class DeviceWatch : IDisposable
{
    private readonly Lock _gate = new();
    private readonly IBlueZObjects _objects;
    private readonly IKernelBluetooth _kernel;
    private readonly int _controllerIndex;
    private readonly TimeProvider _time;
    private readonly List<IDisposable> _held = [];
    private readonly CancellationTokenSource _letGo = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _disposed;

    private DeviceWatch(IBlueZObjects objects, IKernelBluetooth kernel, int controllerIndex, ObjectPath path, BluetoothAddress address, TimeProvider time)
    {
        (_objects, _kernel, _controllerIndex, Path, Address, _time) = (objects, kernel, controllerIndex, path, address, time);
    }

    public ObjectPath Path { get; }

    public BluetoothAddress Address { get; }

    public bool Connected { get; private set; }

    /// <summary>The same as BlueZ has told by now; this watch learns of it a moment later, in the order of all changes.</summary>
    public bool ToldConnected => IsConnected(_objects.Find(Path));

    public bool Resolved { get; private set; }

    /// <summary>It was connected and is not any more, or its object has gone, since <see cref="Begin"/>.</summary>
    public bool Dropped { get; private set; }

    /// <summary>The HCI reason of the last disconnect since <see cref="Begin"/>, null when the host does not tell.</summary>
    public byte? Reason { get; private set; }

    /// <summary>The HCI status with which the controller did not connect since <see cref="Begin"/>, null when the host does not tell.</summary>
    public byte? Refusal { get; private set; }

    /// <summary>Why BlueZ is gone, null while it is there.</summary>
    public string? Ended { get; private set; }

    /// <summary>There is no link any more, or nobody to tell of it.</summary>
    public bool IsOver => Dropped || Ended is not null;

    /// <summary>The value of a characteristic below the device was told, on the bus's reading thread.</summary>
    public Action<ObjectPath, byte[]>? ValueTold { get; set; }

    /// <exception cref="DfuException">ConnectFailed: the device is unknown to BlueZ. AdapterLost.</exception>
    public static async Task<DeviceWatch> StartAsync(
        IBlueZObjects objects, IKernelBluetooth kernel, int controllerIndex, ObjectPath path, TimeProvider time, CancellationToken cancellationToken)
    {
        var address = AddressOf(objects.Find(path), path);
        var watch = new DeviceWatch(objects, kernel, controllerIndex, path, address, time);
        try
        {
            watch.Hold(objects.OnChange(path, watch.Handle));
            kernel.Disconnected += watch.HandleKernel;
            kernel.ConnectFailed += watch.HandleRefusal;
            _ = objects.Ended.ContinueWith(watch.HandleEnd, watch._letGo.Token, TaskContinuationOptions.None, TaskScheduler.Default);
            watch.Hold(await objects.FollowAsync(path, BlueZObjects.Device, cancellationToken)
                .AnsweredAsync(BlueZTimes.Answer, time, static late => late.Dispose(), cancellationToken));
            if (!LinkReasons.AreTold(kernel))
            {
                // Where the kernel tells reasons this host needs no match rule for BlueZ's word on them.
                watch.Hold(await objects.Proxy<IDeviceReasons>(path).WatchDisconnectedAsync(watch.HandleReason, static _ => { })
                    .AnsweredAsync(BlueZTimes.Answer, time, static late => late.Dispose(), cancellationToken));
            }

            watch.Begin();
            return watch;
        }
        catch
        {
            watch.Dispose();
            throw;
        }
    }

    /// <summary>Forgets earlier links: what ends from now on is the next one.</summary>
    public void Begin()
    {
        lock (_gate)
        {
            var now = _objects.Find(Path);
            (Connected, Resolved, Dropped, Reason, Refusal) = (IsConnected(now), IsResolved(now), now is null, null, null);
        }
    }

    /// <summary>
    /// Asks BlueZ for the properties themselves, and returns when this watch has seen the answer and all that BlueZ told before it. A bluetoothd
    /// that is too busy to answer in time has told nothing new: that is no reason to give up an adapter that other links are on.
    /// </summary>
    /// <remarks>BlueZ 5.66, gdbus/object.c: bluetoothd sends whatever it has to tell before it answers a call, objects that came among it.</remarks>
    public async Task AskAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var read = await _objects.FollowAsync(Path, BlueZObjects.Device, cancellationToken);
            await UntilAsync(() => Connected == ToldConnected || Ended is not null, BlueZTimes.Answer, cancellationToken);
        }
        catch (TimeoutException)
        {
            // The caller judges by what the watch has.
        }
    }

    /// <summary>Waits until <paramref name="met"/>, which is asked again after every change.</summary>
    /// <exception cref="TimeoutException">It was not within the time.</exception>
    public async Task UntilAsync(Func<bool> met, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var began = _time.GetTimestamp();
        while (true)
        {
            var changed = Volatile.Read(ref _changed).Task;
            if (met()) return;
            var left = timeout == Timeout.InfiniteTimeSpan ? timeout : timeout - _time.GetElapsedTime(began);
            if (left <= TimeSpan.Zero && left != Timeout.InfiniteTimeSpan) throw new TimeoutException();
            await changed.WithinAsync(left, _time, cancellationToken);
        }
    }

    /// <summary>The same, whether it was met in time.</summary>
    public async Task<bool> CameAsync(Func<bool> met, TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            await UntilAsync(met, timeout, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <exception cref="DfuException">AdapterLost, ConnectFailed.</exception>
    public void ThrowIfOver()
    {
        if (Ended is { } ended) throw new DfuException(DfuError.AdapterLost, ended);
        if (Dropped) throw new DfuException(DfuError.ConnectFailed, $"{Address} went away while connecting{(Reason is { } hci ? $", reason 0x{hci:x2}" : "")}");
    }

    /// <summary>Has everybody who waits look again.</summary>
    public void Pulse() =>
        Interlocked.Exchange(ref _changed, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    public void Dispose()
    {
        List<IDisposable> held;
        lock (_gate)
        {
            if (_disposed) return;
            _disposed = true;
            held = [.. _held];
            _held.Clear();
        }

        // Takes the continuation off what may complete years later.
        _letGo.Cancel();
        _letGo.Dispose();
        _kernel.Disconnected -= HandleKernel;
        _kernel.ConnectFailed -= HandleRefusal;
        ValueTold = null;
        foreach (var one in held) one.Dispose();
        Pulse();
    }

    private void Hold(IDisposable one)
    {
        lock (_gate)
        {
            if (!_disposed)
            {
                _held.Add(one);
                return;
            }
        }

        one.Dispose();
    }

    private void Handle(BlueZChange change)
    {
        if (change.Path != Path)
        {
            if (change.Interface == Characteristics.Interface
                && change.Properties.Contains("Value")
                && change.After?.Get<byte[]>(Characteristics.Interface, "Value") is { } value)
                ValueTold?.Invoke(change.Path, value);
            else if (change.Properties.Count == 0)
                Pulse(); // an object came or went
            return;
        }

        lock (_gate)
        {
            var connected = IsConnected(change.After);
            if ((Connected && !connected) || change.After is null) Dropped = true;
            (Connected, Resolved) = (connected, IsResolved(change.After));
        }

        Pulse();
    }

    private void HandleKernel(int index, BluetoothAddress peer, byte reason)
    {
        if (index != _controllerIndex || peer != Address) return;
        lock (_gate) Reason = reason;
        Pulse();
    }

    private void HandleRefusal(int index, BluetoothAddress? peer, byte status)
    {
        if (index != _controllerIndex || (peer is { } known && known != Address)) return;
        lock (_gate) Refusal = status;
        Pulse();
    }

    private void HandleReason((string Name, string Message) told)
    {
        byte? reason = told.Name switch
        {
            "org.bluez.Reason.Timeout" => LinkClosure.SupervisionTimeout,
            "org.bluez.Reason.Remote" => LinkClosure.RemoteUser,
            "org.bluez.Reason.Local" or "org.bluez.Reason.Suspend" => LinkClosure.LocalHost,
            "org.bluez.Reason.Authentication" => 0x05,
            _ => null,
        };
        lock (_gate) Reason ??= reason;
        Pulse();
    }

    private void HandleEnd(Task<string> ended)
    {
        Ended = ended.IsCompletedSuccessfully ? ended.Result : "BlueZ is gone";
        Pulse();
    }

    private static bool IsConnected(BlueZObject? device) => device?.Get<bool>(BlueZObjects.Device, "Connected") == true;

    private static bool IsResolved(BlueZObject? device) => device?.Get<bool>(BlueZObjects.Device, "ServicesResolved") == true;

    /// <summary>Paths end with the address: dev_C4_7C_8D_00_11_22.</summary>
    private static BluetoothAddress AddressOf(BlueZObject? device, ObjectPath path)
    {
        if (device is null) throw new DfuException(DfuError.ConnectFailed, $"BlueZ has no object {path}");
        if (BluetoothAddress.TryParse(device.Get<string>(BlueZObjects.Device, "Address"), out var address)) return address;
        var text = path.ToString();
        return text.Length >= 17 && BluetoothAddress.TryParse(text[^17..].Replace('_', ':'), out address)
            ? address
            : throw new DfuException(DfuError.ConnectFailed, $"BlueZ tells no address of {path}");
    }
}
