using Dfu.Protocol.Links;

namespace Dfu.Adapters.BlueZ.Tests;

public sealed class SpecTests
{
    private static readonly Controller Dongle = new(
        1, new("1-1.2", "/dev/bus/usb/001/004", 0x2fe3, 0x000b, "nRF52840"), BluetoothAddress.Parse("C4:7C:8D:00:11:22"));

    [Theory]
    [InlineData("bluez:*", true)]
    [InlineData("bluez:usb-1-1.2", true)]
    [InlineData("bluez:usb-1-1", false)]
    [InlineData("BlueZ:HCI1", true)]
    [InlineData("bluez:hci0", false)]
    [InlineData("bluez:c4:7c:8d:00:11:22", true)]
    [InlineData("bluez:C4:7C:8D:00:11:23", false)]
    public void A_spec_means_a_dongle_by_its_port_its_address_or_its_number(string text, bool meant)
    {
        Assert.True(BlueZSpec.TryParse(text, out var spec));
        Assert.Equal((text, meant), (spec.Text, spec.Means(Dongle)));
    }

    [Theory]
    [InlineData("bluez")]
    [InlineData("bluez:")]
    [InlineData("bluez:usb-")]
    [InlineData("bluez:usb-1")]
    [InlineData("bluez:usb-1-1.")]
    [InlineData("bluez:usb-1-1-2")]
    [InlineData("bluez:hci")]
    [InlineData("bluez:hci-1")]
    [InlineData("bluez:hci0 1")]
    [InlineData("bluez:C4:7C")]
    [InlineData("bridge:hci0")]
    public void What_names_no_dongle_is_refused(string text) => Assert.False(BlueZSpec.TryParse(text, out _));

    [Fact]
    public void A_dongle_keeps_the_name_of_its_port_and_a_controller_without_one_its_number() =>
        Assert.Equal(("bluez:usb-1-1.2", "bluez:hci1"), (Dongle.Id, (Dongle with { Usb = null }).Id));
}
