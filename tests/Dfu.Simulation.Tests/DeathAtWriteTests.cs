using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Tests.Fakes;

namespace Dfu.Simulation.Tests;

public sealed class DeathAtWriteTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Whatever_write_the_process_dies_at_the_next_one_goes_on_and_nothing_is_done_twice(bool takesEffect)
    {
        for (var write = 0; ; write++)
        {
            var station = new Station(devices: 3, adapters: 2) { Package = Packages.Application(10 * 4096) };
            var left = write;
            bool Dies() => left-- == 0;
            if (takesEffect) station.Store.Database.DiesNow = (_, _) => Dies();
            else station.Store.Database.DiesBefore = (_, _) => Dies();
            station.Run(async () =>
            {
                try
                {
                    return await station.FlashAsync();
                }
                catch (IOException) when (left < 0)
                {
                    return null;
                }
            });
            if (left >= 0) break;

            // Nothing of the process goes on, and the kernel closes what it had open.
            foreach (var source in station.Sources) source.Current?.Lose();
            foreach (var device in station.World.Devices.Values) device.Drivers = 0;
            Assert.All(station.World.Devices.Values, static device => Assert.Null(device.Link));
            var view = station.Run(() => station.FlashAsync());
            Assert.True(view.Outcome == CampaignOutcome.Succeeded, $"write {write}: {view.Outcome}");
            Assert.All(station.World.Devices.Values, device => Assert.Equal(1, device.Activations));
            Assert.Equal(1, station.World.MostDriversPerDevice);

            // A cut costs at most the object under way, of each of the devices under way.
            Assert.All(view.Devices, device => Assert.InRange(device.BytesResent, 0, 4096));
        }
    }
}
