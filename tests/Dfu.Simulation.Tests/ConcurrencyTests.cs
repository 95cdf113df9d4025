using Dfu.Fleet;
using Dfu.Simulation.Tests.Support;

namespace Dfu.Simulation.Tests;

/// <summary>What learning how many transfers an adapter carries is worth, against always three, in the same rooms.</summary>
public sealed class ConcurrencyTests
{
    private static readonly FleetPolicy Three = new() { MaxTransfersPerAdapter = 3 };

    [Theory]
    [InlineData(false, 0, 0.35)]
    [InlineData(true, 0, 0.45)]
    [InlineData(false, 0.02, 0.4)]
    public void A_bridge_of_twenty_links_is_used_within_its_first_campaign_of_twenty_devices(bool inApplication, double dropRate, double share)
    {
        var room = new Shift { InApplication = inApplication, DropRate = dropRate, Adapter = new() { MaxLinks = 20, Radios = 20 } };
        var (three, _) = (room with { Policy = Three }).Run();
        var (learned, highest) = room.Run();
        Assert.InRange(learned / three, 0, share);
        Assert.InRange(highest, 15, 20);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.02)]
    [InlineData(0.05)]
    public void A_dongle_whose_air_three_transfers_fill_is_not_driven_on(double dropRate)
    {
        var (three, learned) = (TimeSpan.Zero, TimeSpan.Zero);
        for (var seed = 1; seed <= 6; seed++)
        {
            var room = new Shift { Seed = seed, DropRate = dropRate, InApplication = seed % 2 == 0 };
            three += (room with { Policy = Three }).Run().Makespan;
            learned += room.Run().Makespan;
        }

        Assert.InRange(learned / three, 0, 1.04);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.05)]
    public void A_dongle_gets_more_transfers_where_each_is_slow_because_its_bootloader_saves(double dropRate)
    {
        var room = new Shift { DropRate = dropRate, Saves = true };
        Assert.InRange(room.Run().Makespan / (room with { Policy = Three }).Run().Makespan, 0, 0.8);
    }

    [Fact]
    public void Ceilings_hold()
    {
        var bridge = new Shift { Adapter = new() { MaxLinks = 20, Radios = 20 } };
        Assert.Equal(7, (bridge with { Policy = new() { MaxTransfersPerAdapter = 7 } }).Run().Highest);
        Assert.Equal(4, (bridge with { Adapter = new() { MaxLinks = 4, Radios = 4 } }).Run().Highest);
    }
}
