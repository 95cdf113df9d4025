using Dfu.Adapters.BlueZ.Bus;
using Dfu.Adapters.BlueZ.Links;
using Dfu.Protocol.Links;

namespace Dfu.Adapters.BlueZ.Radio;

/// <summary>What BlueZ's device objects say of what was heard.</summary>
internal static class DeviceAdvertisement
{
    /// <summary>Properties that BlueZ tells again when it has heard an advertisement.</summary>
    private static readonly HashSet<string> Heard =
        new(StringComparer.Ordinal)
        {
            "RSSI", "TxPower", "ManufacturerData", "ServiceData", "AdvertisingFlags", "AdvertisingData", "Name", "UUIDs", "Appearance",
        };

    /// <summary>Whether the change is that of a device that was heard just now.</summary>
    public static bool TryHear(in BlueZChange change, out Advertisement advertisement)
    {
        advertisement = default;
        if (change.Interface != BlueZObjects.Device || change.After is not { } device || !device.Has(BlueZObjects.Device)) return false;
        var isNew = change.Before?.Has(BlueZObjects.Device) != true;

        // A connect reads names and services: of a device that is connected only the signal strength says that it was heard.
        var heard = device.Get<bool>(BlueZObjects.Device, "Connected") ? change.Properties.Contains("RSSI") : isNew || change.Properties.Any(Heard.Contains);
        return heard && TryMake(device, out advertisement);
    }

    /// <summary>Without a signal strength it has not been heard since BlueZ began to listen.</summary>
    public static bool TryMake(BlueZObject device, out Advertisement advertisement)
    {
        advertisement = default;
        if (AddressOf(device) is not { } address || !device.Interfaces[BlueZObjects.Device].TryGetValue("RSSI", out var rssi) || rssi is not short strength)
            return false;
        advertisement = new(address, TypeOf(device), strength, NameOf(device, address), HasDfuService(device), Connectable: true)
        {
            Others = OthersOf(device),
        };
        return true;
    }

    public static BluetoothAddress? AddressOf(BlueZObject device) =>
        BluetoothAddress.TryParse(device.Get<string>(BlueZObjects.Device, "Address") ?? "", out var address) ? address : null;

    public static AddressType TypeOf(BlueZObject device) =>
        device.Get<string>(BlueZObjects.Device, "AddressType") == "public" ? AddressType.Public : AddressType.Random;

    public static bool IsBonded(BlueZObject device) => device.Get<bool>(BlueZObjects.Device, "Paired") || device.Get<bool>(BlueZObjects.Device, "Bonded");

    private static OtherServices OthersOf(BlueZObject device) =>
        (device.Get<string[]>(BlueZObjects.Device, "UUIDs") ?? [])
            .Aggregate(OtherServices.None, static (all, uuid) => all | Characteristics.OtherServices.GetValueOrDefault(uuid));

    public static bool HasDfuService(BlueZObject device) =>
        (device.Get<string[]>(BlueZObjects.Device, "UUIDs") ?? []).Contains(Characteristics.DfuService, StringComparer.OrdinalIgnoreCase)
        || device.Get<IDictionary<string, object>>(BlueZObjects.Device, "ServiceData")?.ContainsKey(Characteristics.DfuService) == true;

    /// <summary>An alias that is only the address, which BlueZ makes up, is no name.</summary>
    private static string NameOf(BlueZObject device, BluetoothAddress address)
    {
        if (device.Get<string>(BlueZObjects.Device, "Name") is { } name) return name;
        var alias = device.Get<string>(BlueZObjects.Device, "Alias") ?? "";
        return alias.Replace('-', ':').Equals(address.ToString(), StringComparison.OrdinalIgnoreCase) ? "" : alias;
    }
}
