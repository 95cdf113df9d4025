using System.Globalization;
using Dfu.Adapters.BlueZ.Tests.StandIn.Wire;
using Dfu.Protocol.Links;

namespace Dfu.Adapters.BlueZ.Tests.StandIn;

/// <summary>What a device shows and does while it is connected.</summary>
internal sealed partial class StandInDevice
{
    private readonly List<StandInCharacteristic> _characteristics = [];

    internal AttQueue? Att { get; private set; }

    private async void Serve(IDfuLink link)
    {
        Att = new AttQueue(link, Service.Options.RequestsOvertake);
        WatchEnd(link);
        if (Service.Options.DiscoveryTime > TimeSpan.Zero) await Task.Delay(Service.Options.DiscoveryTime, Service.Time);
        else await Task.Yield(); // Connect is answered first
        if (Link != link) return;
        ShowServices(link);
        while (await link.Notifications.WaitToReadAsync())
        {
            while (link.Notifications.TryRead(out var notification))
                _characteristics.Find(characteristic => characteristic.Is(notification.Characteristic))?.OnNotification(notification.Value);
        }
    }

    private async void WatchEnd(IDfuLink link)
    {
        await link.Closed;
        OnClosed(link);
    }

    private void OnClosed(IDfuLink link)
    {
        if (Link != link) return;
        Link = null;
        Att?.End();
        Att = null;
        foreach (var characteristic in _characteristics) characteristic.OnDisconnected();
        if (!Service.Options.KeepsServices) HideServices();
        Objects.Set(Path, ("ServicesResolved", false));
        Objects.Set(Path, ("Connected", false));
    }

    private void ShowServices(IDfuLink link)
    {
        HideServices(); // another set of services may be behind the same address
        var handle = 0x000A;
        foreach (var service in link.Characteristics.Order().GroupBy(GattTable.ServiceOf))
        {
            var path = string.Create(CultureInfo.InvariantCulture, $"{Path}/service{handle++:x4}");
            Objects.Add(path, "org.bluez.GattService1", new()
            {
                ["UUID"] = service.Key,
                ["Device"] = Variant.Path(Path),
                ["Primary"] = true,
                ["Includes"] = new Variant("ao", Array.Empty<string>()),
            });
            foreach (var kind in service.Where(Adapter.Shows))
            {
                var characteristic = new StandInCharacteristic(this, kind, path, handle);
                handle += 2;
                _characteristics.Add(characteristic);
                characteristic.Show(link.Mtu);
                if (characteristic.HasDescriptor) characteristic.ShowDescriptor(handle++);
            }
        }

        Objects.Set(Path, ("UUIDs", (string[])[.. link.Characteristics.Select(GattTable.ServiceOf).Distinct()]));
        Objects.Set(Path, ("ServicesResolved", true));
    }

    private void HideServices()
    {
        _characteristics.Clear();
        foreach (var path in Objects.Below(Path).Reverse()) Objects.Remove(path);
    }
}
