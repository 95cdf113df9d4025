using Dfu.Cli.Arguments;

namespace Dfu.Cli.Tests.Arguments;

public sealed class WholeNumbersTests
{
    [Theory]
    [InlineData("0x34", 52u)]
    [InlineData("52", 52u)]
    [InlineData(" 52 ", 52u)]
    [InlineData("0X34", 52u)]
    [InlineData("0", 0u)]
    [InlineData("0x0", 0u)]
    [InlineData("4294967295", uint.MaxValue)]
    [InlineData("0xFFFFFFFF", uint.MaxValue)]
    [InlineData("0x00000000ffffffff", uint.MaxValue)]
    public void A_number_has_32_bits_and_may_be_hexadecimal(string text, uint number)
    {
        Assert.Null(WholeNumbers.Read(text, out var value));
        Assert.Equal(number, value);
        Assert.Null(WholeNumbers.ReadVersion(text, out value));
        Assert.Equal(number, value);
    }

    [Theory]
    [InlineData("0x0100", 256u)]
    [InlineData("256", 256u)]
    [InlineData("0XFFFE", 65534u)]
    [InlineData("65535", 65535u)]
    public void Ids_have_16_bits(string text, uint id)
    {
        Assert.Null(WholeNumbers.ReadId(text, out var value));
        Assert.Equal(id, value);
    }

    [Theory]
    [InlineData("1.2.3", 10203u)]
    [InlineData("0.0.0", 0u)]
    [InlineData("2.7.31", 20731u)]
    [InlineData("1.02.03", 10203u)]
    [InlineData("1.99.99", 19999u)]
    [InlineData("429496.72.95", uint.MaxValue)]
    public void A_version_of_three_parts_is_stored_as_Nordics_tool_does(string text, uint version)
    {
        Assert.Null(WholeNumbers.ReadVersion(text, out var value));
        Assert.Equal(version, value);
    }

    [Theory]
    [InlineData("4294967296", "'4294967296' is above 4294967295")]
    [InlineData("99999999999999999999999999", "'99999999999999999999999999' is above 4294967295")]
    [InlineData("0x100000000", "'0x100000000' is above 0xFFFFFFFF")]
    [InlineData("-1", "'-1' is below 0")]
    [InlineData("-0x1", "'-0x1' is below 0x0")]
    [InlineData("", "'' is not a version such as 1.2.3 or a number such as 10203")]
    [InlineData("0x", "'0x' is not a version such as 1.2.3 or a number such as 10203")]
    [InlineData("-", "'-' is not a version such as 1.2.3 or a number such as 10203")]
    [InlineData("1.2", "'1.2' is not a version such as 1.2.3 or a number such as 10203")]
    [InlineData("1.2.", "'1.2.' is not a version such as 1.2.3 or a number such as 10203")]
    [InlineData("1.2.3.4", "'1.2.3.4' is not a version such as 1.2.3 or a number such as 10203")]
    [InlineData("v1.2.3", "'v1.2.3' is not a version such as 1.2.3 or a number such as 10203")]
    [InlineData("1.2.3-rc1", "'1.2.3-rc1' is not a version such as 1.2.3 or a number such as 10203")]
    [InlineData("1.-2.3", "'1.-2.3' is not a version such as 1.2.3 or a number such as 10203")]
    [InlineData("1e3", "'1e3' is not a version such as 1.2.3 or a number such as 10203")]
    [InlineData("1.2.100", "'1.2.100': 100 is above 99, the most that a version's second and third part can be (1.2.3 is stored as 10203)")]
    [InlineData("1.100.2", "'1.100.2': 100 is above 99, the most that a version's second and third part can be (1.2.3 is stored as 10203)")]
    [InlineData("429496.72.96", "'429496.72.96' is above 429496.72.95, the highest version that can be stored")]
    [InlineData("99999999999999999999.0.0", "'99999999999999999999.0.0' is above 429496.72.95, the highest version that can be stored")]
    [InlineData("052", "'052' begins with 0: write 0x052 if it is hexadecimal, or no zero before it")]
    public void A_refusal_says_what_is_wrong(string text, string why) => Assert.Equal(why, WholeNumbers.ReadVersion(text, out _));

    [Theory]
    [InlineData("65536", "'65536' is above 65535")]
    [InlineData("0x10000", "'0x10000' is above 0xFFFF")]
    [InlineData("0100", "'0100' begins with 0: write 0x0100 if it is hexadecimal, or no zero before it")]
    [InlineData("s140", "'s140' is not an id such as 0x0100")]
    public void So_do_refusals_of_ids(string text, string why) => Assert.Equal(why, WholeNumbers.ReadId(text, out _));
}
