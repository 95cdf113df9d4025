using Dfu.Protocol.Packages;

namespace Dfu.Structure.Tests;

/// <summary>The table of SoftDevices for people is the one the product knows.</summary>
public sealed class SoftDeviceDocumentTests
{
    private static readonly string Page = Repository.Read("docs/cli.md");

    [Fact]
    public void The_page_lists_every_SoftDevice_with_its_id_and_no_other()
    {
        var wanted = SoftDevices.All.Select(softDevice => (Words: softDevice.Name.Split(' '), softDevice.Id))
            .GroupBy(softDevice => softDevice.Words[0], softDevice => $"{softDevice.Words[1]} `0x{softDevice.Id:X4}`")
            .OrderBy(family => family.Key, StringComparer.Ordinal)
            .Select(family => $"| {family.Key} | {string.Join(", ", family.Order(StringComparer.Ordinal))} |");

        Assert.Equal(wanted, Page.Split('\n').Where(line => line.StartsWith("| S1", StringComparison.Ordinal)
            || line.StartsWith("| S2", StringComparison.Ordinal) || line.StartsWith("| S3", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(0x0100, "0x0100 (S140 7.2.0)")]
    [InlineData(0x00CB, "0x00CB (S132 7.0.1)")]
    [InlineData(0x0087, "0x0087 (S130 2.0.1)")]
    [InlineData(0xCAFE, "0xCAFE")]
    public void An_id_is_shown_with_its_name_where_it_has_one(uint id, string shown) => Assert.Equal(shown, SoftDevices.Describe(id));
}
