using Dfu.Cluster.Tests.Devices;
using Dfu.Fleet.Turns;

namespace Dfu.Fleet.Tests.Turns;

public sealed class HostMomentTests
{
    [Theory]
    [InlineData(2.9, 2.9, true)]
    [InlineData(3, 2.9, false)]
    [InlineData(0.1, 3600, false)] // the host was suspended
    [InlineData(1, -600, true)] // its clock was set
    public void What_was_a_moment_ago_is_so_by_both_clocks(double seconds, double onTheWall, bool within)
    {
        var (time, wall) = (new ManualTime(), new ManualTime());
        wall.Advance(3600);
        var moment = HostMoment.Now(time, wall);
        time.Advance(seconds);
        wall.Advance(onTheWall);
        Assert.Equal(within, moment.IsWithin(TimeSpan.FromSeconds(3), time, wall));
    }
}
