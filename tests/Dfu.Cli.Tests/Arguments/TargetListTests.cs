using Dfu.Cli.Arguments;
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

    private static string[] Read(params string[] lines) => TargetList.Parse(lines, "t.csv").Select(address => address.ToString()).ToArray();
}
