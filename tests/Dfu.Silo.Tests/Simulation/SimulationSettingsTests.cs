using Dfu.Silo.Simulation;

namespace Dfu.Silo.Tests.Simulation;

public sealed class SimulationSettingsTests
{
    [Fact]
    public void Addresses_are_random_static_and_nobody_takes_anothers_bootloader_address()
    {
        foreach (var seed in new[] { 0, 1, 2, int.MaxValue })
        {
            var applications = Enumerable.Range(0, 2000).Select(index => new SimulationSettings { Seed = seed }.Device(index).ApplicationAddress).ToList();
            Assert.Equal(2000, applications.Distinct().Count());
            Assert.DoesNotContain(applications, address => address.Value >> 46 != 0b11);
            Assert.Empty(applications.Select(address => address.Bootloader).Intersect(applications));
        }
    }

    [Fact]
    public void The_seed_decides_the_addresses()
    {
        Assert.Equal(
            new SimulationSettings { Seed = 7 }.Device(3).ApplicationAddress,
            new SimulationSettings { Seed = 7, DropRate = 0.5 }.Device(3).ApplicationAddress);
        Assert.NotEqual(new SimulationSettings { Seed = 7 }.Device(3).ApplicationAddress, new SimulationSettings { Seed = 8 }.Device(3).ApplicationAddress);
    }

    [Theory]
    [InlineData(20, 1)]
    [InlineData(20, 7)]
    [InlineData(10_000, 3)]
    [InlineData(5, 5)]
    public void As_many_devices_as_asked_for_have_bootloaders_for_other_hardware(int devices, int others)
    {
        var settings = new SimulationSettings { Devices = devices, OtherHardware = others };

        Assert.Equal(others, Enumerable.Range(0, devices).Count(index => settings.Device(index).HwVersion != SimulationSettings.HwVersion));
    }

    [Fact]
    public void Devices_refuse_packages_for_other_hardware_as_nordics_bootloader_does() => Assert.Equal(52u, new SimulationSettings().Device(0).HwVersion);
}
