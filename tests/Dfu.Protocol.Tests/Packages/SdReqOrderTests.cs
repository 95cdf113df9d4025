using Dfu.Protocol.Packages;

namespace Dfu.Protocol.Tests.Packages;

public sealed class SdReqOrderTests
{
    /// <summary>Printed by CPython 3.11: <c>list(set(ids))</c>.</summary>
    [Theory]
    [InlineData("cb", "cb")]
    [InlineData("af 91", "91 af")]
    [InlineData("95 8c", "8c 95")]
    [InlineData("b7 b7", "b7")]
    [InlineData("91 95 a9", "91 a9 95")]
    [InlineData("95 cb19 a9", "cb19 a9 95")]
    [InlineData("cb cb 95 101", "101 cb 95")]
    [InlineData("95 ca b7 98 91", "ca 91 95 b7 98")]
    [InlineData("c1 fffe a9 a9 b6 c1", "c1 a9 b6 fffe")]
    [InlineData("b6 b7 123 c1 0 b7 95 c1", "0 c1 123 95 b6 b7")]
    [InlineData("ca 95 b7 8a35 b7 b6 fffe 100 b1aa fffe", "100 ca b1aa 8a35 95 b6 b7 fffe")]
    [InlineData("98 af b6 a9 0 fffe ae dc6d 8e8d ca 100 4d45 cb", "0 100 4d45 a9 ca cb dc6d ae af 8e8d b6 98 fffe")]
    [InlineData("a9 95 b6 123 98 cb 8c 1ba4 91 100 0 af 124 c2 af 95", "100 0 c2 123 1ba4 124 a9 cb 8c af 91 95 b6 98")]
    [InlineData("c2 d0e 124 cb ca 0 0 ee96 b6 c2 ae 101 124 b937 91 989f", "0 101 c2 124 ca cb d0e ae 91 ee96 b6 b937 989f")]
    [InlineData("5 d 15 1d 25 2d", "25 5 d 2d 15 1d")]
    public void Ids_come_in_the_order_of_a_Python_set(string given, string order) =>
        Assert.Equal(order, string.Join(' ', SdReqOrder.Of(given.Split(' ').Select(id => Convert.ToUInt32(id, 16))).Select(id => $"{id:x}")));
}
