using Dfu.Adapters.Simulated;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;
using Dfu.Simulation.Tests.Support;

namespace Dfu.Simulation.Tests;

/// <summary>0A to EXECUTE(command): old bootloaders say it of a packet that they do not take, later ones while their flash is busy.</summary>
public sealed class UnclearRefusalTests
{
    /// <summary>The sources of SDK 12 answer so to all but a wrong signature; others were met that answer 05 to everything.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void SDK_12_refuses_without_saying_why_and_is_not_asked_for_ever(bool inApplication)
    {
        var options = Device("sdk12") with { HwVersion = 51, StartsInApplication = inApplication, ApplicationSize = 9000 };
        var scenario = WithFailures(TestPackages.Application(9000, sdReq: 0x100), options, int.MaxValue);
        var refused = Assert.Throws<DfuException>(() => scenario.Run());
        Assert.Equal(DfuError.InitPacketRefusedUnexplained, refused.Error);
        Assert.Contains("60 04 0a to EXECUTE(command): application 2 is for hardware 52", refused.Message, StringComparison.Ordinal);
        Assert.Equal((1, 2), (scenario.Device.Counters.CreateCommands, scenario.Device.Counters.ExecuteCommands));
        Assert.Empty(scenario.Errors);
    }

    [Fact]
    public void A_part_that_SDK_12_refuses_so_may_be_there_already()
    {
        var options = Device("sdk12") with { BootloaderVersion = 5, ApplicationVersion = 2, ApplicationSize = 20_000 };
        var scenario = WithFailures(TestPackages.Parts(ImageType.SoftDeviceBootloader, bootloaderVersion: 5, version: 3), options, int.MaxValue).Run();
        Assert.True(scenario.HasImage, scenario.ToString());
        Assert.Single(scenario.Recorder.Passed);
    }

    /// <summary>A bootloader of SDK 15 behind a host that has MTU 23 looks like an old one.</summary>
    [Fact]
    public void A_flash_that_was_busy_for_a_moment_is_asked_once_more()
    {
        var scenario = WithFailures(TestPackages.Application(9000, sdReq: 0x100), Device("sdk14"), 1).Run();
        Assert.True(scenario.HasImage, scenario.ToString());
        Assert.Empty(scenario.Errors);
    }

    [Theory]
    [InlineData("sdk15.0")]
    [InlineData("sdk15.3")]
    [InlineData("sdk17")]
    public void A_flash_of_a_later_one_that_is_busy_is_tried_again_after_a_pause(string profile)
    {
        var scenario = WithFailures(TestPackages.Application(9000, sdReq: 0x100), Device(profile), 1).Run();
        Assert.True(scenario.HasImage, scenario.ToString());
        Assert.Equal([DfuError.FlashBusy], scenario.Errors);
    }

    [Theory]
    [InlineData("sdk13")]
    [InlineData("sdk14")]
    public void SDK_13_and_14_take_nothing_for_debug_bootloaders_and_that_is_said(string profile)
    {
        var package = TestPackages.Application(9000, sdReq: 0x100, isDebug: true);
        var scenario = new Scenario { Package = package, Options = Device(profile) with { StartsInApplication = true, ApplicationSize = 9000 } };
        var refused = Assert.Throws<DfuException>(() => scenario.Run());
        Assert.Equal(DfuError.InitPacketRefused, refused.Error);
        Assert.Contains("application 2 is for bootloaders that are built for debugging (--debug)", refused.Message, StringComparison.Ordinal);
    }

    private static Scenario WithFailures(DfuPackage package, VirtualDeviceOptions options, int times) => new()
    {
        Package = package,
        Options = options,
        Wrap = (_, link, _) => new AnsweringLink(link, answer => (answer, times) switch
        {
            ([0x60, 0x04, 0x05], > 0) => [0x60, 0x04, 0x0a],
            ([0x60, 0x04, 0x01], 1) when --times == 0 => [0x60, 0x04, 0x0a],
            _ => answer,
        }),
    };

    private static VirtualDeviceOptions Device(string profile) => new()
    {
        ApplicationAddress = BluetoothAddress.Parse("C0:98:76:54:32:10"),
        Profile = BootloaderProfile.All.Single(candidate => candidate.ToString() == profile),
        SoftDeviceId = 0x100,
        RequireSigned = false,
    };
}
