using System.Text;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;

namespace Dfu.Protocol.Tests.Packages;

public class IntelHexTests
{
    [Fact]
    public void Reads_bytes_at_their_address_and_fills_gaps_as_erased_flash()
    {
        var image = IntelHex.Read(HexText.Bytes(HexText.Of(0x27004, [5, 6]), HexText.Of(0x27000, [1, 2]), HexText.End));

        Assert.Equal(0x27000u, image.Start);
        Assert.Equal([1, 2, 0xFF, 0xFF, 5, 6], image.Bytes.ToArray());
    }

    [Fact]
    public void Reads_across_64_KiB_and_with_segment_addresses()
    {
        var linear = IntelHex.Read(HexText.Bytes(HexText.Of(0x2FFF8, [.. Enumerable.Range(0, 16).Select(i => (byte)i)]), HexText.End));
        var segment = IntelHex.Read(HexText.Bytes(HexText.Record(0x02, 0, [0x2F, 0xFF]), HexText.Record(0x00, 8, [7]), HexText.End));

        Assert.Equal((0x2FFF8u, 16), (linear.Start, linear.Bytes.Length));
        Assert.Equal(0x2FFF8u, segment.Start);
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData("\r")]
    [InlineData(" \t\n\n")]
    public void Takes_any_line_ending_either_case_and_no_last_one(string ending)
    {
        var text = (HexText.Of(0x1000, [0xAB, 0xCD]) + HexText.End).Replace("\n", ending, StringComparison.Ordinal).TrimEnd().ToLowerInvariant();

        Assert.Equal([0xAB, 0xCD], IntelHex.Read(Encoding.ASCII.GetBytes(text)).Bytes.ToArray());
    }

    [Fact]
    public void Passes_over_start_addresses_and_what_lies_outside_flash()
    {
        var image = IntelHex.Read(HexText.Bytes(
            HexText.Record(0x03, 0, [0, 0, 1, 0]), HexText.Record(0x05, 0, [0, 2, 0x70, 0]),
            HexText.Of(0xF8000, [1]), HexText.Of(0x10001014, [0, 0x80, 0x0F, 0]), HexText.End));

        Assert.Equal((0xF8000u, 1), (image.Start, image.Bytes.Length));
    }

    [Fact]
    public void Drops_what_is_below_a_given_address()
    {
        var image = IntelHex.Read(HexText.Bytes(HexText.Of(0x0FFC, [1, 2, 3, 4, 5, 6]), HexText.Of(0, [9, 9]), HexText.End), dropBelow: 0x1000);

        Assert.Equal(0x1000u, image.Start);
        Assert.Equal([5, 6], image.Bytes.ToArray());
    }

    public static TheoryData<string, string, string> Wrong => new()
    {
        { "no colon", "10000000\n", "line 1: a record begins with a colon" },
        { "bad digit", ":0G00000100\n", "line 1: a record has hexadecimal digits only" },
        { "odd digits", ":0000000\n", "line 1: a record cannot have 7 digits" },
        { "bad checksum", HexText.Of(0, [1]) + ":0100010002FD\n", "line 3: the checksum is fd, it should be fc" },
        { "short record", HexText.Of(0, [1]) + ":0200000001FD\n", "line 3: the record's length differs" },
        { "too short for a record", ":00\n", "line 1: the record's length differs" },
        { "unknown type", HexText.Record(0x06, 0, []), "line 1: record type 06 is unknown" },
        { "wrong length for its type", HexText.Record(0x04, 0, [1]), "line 1: a record of this type has 2 data bytes" },
        { "given twice", HexText.Of(0x100, [1, 2, 3]) + "\n" + HexText.Of(0x102, [3]) + HexText.End, "line 5: the byte at 0x00000102 was given before" },
        { "text after the end", HexText.Of(0, [1]) + HexText.End + ":", "line 4: there is text after the end-of-file record" },
        { "no end", HexText.Of(0, [1]), "cut short" },
        { "nothing", "", "cut short" },
        { "no bytes", HexText.End, "no firmware bytes" },
        { "only UICR", HexText.Of(0x10001014, [1, 2, 3, 4]) + HexText.End, "no firmware bytes" },
        { "spans the address space", HexText.Of(0x1000, [1]) + HexText.Of(0x0FFFFFF0, [1]) + HexText.End, "spans 0x00001000 to 0x0ffffff0" },
        { "address above 32 bits", HexText.Record(0x04, 0, [0xFF, 0xFF]) + HexText.Record(0x00, 0xFFFF, [1, 2]), "line 2: the address is above 32 bits" },
    };

    [Theory, MemberData(nameof(Wrong))]
    public void Names_the_line_that_is_wrong(string why, string text, string message)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var refused = Assert.Throws<DfuException>(() => IntelHex.Read(Encoding.ASCII.GetBytes(text)));

        Assert.True(refused.Error == DfuError.FirmwareInvalid, why);
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 500_000);
    }
}
