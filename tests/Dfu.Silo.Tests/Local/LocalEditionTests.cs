using Dfu.Adapters;
using Dfu.Protocol.Errors;
using Dfu.Silo.Hosting;

namespace Dfu.Silo.Tests.Local;

public sealed class LocalEditionTests
{
    [Theory]
    [InlineData("bluez:*")]
    [InlineData("bluez:hci0")]
    public void A_dongle_is_refused_as_what_this_build_lacks(string text)
    {
        var refused = Assert.Throws<DfuException>(() => AdapterSpec.ParseAll([text]));
        Assert.Equal(DfuError.NotInThisEdition, refused.Error);
        Assert.Contains(text, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_doctor_says_that_this_build_has_no_BlueZ()
    {
        var checkup = await Edition.ExamineAsync(TimeProvider.System, CancellationToken.None);
        var finding = Assert.Single(checkup.Findings);
        Assert.Equal((false, Verdict.Problem), (checkup.Usable, finding.Verdict));
        Assert.Contains("local edition", finding.Text, StringComparison.Ordinal);
        Assert.NotEmpty(finding.Remedy);
    }
}
