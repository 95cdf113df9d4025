using Dfu.Cli.Arguments;

namespace Dfu.Cli.Tests.Arguments;

public sealed class QuantitiesTests
{
    [Theory]
    [InlineData("204800", 204_800)]
    [InlineData("200KiB", 204_800)]
    [InlineData("200 kib", 204_800)]
    [InlineData("200K", 204_800)]
    [InlineData("200kB", 200_000)]
    [InlineData("1.5M", 1_572_864)]
    [InlineData("7 bytes", 7)]
    public void Sizes_are_read_as_people_write_them(string text, long bytes)
    {
        Assert.True(Quantities.TryParseSize(text, out var value));
        Assert.Equal(bytes, value);
    }

    [Theory]
    [InlineData("90", 90)]
    [InlineData("90s", 90)]
    [InlineData("1.5min", 90)]
    [InlineData("1h", 3600)]
    [InlineData("500ms", 0.5)]
    public void Durations_are_read_as_people_write_them(string text, double seconds)
    {
        Assert.True(Quantities.TryParseDuration(text, out var value));
        Assert.Equal(seconds, value.TotalSeconds, 6);
    }

    [Theory]
    [InlineData("0.02", 0.02)]
    [InlineData("2%", 0.02)]
    [InlineData("1", 1)]
    public void Probabilities_may_be_percentages(string text, double probability)
    {
        Assert.True(Quantities.TryParseProbability(text, out var value));
        Assert.Equal(probability, value, 9);
    }

    [Theory]
    [InlineData("")]
    [InlineData("KiB")]
    [InlineData("-1")]
    [InlineData("1e9")]
    [InlineData("ten")]
    [InlineData("NaN")]
    [InlineData("99999999999999")]
    public void Nonsense_is_refused(string text)
    {
        Assert.False(Quantities.TryParseSize(text, out _));
        Assert.False(Quantities.TryParseDuration(text, out _));
        Assert.False(Quantities.TryParseProbability(text, out _));
    }
}
