using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Orders;
using Dfu.Protocol.Errors;

namespace Dfu.Cli.Tests.Arguments;

public sealed class TargetListTests
{
    [Fact]
    public void Addresses_stand_in_the_first_column_and_count_once() => Assert.Equal(
        ["C0:98:76:54:00:02", "C0:98:76:54:00:04"],
        Read("\uFEFFdevice,note", "", "# shelf 3", "C0:98:76:54:00:02,left", "\"c0-98-76-54-00-04\";right", "C0:98:76:54:00:02"));

    [Fact]
    public void A_header_is_not_needed() => Assert.Equal(["C0:98:76:54:00:02"], Read("c09876540002"));

    [Fact]
    public void A_line_without_an_address_is_refused_by_its_number()
    {
        var refused = Assert.Throws<DfuException>(() => Read("C0:98:76:54:00:02", "nonsense"));
        Assert.Equal(DfuError.InvalidArgument, refused.Error);
        Assert.Contains("line 2", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_without_devices_is_refused() => Assert.Throws<DfuException>(() => Read("device", "# nothing"));

    [Theory]
    [InlineData("address,serial,label,order number", "C0:98:76:54:00:02,SN-1,red,4711")]
    [InlineData("Order Number;Label;SERIAL;Address", "4711;red;SN-1;C0:98:76:54:00:02")]
    [InlineData("serial_number\torder\tdevice\tcolour\tlabel", "SN-1\t4711\tC0:98:76:54:00:02\tgrey\tred")]
    [InlineData("\"device\",\"order_number\",\"label\",\"serial\"", "\"C0:98:76:54:00:02\",\"4711\",\"red\",\"SN-1\"")]
    [InlineData("\uFEFFserial ; address ; label ; order no.", "SN-1 ; c09876540002 ; red ; 4711")]
    public void A_header_says_where_the_labels_are(string header, string line)
    {
        var label = Assert.Single(Parse(header, line).Labels);
        Assert.Equal(("C0:98:76:54:00:02", "SN-1", "red", "4711"), (label.Device.ToString(), label.Serial, label.Label, label.Order));
    }

    [Theory]
    [InlineData("a, b", "\"a, b\"")]
    [InlineData("5\" board", "\"5\"\" board\"")]
    [InlineData("5\" board", "5\" board")]
    [InlineData("=1+1", "'=1+1")]
    public void A_cell_may_be_quoted(string label, string cell) =>
        Assert.Equal(label, Assert.Single(Parse("address,label", $"C0:98:76:54:00:02,{cell}").Labels).Label);

    [Fact]
    public void A_report_can_be_given_again()
    {
        var targets = Parse(
            "device,bootloader,outcome,error,detail,serial,label,order", "C0:98:76:54:00:02,C0:98:76:54:00:03,failed,linkLost,\"gone, twice\",SN-1,,");
        Assert.Equal(("C0:98:76:54:00:02", "SN-1"), (Assert.Single(targets.Addresses).ToString(), Assert.Single(targets.Labels).Serial));
    }

    [Fact]
    public void Devices_without_a_label_have_none() => Assert.Empty(Parse("address,serial", "C0:98:76:54:00:02,", "C0:98:76:54:00:04").Labels);

    [Fact]
    public void An_address_that_stands_twice_keeps_what_either_line_says()
    {
        var label = Assert.Single(Parse("address,serial,order", "C0:98:76:54:00:02,SN-1,", "C0:98:76:54:00:02,,4711", "C0:98:76:54:00:02,SN-1,4711").Labels);
        Assert.Equal(("SN-1", "4711"), (label.Serial, label.Order));
    }

    [Theory]
    [InlineData(
        "C0:98:76:54:00:02 stands in line 2 and in line 4 of t.csv, as 'SN-1' and as 'SN-2'",
        "address,serial", "C0:98:76:54:00:02,SN-1", "C0:98:76:54:00:04,SN-2", "C0:98:76:54:00:02,SN-2")]
    [InlineData("line 2 of t.csv has a quote that does not end", "address,label", "C0:98:76:54:00:02,\"red")]
    [InlineData("line 3 of t.csv does not have in column 2 an address such as C0:98:76:54:32:10", "serial,address", "1,C0:98:76:54:00:02", "2")]
    [InlineData("line 1 of t.csv names its columns, and none of them address", "serial,label", "SN-1,red")]
    [InlineData("line 2 of t.csv does not begin with an address such as C0:98:76:54:32:10", "address", "C0:98:76")]
    [InlineData(
        "line 2 of t.csv has a serial number of more than 64 characters, or with control characters",
        "address,serial", "C0:98:76:54:00:02,01234567890123456789012345678901234567890123456789012345678901234")]
    public void What_cannot_be_meant_is_refused(string message, params string[] lines) =>
        Assert.Equal(message, Assert.Throws<DfuException>(() => Parse(lines)).Message);

    private static string[] Read(params string[] lines) => Parse(lines).Addresses.Select(address => address.ToString()).ToArray();

    private static TargetSelection Parse(params string[] lines) => TargetList.Parse(lines, "t.csv");
}
