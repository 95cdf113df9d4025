using Dfu.Adapters;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Errors;

namespace Dfu.Fleet.Tests.Storage;

public sealed class FleetJsonTests
{
    [Theory]
    [InlineData("""{"address":"C0:00:00:00:00:06","addressType":"Public","rssi":-8,"dfuService":true,"connectable":true}""")]
    [InlineData("""{"address":"C0:00:00:00:00:06","addressType":"Public","rssi":-8,"name":null,"dfuService":true,"connectable":true}""")]
    public void What_was_heard_is_not_read_without_a_name(string json) =>
        Assert.Equal(DfuError.DataDirectoryUnusable, Assert.Throws<DfuException>(() => FleetJson.Read<Advertisement>(json)).Error);
}
