using Dfu.Adapters.Simulated;
using Dfu.Adapters.Simulated.Time;
using Dfu.Fleet.Release;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Simulation.Tests;

/// <summary>Devices that are sent back to their application by hand.</summary>
public sealed class ReleaseTests
{
    private static readonly BluetoothAddress First = BluetoothAddress.Parse("C0:98:76:54:32:10");
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(20);

    public static TheoryData<string, bool> Profiles
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (var profile in new[] { "sdk15.0", "sdk15.3", "sdk17", "sdk17 saving" })
                foreach (var byBootloader in new[] { false, true }) data.Add(profile, byBootloader);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void A_device_goes_back_to_its_application_by_either_address(string profile, bool byBootloader)
    {
        var (released, device) = Release(byBootloader ? First.Bootloader : First, Device(profile) with { ApplicationSize = 9000 });
        Assert.Equal((DfuError.None, "it is back in its application"), (released.Error, released.Detail));
        Assert.Equal((First, First.Bootloader), (released.Application, released.Bootloader));
        Assert.Equal(DeviceMode.Application, device.Mode);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void One_that_runs_its_application_is_left_alone(bool byBootloader)
    {
        var options = Device("sdk17") with { ApplicationSize = 9000, StartsInApplication = true };
        var (released, device) = Release(byBootloader ? First.Bootloader : First, options);
        Assert.Equal((DfuError.None, "it runs its application already"), (released.Error, released.Detail));
        Assert.Equal(0, device.Counters.Operations);
    }

    [Fact]
    public void One_without_application_comes_back_in_its_bootloader() =>
        Assert.Equal(DfuError.ApplicationNotHeard, Release(First, Device("sdk17")).Released.Error);

    [Theory]
    [InlineData("sdk12")]
    [InlineData("sdk13")]
    [InlineData("sdk14")]
    public void A_bootloader_without_ABORT_says_so(string profile)
    {
        var (released, device) = Release(First, Device(profile) with { ApplicationSize = 9000 });
        Assert.Equal(DfuError.OpCodeNotSupported, released.Error);
        Assert.Contains("one of SDK 14 does so after 120 s", released.Detail, StringComparison.Ordinal);
        Assert.Equal(DeviceMode.Bootloader, device.Mode);
    }

    [Fact]
    public void A_device_that_is_not_there_is_not_waited_for_longer_than_was_said()
    {
        var (released, device) = Release(BluetoothAddress.Parse("C0:00:00:00:00:01"), Device("sdk17") with { ApplicationSize = 9000 });
        Assert.Equal((DfuError.NotHeard, "not heard within 20 s: power it, bring it nearer, or check its address"), (released.Error, released.Detail));
        Assert.Equal(DeviceMode.Bootloader, device.Mode);
    }

    [Theory]
    [InlineData("a")]
    [InlineData("b")]
    public void A_bonded_device_is_released_at_its_one_address(string bondedWith)
    {
        var (released, device) = Release(First, Device("sdk17") with { Bonded = true, BondedWith = bondedWith, ApplicationSize = 9000 });
        Assert.Equal(DfuError.None, released.Error);
        Assert.Equal(DeviceMode.Application, device.Mode);
    }

    [Fact]
    public void A_bonded_device_that_takes_no_adapter_here_says_so()
    {
        var (released, device) = Release(First, Device("sdk17") with { Bonded = true, BondedWith = "elsewhere", ApplicationSize = 9000 });
        Assert.Equal((DfuError.BondedElsewhere, "its bootloader takes none of the adapters that were given"), (released.Error, released.Detail));
        Assert.Equal(DeviceMode.Bootloader, device.Mode);
    }

    /// <summary>The one above is another device: its application answers where the bootloader of the first would be.</summary>
    [Fact]
    public void A_neighbour_is_not_told_to_leave()
    {
        var neighbour = Device("sdk17") with { ApplicationAddress = First.Bootloader, ApplicationSize = 9000, StartsInApplication = true };
        var (released, device) = Release(First, neighbour);
        Assert.Equal(DfuError.NotHeard, released.Error);
        Assert.Equal(0, device.Counters.Operations);
    }

    private static VirtualDeviceOptions Device(string profile) => new()
    {
        ApplicationAddress = First,
        Profile = BootloaderProfile.All.Single(candidate => candidate.ToString() == profile),
        RequireSigned = false,
    };

    private static (ReleasedDevice Released, VirtualDevice Device) Release(BluetoothAddress address, VirtualDeviceOptions options)
    {
        var time = new VirtualTime();
        return time.Run(async () =>
        {
            using var air = new SimulatedAir(time, LinkModel.Perfect, 7);
            var device = air.Add(options);
            await using var release = new DeviceRelease([air.CreateAdapter("a", new AdapterModel()), air.CreateAdapter("b", new AdapterModel())], time);
            await release.OpenAsync(CancellationToken.None);
            return (await release.RunAsync(address, Within, CancellationToken.None), device);
        });
    }
}
