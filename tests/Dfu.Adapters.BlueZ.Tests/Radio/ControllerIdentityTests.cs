using Dfu.Adapters.BlueZ.Radio;
using Dfu.Protocol.Links;

namespace Dfu.Adapters.BlueZ.Tests.Radio;

public sealed class ControllerIdentityTests
{
    private static readonly BluetoothAddress A = BluetoothAddress.Parse("00:1A:7D:DA:71:13");
    private static readonly BluetoothAddress B = BluetoothAddress.Parse("00:1A:7D:DA:71:14");

    [Fact]
    public void A_number_means_the_dongle_that_had_it_first_also_under_another_number()
    {
        var known = ControllerIdentity.Of(At(0, "1-1", A));
        Assert.Equal(1, Pick("bluez:hci0", known, At(0, "1-2", B), At(1, "1-1", A))?.Index);
        Assert.Null(Pick("bluez:hci0", known, At(0, "1-2", B)));
        Assert.Equal(0, Pick("bluez:hci0", null, At(0, "1-2", B), At(1, "1-1", A))?.Index);
    }

    [Fact]
    public void Of_dongles_that_share_an_address_the_port_tells_which() =>
        Assert.Equal(3, Pick("bluez:hci0", ControllerIdentity.Of(At(0, "1-2", A)), At(2, "1-1", A), At(3, "1-2", A))?.Index);

    [Fact]
    public void A_port_means_whichever_dongle_is_in_it()
    {
        var known = ControllerIdentity.Of(At(0, "1-1", A));
        Assert.Equal(5, Pick("bluez:usb-1-1", known, At(4, "1-2", A), At(5, "1-1", B))?.Index);
    }

    [Fact]
    public void An_address_means_the_dongle_in_whichever_port()
    {
        var known = ControllerIdentity.Of(At(0, "1-1", A));
        Assert.Equal(5, Pick($"bluez:{A}", known, At(4, "1-1", B), At(5, "1-2", A))?.Index);
    }

    [Fact]
    public void Without_an_address_the_port_is_the_identity_and_without_both_the_number()
    {
        Assert.Equal(7, Pick("bluez:hci0", ControllerIdentity.Of(At(0, "1-1", null)), At(0, "1-2", B), At(7, "1-1", A))?.Index);
        Assert.Equal(0, Pick("bluez:hci0", ControllerIdentity.Of(new(0, null, null)), new Controller(1, null, null), new Controller(0, null, null))?.Index);
    }

    [Theory]
    [InlineData("bluez:hci0")]
    [InlineData("bluez:*")]
    [InlineData("bluez:00:1A:7D:DA:71:13")]
    public void Where_nobody_tells_addresses_the_dongle_is_found_by_its_port(string text)
    {
        var known = ControllerIdentity.Of(At(0, "1-1", A));
        Assert.Equal(4, Pick(text, known, At(0, "1-2", null), At(4, "1-1", null))?.Index);
        Assert.Null(Pick(text, known, At(4, "1-1", B)));
    }

    private static Controller At(int index, string port, BluetoothAddress? address) => new(index, new(port, "", 0, 0, ""), address);

    private static Controller? Pick(string text, ControllerIdentity? known, params Controller[] there)
    {
        Assert.True(BlueZSpec.TryParse(text, out var spec));
        return ControllerIdentity.Pick(spec, known, there);
    }
}
