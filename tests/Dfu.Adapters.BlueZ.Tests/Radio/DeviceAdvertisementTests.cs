using Dfu.Adapters.BlueZ.Bus;
using Dfu.Adapters.BlueZ.Radio;
using Dfu.Protocol.Links;

namespace Dfu.Adapters.BlueZ.Tests.Radio;

public sealed class DeviceAdvertisementTests
{
    private static readonly Dictionary<string, object> Full = new()
    {
        ["Address"] = "C4:7C:8D:00:11:22",
        ["AddressType"] = "random",
        ["Alias"] = "C4-7C-8D-00-11-22",
        ["RSSI"] = (short)-61,
        ["UUIDs"] = new[] { "0000FE59-0000-1000-8000-00805F9B34FB" },
    };

    [Fact]
    public void A_device_says_what_it_advertised()
    {
        Assert.True(DeviceAdvertisement.TryMake(Device(Full), out var heard));
        Assert.Equal(new(BluetoothAddress.Parse("C4:7C:8D:00:11:22"), AddressType.Random, -61, "", true, true), heard);
    }

    [Fact]
    public void A_device_says_which_other_services_it_advertised()
    {
        string[] uuids =
        [
            "00001530-1212-efde-1523-785feabcde23", "8E400001-F315-4F60-9FB8-838830DAEA50", "6e400001-b5a3-f393-e0a9-e50e24dcca9e",
            "8d53dc1d-1db7-4cd3-868b-8a527460aa84", "0000180a-0000-1000-8000-00805f9b34fb",
        ];
        OtherServices[] services = [OtherServices.LegacyDfu, OtherServices.Sdk12Buttonless, OtherServices.Uart, OtherServices.Smp, OtherServices.None];
        Assert.Equal(services, uuids.Select(uuid => Others([uuid])));
        Assert.Equal((OtherServices)15, Others(uuids));

        static OtherServices Others(string[] uuids) =>
            DeviceAdvertisement.TryMake(Device(With("UUIDs", uuids)), out var heard) ? heard.Others : (OtherServices)(-1);
    }

    [Fact]
    public void An_alias_that_somebody_gave_is_a_name_and_the_advertised_name_goes_before_it()
    {
        Assert.True(DeviceAdvertisement.TryMake(Device(With("Alias", "Bench 3")), out var aliased));
        Assert.True(DeviceAdvertisement.TryMake(Device(With("Name", "DfuTarg")), out var named));
        Assert.Equal(("Bench 3", "DfuTarg"), (aliased.Name, named.Name));
    }

    [Fact]
    public void Without_a_signal_strength_nothing_was_heard()
    {
        var silent = Device(Full.Where(static p => p.Key != "RSSI").ToDictionary());
        Assert.False(DeviceAdvertisement.TryMake(silent, out _));
        Assert.False(DeviceAdvertisement.TryHear(new(silent.Path, Device(Full), silent, BlueZObjects.Device, ["RSSI"]), out _));
    }

    [Theory]
    [InlineData("RSSI", true)]
    [InlineData("ManufacturerData", true)]
    [InlineData("Connected", false)]
    [InlineData("ServicesResolved", false)]
    public void Only_what_an_advertisement_changes_counts_as_heard(string property, bool heard)
    {
        var device = Device(Full);
        Assert.Equal(heard, DeviceAdvertisement.TryHear(new(device.Path, device, device, BlueZObjects.Device, [property]), out _));
    }

    [Fact]
    public void A_device_that_comes_was_heard()
    {
        var device = Device(Full);
        Assert.True(DeviceAdvertisement.TryHear(new(device.Path, null, device, BlueZObjects.Device, []), out _));
    }

    [Theory]
    [InlineData("UUIDs", false)]
    [InlineData("Name", false)]
    [InlineData("RSSI", true)]
    public void What_a_connect_reads_of_a_device_was_not_heard(string property, bool heard)
    {
        var connected = Device(With("Connected", true));
        Assert.Equal(heard, DeviceAdvertisement.TryHear(new(connected.Path, connected, connected, BlueZObjects.Device, [property]), out _));
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("")]
    public void A_device_without_a_proper_address_is_none(string address) => Assert.False(DeviceAdvertisement.TryMake(Device(With("Address", address)), out _));

    [Fact]
    public void A_property_of_another_type_is_as_good_as_none() => Assert.False(DeviceAdvertisement.TryMake(Device(With("RSSI", "loud")), out _));

    private static Dictionary<string, object> With(string name, object value) => new(Full) { [name] = value };

    private static BlueZObject Device(Dictionary<string, object> properties) =>
        new("/org/bluez/hci0/dev_C4_7C_8D_00_11_22", new Dictionary<string, IReadOnlyDictionary<string, object>> { [BlueZObjects.Device] = properties });
}
