using System.Collections.Immutable;
using Dfu.Adapters.BlueZ.Bus;
using Dfu.Adapters.BlueZ.Kernel;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Linux.Bluetooth;
using Tmds.DBus;

namespace Dfu.Adapters.BlueZ.Links;

/// <summary>Makes a link of a device that is connected and whose services BlueZ has resolved.</summary>
internal sealed class LinkDiscovery(IBlueZObjects objects, IKernelBluetooth kernel, int controllerIndex, TimeProvider time)
{
    private const int LeastMtu = 23;

    /// <returns>A link, which the watch now belongs to. One without characteristics is for the caller to judge.</returns>
    /// <exception cref="DfuException">
    /// ConnectFailed: the link went, or BlueZ does not show the DFU service that the device has; then a <see cref="ServicesMissingException"/> is
    /// inside. AdapterLost.
    /// </exception>
    public async Task<IDfuLink> LinkAsync(DeviceWatch watch, CancellationToken cancellationToken)
    {
        var found = await CharacteristicsAsync(watch, cancellationToken);
        PacketPath? packets = null;
        try
        {
            if (found.TryGetValue(DfuCharacteristic.Packet, out var packet))
                packets = new PacketPath(objects.Proxy<IGattCharacteristic1>(packet.Path), time);
            var mtu = await MtuAsync(found, packets, cancellationToken);
            watch.ThrowIfOver();
            return new BlueZLink(objects, watch, kernel, controllerIndex, found, packets, mtu, time)
            {
                Others = Characteristics.Readable(objects.Below(watch.Path)),
            };
        }
        catch
        {
            packets?.Dispose();
            throw;
        }
    }

    private async Task<ImmutableDictionary<DfuCharacteristic, BlueZObject>> CharacteristicsAsync(DeviceWatch watch, CancellationToken cancellationToken)
    {
        if (IsOwed()) await watch.AskAsync(cancellationToken);
        await watch.CameAsync(() => watch.IsOver || !IsOwed() || !IsPromised(), BlueZTimes.CharacteristicsAfterResolved, cancellationToken);
        watch.ThrowIfOver();
        var found = Found();
        if (!IsOwed() || !IsPromised()) return found;
        var missing = Characteristics.AreStale(objects.Find(watch.Path), objects.Below(watch.Path))
            ? $"{watch.Address} has the DFU service and BlueZ shows none of it: a stale GATT cache ([GATT] Cache = no in main.conf prevents it)"
            : $"BlueZ shows {watch.Address}'s DFU service without {string.Join(" and ", Characteristics.OfBootloader.Where(one => !found.ContainsKey(one)))}";
        throw new DfuException(DfuError.ConnectFailed, missing, new ServicesMissingException());

        ImmutableDictionary<DfuCharacteristic, BlueZObject> Found() => Characteristics.Of(objects.Below(watch.Path));

        bool IsOwed() => !Characteristics.Suffice(Found());

        bool IsPromised() => Characteristics.ArePromised(objects.Find(watch.Path), objects.Below(watch.Path));
    }

    /// <summary>BlueZ 5.62 and later tell it; before that it comes with the socket.</summary>
    private async Task<int> MtuAsync(ImmutableDictionary<DfuCharacteristic, BlueZObject> found, PacketPath? packets, CancellationToken cancellationToken)
    {
        var any = found.GetValueOrDefault(DfuCharacteristic.Packet) ?? found.Values.FirstOrDefault();
        if (any is null) return LeastMtu;
        try
        {
            return await objects.Proxy<IGattCharacteristic1>(any.Path).GetAsync<ushort>("MTU").AnsweredAsync(BlueZTimes.Answer, time, cancellationToken);
        }
        catch (Exception e) when (e is DBusException or InvalidCastException && !ConnectErrors.IsBusLost(e))
        {
            return packets is null ? LeastMtu : await packets.OpenAsync(cancellationToken) ?? LeastMtu;
        }
    }
}

/// <summary>BlueZ shows other services than the device has: it must forget the device before the next connect.</summary>
internal sealed class ServicesMissingException() : Exception("BlueZ does not show what the device has");
