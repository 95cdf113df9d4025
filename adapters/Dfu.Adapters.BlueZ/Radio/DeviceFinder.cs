using Dfu.Adapters.BlueZ.Bus;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Linux.Bluetooth;
using Tmds.DBus;

namespace Dfu.Adapters.BlueZ.Radio;

/// <summary>Sees to it that BlueZ has an object for a device on one adapter that a connect can begin with.</summary>
internal sealed class DeviceFinder(IBlueZObjects objects, ObjectPath adapter, ScanRoom.Seat seat, Discovery discovery, TimeProvider time)
{
    private bool _cannotConnectUnheard;

    public BlueZObject? Known(BluetoothAddress address) =>
        objects.Below(adapter).FirstOrDefault(o => o.Has(BlueZObjects.Device) && DeviceAdvertisement.AddressOf(o) == address);

    /// <summary>Stops discovery for the connect, cleans what an earlier one left, and finds or makes the object.</summary>
    /// <param name="within">How long to look for a device that this adapter has not heard.</param>
    /// <exception cref="DfuException">ConnectTimeout: it was not heard. ConnectFailed.</exception>
    public async Task<ObjectPath> FindAsync(BluetoothAddress address, AddressType type, TimeSpan within, CancellationToken cancellationToken)
    {
        await QuietAsync(cancellationToken);
        if (Known(address) is { } known && await IsFitAsync(known, type, cancellationToken)) return known.Path;
        return await ConnectUnheardAsync(address, type, within, cancellationToken) ?? await SeekAsync(address, type, within, cancellationToken);
    }

    /// <summary>Disconnects, and has BlueZ forget the device with its services unless there is a bond to keep. Never throws.</summary>
    public async Task CleanAsync(BluetoothAddress address)
    {
        if (Known(address) is not { } device) return;
        var failure = await TryAsync(objects.Proxy<IDevice1>(device.Path).DisconnectAsync(), BlueZTimes.Disconnect, CancellationToken.None);
        if (failure is not DBusException { ErrorName: "org.freedesktop.DBus.Error.UnknownObject" }) await ForgetAsync(device);
    }

    /// <summary>Has BlueZ forget the device with its services unless there is a bond to keep. Never throws.</summary>
    public async Task ForgetAsync(BlueZObject device)
    {
        if (objects.Find(device.Path) is { } now && DeviceAdvertisement.IsBonded(now)) return;
        await RemoveAsync(device.Path, CancellationToken.None);
    }

    private async Task QuietAsync(CancellationToken cancellationToken)
    {
        try
        {
            await discovery.QuietAsync(BlueZTimes.Quiet, cancellationToken);
        }
        catch (TimeoutException)
        {
            // The connect will tell whether the adapter is well.
        }
    }

    /// <summary>
    /// Whether a connect can begin with this object: it is of the type asked for, still there, and not connected already by somebody who is gone.
    /// </summary>
    private async Task<bool> IsFitAsync(BlueZObject device, AddressType type, CancellationToken cancellationToken)
    {
        // A bonded device's object has its identity's type.
        if (DeviceAdvertisement.TypeOf(device) != type && !DeviceAdvertisement.IsBonded(device))
        {
            await RemoveAsync(device.Path, cancellationToken);
            return false;
        }

        try
        {
            if (!await objects.Proxy<IDevice1>(device.Path).GetAsync<bool>("Connected").AnsweredAsync(BlueZTimes.Answer, time, cancellationToken)) return true;
        }
        catch (DBusException)
        {
            return false;
        }
        catch (TimeoutException e)
        {
            throw new DfuException(DfuError.AdapterLost, "bluetoothd does not answer", e);
        }

        await TryAsync(objects.Proxy<IDevice1>(device.Path).DisconnectAsync(), BlueZTimes.Disconnect, cancellationToken);
        if (DeviceAdvertisement.IsBonded(device)) return true;
        await RemoveAsync(device.Path, cancellationToken);
        return false;
    }

    /// <returns>Null where BlueZ cannot do it.</returns>
    private async Task<ObjectPath?> ConnectUnheardAsync(BluetoothAddress address, AddressType type, TimeSpan within, CancellationToken cancellationToken)
    {
        if (_cannotConnectUnheard) return null;
        try
        {
            var properties = new Dictionary<string, object>
            {
                ["Address"] = address.ToString(),
                ["AddressType"] = type == AddressType.Public ? "public" : "random",
            };
            var path = await objects.Proxy<IConnectDevice>(adapter).ConnectDeviceAsync(properties).AnsweredAsync(within, time, cancellationToken);
            return (await objects.UntilAsync(path, () => objects.Find(path), BlueZTimes.SignalAfterAnswer, time, cancellationToken)).Path;
        }
        catch (DBusException e)
        {
            _cannotConnectUnheard |= e.ErrorName is "org.freedesktop.DBus.Error.UnknownMethod" or "org.freedesktop.DBus.Error.AccessDenied"
                or "org.bluez.Error.NotSupported";
            return null;
        }
        catch (TimeoutException)
        {
            throw new DfuException(DfuError.ConnectTimeout, $"no connection to {address} within {within.TotalSeconds:0.#} s");
        }
    }

    private async Task<ObjectPath> SeekAsync(BluetoothAddress address, AddressType type, TimeSpan within, CancellationToken cancellationToken)
    {
        ObjectPath found;
        seat.Update(static load => load with { Seeks = true });
        try
        {
            found = (await objects.UntilAsync(adapter, Heard, within, time, cancellationToken)).Path;
        }
        catch (TimeoutException)
        {
            throw new DfuException(
                DfuError.ConnectTimeout,
                $"this adapter did not hear {address} ({(type == AddressType.Public ? "public" : "random")} address) within {within.TotalSeconds:0.#} s");
        }
        finally
        {
            seat.Update(static load => load with { Seeks = false });
        }

        await QuietAsync(cancellationToken);
        return found;

        BlueZObject? Heard() => Known(address) is { } device && DeviceAdvertisement.TypeOf(device) == type ? device : null;
    }

    private async Task RemoveAsync(ObjectPath device, CancellationToken cancellationToken)
    {
        if (await TryAsync(objects.Proxy<IAdapter1>(adapter).RemoveDeviceAsync(device), BlueZTimes.Answer, cancellationToken) is not null) return;
        try
        {
            await objects.UntilAsync(
                device, () => objects.Find(device)?.Has(BlueZObjects.Device) == true ? null : this, BlueZTimes.SignalAfterAnswer, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // It was heard again at once.
        }
    }

    private async Task<Exception?> TryAsync(Task call, TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            await call.AnsweredAsync(timeout, time, cancellationToken);
            return null;
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            return e;
        }
    }
}
