using Dfu.Adapters.BlueZ;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Silo.Adapters;

namespace Dfu.Silo.Tests.Adapters;

public sealed class DongleSpecTests
{
    private static readonly Controller Plugged = new(0, new("1-1.2", "/dev/bus/usb/001/004", 0x2fe3, 0x000b, ""), BluetoothAddress.Parse("C4:7C:8D:00:11:22"));
    private static readonly Controller Soldered = new(1, null, null);

    [Theory]
    [InlineData("bluez:hci0")]
    [InlineData("BlueZ:HCI0")]
    [InlineData("bluez:usb-1-1.2")]
    [InlineData("bluez:c4:7c:8d:00:11:22")]
    [InlineData("bluez:C47C8D001122")]
    public void Every_way_to_name_a_dongle_is_the_same_radio(string text)
    {
        var spec = One(text, Plugged, Soldered);
        Assert.Equal(("bluez:usb-1-1.2", text, 1), (spec.Radio, spec.Text, spec.Radios));
    }

    [Theory]
    [InlineData("bluez:hci7", "bluez:hci7")]
    [InlineData("bluez:C4:7C:8D:00:11:23", "bluez:C4:7C:8D:00:11:23")]
    [InlineData("bluez:c47c8d001123", "bluez:C4:7C:8D:00:11:23")]
    [InlineData("bluez:USB-1-2", "bluez:usb-1-2")]
    [InlineData("bluez: hci07", "bluez:hci7")]
    public void A_dongle_that_is_not_there_yet_is_waited_for_under_what_names_it(string text, string radio)
    {
        var spec = One(text, Plugged, Soldered);
        Assert.Null(spec.There);
        Assert.Equal(radio, spec.Radio);
    }

    [Fact]
    public void All_are_those_that_are_there_each_by_its_lasting_name()
    {
        var all = DongleSpec.Parse("bluez:*", [Plugged, Soldered]);
        Assert.Equal(["bluez:usb-1-1.2", "bluez:hci1"], all.Select(spec => spec.Text));
        Assert.Equal<BlueZSpec>(
            [new BlueZSpec.UsbPort("bluez:usb-1-1.2", "1-1.2"), new BlueZSpec.Index("bluez:hci1", 1)],
            all.Cast<DongleSpec>().Select(spec => spec.Means));
        Assert.Equal(all.Select(spec => spec.Text), all.Select(spec => spec.Radio));
    }

    [Fact]
    public void All_of_none_is_an_adapter_that_is_not_found()
    {
        var refused = Assert.Throws<DfuException>(() => DongleSpec.Parse("bluez:*", []));
        Assert.Equal(DfuError.AdapterNotFound, refused.Error);
        Assert.Contains("no Bluetooth dongle is there", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bluez:")]
    [InlineData("bluez:usb1")]
    [InlineData("bluez")]
    public void What_names_no_dongle_is_refused_with_examples(string text)
    {
        var refused = Assert.Throws<DfuException>(() => DongleSpec.Parse(text, [Plugged]));
        Assert.Equal(DfuError.InvalidArgument, refused.Error);
        Assert.Contains("bluez:usb-1-1.2", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_dongle_given_twice_by_two_names_is_refused()
    {
        // Not there, so that the machine under test decides nothing.
        var refused = Assert.Throws<DfuException>(() => AdapterSpec.ParseAll(["bluez:usb-99-9", "bluez:USB-99-9"]));
        Assert.Equal(DfuError.InvalidArgument, refused.Error);
        Assert.Contains("bluez:USB-99-9 is given twice", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_process_has_one_host_and_a_dongle_has_one_owner()
    {
        var locks = Directory.CreateTempSubdirectory("dfu-locks-").FullName;
        try
        {
            await using var radios = new ProcessAdapters(TimeProvider.System, locks);
            var sources = DongleSpec.Parse("bluez:*", [Plugged, Soldered]).SelectMany(spec => spec.Open(radios)).ToList();
            Assert.Equal(["bluez:usb-1-1.2", "bluez:hci1"], sources.Select(source => source.Id));

            await using var other = new ProcessAdapters(TimeProvider.System, locks);
            var refused = Assert.Throws<DfuException>(() => One("bluez:hci0", Plugged).Open(other));
            Assert.Equal(DfuError.AdapterInUse, refused.Error);
        }
        finally
        {
            Directory.Delete(locks, true);
        }
    }

    private static DongleSpec One(string text, params Controller[] controllers) =>
        Assert.IsType<DongleSpec>(Assert.Single(DongleSpec.Parse(text, controllers)));
}
