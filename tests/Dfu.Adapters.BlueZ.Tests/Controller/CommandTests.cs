using Dfu.Adapters.Simulated;
using Dfu.Adapters.Simulated.Time;
using Dfu.BlueZ.Rig.VirtualControllers;

namespace Dfu.Adapters.BlueZ.Tests.VirtualControllers;

public sealed class CommandTests
{
    [Fact]
    public void The_options_of_the_command_describe_controllers_and_devices()
    {
        string[] words = ["--controllers", "2", "--devices", "8", "--seed", "7", "--mode", "app", "--profile", "sdk14", "--save-progress", "--drop-rate",
            "0.25", "--mtu", "185"];
        Assert.True(ControllersSettings.TryParse(words, out var settings, out var trouble));
        Assert.Null(trouble);
        Assert.Equal((2, 8, 0.25, 185), (settings.Controllers, settings.Devices, settings.Link.DropRate, settings.Link.Mtu));
        var device = settings.Device(3);
        Assert.Equal(
            (VirtualDeviceOptions.AddressFor(7, 3), true, "sdk14", true),
            (device.ApplicationAddress, device.StartsInApplication, device.Profile.Name, device.Profile.SaveProgress));
    }

    [Theory]
    [InlineData("--controllers")]
    [InlineData("--controllers", "0")]
    [InlineData("--drop-rate", "1.5")]
    [InlineData("--mode", "bootloader")]
    [InlineData("--profile", "sdk99")]
    [InlineData("--nonsense", "1")]
    public void A_wrong_option_is_named(params string[] words)
    {
        Assert.False(ControllersSettings.TryParse(words, out var settings, out var trouble));
        Assert.Null(settings);
        Assert.StartsWith(words[0], trouble, StringComparison.Ordinal);
    }

    [Fact]
    public void Controllers_of_one_run_have_addresses_of_their_own_that_the_seed_decides()
    {
        var addresses = Enumerable.Range(1, 16).Select(number => ControllerSlot.AddressFor(3, number)).ToList();
        Assert.Equal(16, addresses.Distinct().Count());
        Assert.Equal(addresses[4], ControllerSlot.AddressFor(3, 5));
        Assert.NotEqual(addresses[4], ControllerSlot.AddressFor(4, 5));
        Assert.All(addresses, address => Assert.Equal(0x02ul, address.Value >> 40));
    }

    [Fact]
    public void The_warm_up_reaches_its_end()
    {
        var time = new VirtualTime();
        time.Run(() => WarmUp.RunAsync(time));
        Assert.InRange(time.Elapsed, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(5));
    }
}
