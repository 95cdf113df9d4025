using Dfu.Protocol.Timing;

namespace Dfu.Protocol.Tests;

public sealed class SteadyTimeTests
{
    private static readonly DateTimeOffset T0 = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(10)]
    [InlineData(-10)]
    [InlineData(600_000)]
    public void A_clock_that_is_set_concerns_nobody_who_asks_it(double minutes)
    {
        var wall = new SetClock();
        var steady = new SteadyTime(wall);
        wall.Pass(TimeSpan.FromSeconds(5));
        wall.Set(TimeSpan.FromMinutes(minutes));
        wall.Pass(TimeSpan.FromSeconds(7));
        Assert.Equal(T0.AddSeconds(12), steady.GetUtcNow());
        Assert.Equal(TimeSpan.FromSeconds(12), steady.GetElapsedTime(0));
    }

    private sealed class SetClock : TimeProvider
    {
        private DateTimeOffset _now = T0;
        private long _passed;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override DateTimeOffset GetUtcNow() => _now;

        public override long GetTimestamp() => _passed;

        public void Pass(TimeSpan time)
        {
            _now += time;
            _passed += time.Ticks;
        }

        public void Set(TimeSpan by) => _now += by;
    }
}
