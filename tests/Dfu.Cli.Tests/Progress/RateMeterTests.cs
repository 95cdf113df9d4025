
namespace Dfu.Cli.Tests.Progress;

public sealed class RateMeterTests
{
    private readonly RateMeter _meter = new();

    [Fact]
    public void A_steady_flow_gives_its_rate_and_the_time_left()
    {
        for (var second = 0; second <= 60; second++) _meter.Add(second, second * 1000);
        Assert.Equal(1000, _meter.Rate, 3);
        Assert.Equal(5, _meter.Left(5000)!.Value, 3);
    }

    [Fact]
    public void Only_the_last_seconds_count()
    {
        for (var second = 0; second <= 60; second++) _meter.Add(second, second < 30 ? second * 10_000 : 300_000 + ((second - 30) * 100));
        Assert.Equal(100, _meter.Rate, 3);
    }

    [Fact]
    public void Nothing_is_promised_before_anything_moves()
    {
        _meter.Add(0, 500);
        _meter.Add(5, 500);
        Assert.Equal(0, _meter.Rate);
        Assert.Null(_meter.Left(1000));
    }

    [Fact]
    public void Bytes_lost_again_are_no_negative_rate()
    {
        _meter.Add(0, 5000);
        _meter.Add(5, 100);
        Assert.Equal(0, _meter.Rate);
    }
}
