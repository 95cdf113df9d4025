using Dfu.Adapters.Simulated;
using Dfu.Fleet.Orders;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;
using Dfu.Simulation.Tests.Support;

namespace Dfu.Simulation.Tests;

/// <summary>Packages of a system part and an application, on devices that have the system part already, or cannot have it.</summary>
public sealed class PartsTests
{
    private const string Already = "SoftDevice and bootloader 5 were there already, or newer ones";
    private const string Unexplained = "SoftDevice and bootloader 5 were refused without a reason, so probably there already";

    public static TheoryData<string, bool> ProfilesInBothModes
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (var profile in BootloaderProfile.All)
                foreach (var inApplication in new[] { false, true }) data.Add(profile.ToString(), inApplication);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(ProfilesInBothModes))]
    public void A_system_part_that_is_there_already_is_passed_over_and_the_application_is_sent(string profile, bool inApplication)
    {
        var scenario = new Scenario
        {
            Package = TestPackages.Parts(ImageType.SoftDeviceBootloader, bootloaderVersion: 5, version: 3),
            Options = Device(profile) with { BootloaderVersion = 5, ApplicationVersion = 2, ApplicationSize = 20_000, StartsInApplication = inApplication },
        }.Run();
        Assert.True(scenario.HasImage, scenario.ToString());
        Assert.True(scenario.Result!.ApplicationHeard);
        Assert.Equal(profile == "sdk12" ? Unexplained : Already, Assert.Single(scenario.Recorder.Passed).Note);
        Assert.Equal(scenario.Package.Images[1].Firmware.Length, scenario.Device.Counters.FirmwareBytes);
        Assert.Empty(scenario.Errors);
    }

    [Theory]
    [InlineData(ImageType.Bootloader, 0x100, "bootloader 5 was there already, or a newer one")]
    [InlineData(ImageType.SoftDeviceBootloader, 0x100, Already)]
    [InlineData(ImageType.SoftDeviceBootloader, 0x101, Already)]
    public void Other_packages_of_two_parts_go_on_as_well(ImageType system, int softDevice, string note)
    {
        var package = TestPackages.Parts(system, bootloaderVersion: 5, version: 3, sdReq: 0x101);
        var options = Device("sdk17") with { BootloaderVersion = 7, SoftDeviceId = system == ImageType.Bootloader ? 0x101 : (uint)softDevice };
        if (softDevice == 0x101 && system != ImageType.Bootloader)
        {
            // The device has a newer bootloader and a SoftDevice that the application is not for.
            var (refused, lost) = Refusal(package, options);
            Assert.Equal(DfuError.SoftDeviceRefused, refused.Error);
            Assert.Contains("application 3 is for SoftDevice 0x0100 (S140 7.2.0), and the device runs another", refused.Message, StringComparison.Ordinal);
            Assert.Equal(note, Assert.Single(lost.Recorder.Passed).Note);
            return;
        }

        var scenario = new Scenario { Package = package, Options = options }.Run();
        Assert.True(scenario.HasImage, scenario.ToString());
        Assert.Equal(note, Assert.Single(scenario.Recorder.Passed).Note);
    }

    /// <summary>Nordic's tool writes only the SoftDevices before the update into the system part: with the new one it is refused for that first.</summary>
    [Theory]
    [InlineData(ImageType.SoftDevice)]
    [InlineData(ImageType.SoftDeviceBootloader)]
    public void A_part_that_names_only_older_SoftDevices_is_passed_over_where_the_new_one_is(ImageType system)
    {
        var package = Nordics(system);
        var scenario = new Scenario { Package = package, Options = Device("sdk17") with { BootloaderVersion = 5 } }.Run();
        Assert.True(scenario.HasImage, scenario.ToString());
        var (error, note) = Assert.Single(scenario.Recorder.Passed);
        Assert.Equal(DfuError.SoftDeviceRefused, error);
        Assert.EndsWith("passed over: for another SoftDevice than the one that is there already", note, StringComparison.Ordinal);
    }

    [Fact]
    public void A_device_with_a_third_SoftDevice_takes_neither_part()
    {
        var (refused, scenario) = Refusal(Nordics(ImageType.SoftDeviceBootloader), Device("sdk17") with { SoftDeviceId = 0xB6 });
        Assert.Equal(DfuError.SoftDeviceRefused, refused.Error);
        Assert.Equal(DfuError.SoftDeviceRefused, Assert.Single(scenario.Recorder.Passed).Error);
        Assert.Equal(0, scenario.Recorder.Sent);
    }

    /// <summary>The host died after the last EXECUTE of the system part was answered and before that was stored.</summary>
    [Theory]
    [InlineData("sdk12")]
    [InlineData("sdk14")]
    [InlineData("sdk15.0")]
    [InlineData("sdk15.3")]
    [InlineData("sdk17")]
    [InlineData("sdk17 saving")]
    public void A_host_that_died_between_the_parts_goes_on_with_the_application(string profile)
    {
        foreach (var package in new[] { TestPackages.Parts(ImageType.SoftDeviceBootloader, 5, 3), Nordics(ImageType.SoftDeviceBootloader) })
        {
            foreach (var remembers in new[] { true, false })
            {
                var scenario = new Scenario
                {
                    Package = package,
                    Options = Device(profile) with { BootloaderVersion = 5, SoftDeviceId = 0x100 },
                    Hint = remembers ? new() { LastExecuteSent = true, Confirmed = package.Images[0].Firmware.Length } : new(),
                }.Run();
                Assert.True(scenario.HasImage, $"remembers {remembers}: {scenario}");
                Assert.Equal(package.Images[1].Firmware.Length, scenario.Device.Counters.FirmwareBytes);
                Assert.Empty(scenario.Errors);
            }
        }
    }

    /// <summary>The host died after the last EXECUTE, and the device runs its application since: it is sent into its bootloader to look.</summary>
    [Theory]
    [InlineData("sdk15.0", 4096)]
    [InlineData("sdk17", 4096)]
    [InlineData("sdk17", 8192)]
    public void A_device_that_had_obeyed_the_last_EXECUTE_is_not_left_in_its_bootloader(string profile, int size)
    {
        var package = TestPackages.OfBootloader(size, version: 5);
        var scenario = new Scenario
        {
            Package = package,
            Options = Device(profile) with { BootloaderVersion = 5, ApplicationVersion = 2, ApplicationSize = 20_000, StartsInApplication = true },
            Hint = new() { LastExecuteSent = true, Confirmed = size },
        }.Run();
        Assert.True(scenario.Result!.ApplicationHeard, scenario.ToString());
        Assert.Equal(DeviceMode.Application, scenario.Device.Mode);
        Assert.Equal(0, scenario.Device.Counters.FirmwareBytes);
    }

    [Fact]
    public void A_part_that_was_sent_alone_is_not_taken_for_a_package_without_application()
    {
        var package = TestPackages.Parts(ImageType.SoftDevice, bootloaderVersion: 5, version: 3).Only(ImageType.SoftDevice);
        var scenario = new Scenario { Package = package, Options = Device("sdk17") }.Run();
        Assert.Equal("accepted by the bootloader; no application was sent with it, and none was heard since", scenario.Result!.Detail);
    }

    [Fact]
    public void A_requirement_that_is_not_what_it_seems_is_explained_where_it_is_refused()
    {
        var (refused, _) = Refusal(TestPackages.Application(9000, sdReq: 0xFFFE), Device("sdk17"));
        Assert.Equal(DfuError.SoftDeviceRefused, refused.Error);
        Assert.Contains("application 2 is for SoftDevice 0xFFFE (no 'any' here", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Other_hardware_is_not_passed_over()
    {
        var package = TestPackages.Parts(ImageType.SoftDeviceBootloader, 5, 3, hwVersion: 51);
        var (refused, scenario) = Refusal(package, Device("sdk17") with { HwVersion = 52 });
        Assert.Equal(DfuError.HwVersionRefused, refused.Error);
        Assert.Contains("SoftDevice and bootloader 5 are for hardware 51", refused.Message, StringComparison.Ordinal);
        Assert.Empty(scenario.Recorder.Passed);
    }

    [Fact]
    public void A_link_lost_in_the_application_after_a_part_was_passed_over_goes_on_there()
    {
        var cut = false;
        var scenario = new Scenario
        {
            Package = TestPackages.Parts(ImageType.SoftDeviceBootloader, 5, 3),
            Options = Device("sdk17 saving") with { BootloaderVersion = 5 },
            Wrap = (run, link, _) => new CuttingLink(link, () =>
            {
                if (cut || run.Recorder.Sent < 5000) return;
                cut = true;
                run.Device.CutLink();
            }),
        }.Run();
        Assert.True(cut);
        Assert.True(scenario.HasImage, scenario.ToString());
        Assert.Single(scenario.Recorder.Passed);
        Assert.Equal(2, scenario.Device.Counters.CreateCommands);
    }

    [Theory]
    [InlineData("sdk15.0")]
    [InlineData("sdk15.3")]
    [InlineData("sdk17")]
    [InlineData("sdk17 saving")]
    public void A_refused_device_is_back_in_its_application_at_once(string profile)
    {
        var options = Device(profile) with { HwVersion = 51, StartsInApplication = true, ApplicationSize = 20_000 };
        var (refused, scenario) = Refusal(TestPackages.Application(9000), options);
        Assert.EndsWith("the device is back in its application", refused.Message, StringComparison.Ordinal);
        Assert.Equal(DeviceMode.Application, scenario.Device.Mode);
        Assert.True(scenario.Time.Elapsed < TimeSpan.FromSeconds(20), scenario.Time.Elapsed.ToString());
    }

    [Fact]
    public void A_refused_device_that_waited_in_its_bootloader_goes_to_the_application_it_has()
    {
        var (refused, scenario) = Refusal(TestPackages.Application(9000), Device("sdk17") with { HwVersion = 51, ApplicationSize = 20_000 });
        Assert.EndsWith("the device is back in its application", refused.Message, StringComparison.Ordinal);
        Assert.Equal(DeviceMode.Application, scenario.Device.Mode);
    }

    [Fact]
    public void A_refused_device_without_application_stays_where_it_is()
    {
        var (refused, scenario) = Refusal(TestPackages.Application(9000), Device("sdk17") with { HwVersion = 51 });
        Assert.EndsWith("the device is back in its bootloader, for it has no application", refused.Message, StringComparison.Ordinal);
        Assert.Equal(DeviceMode.Bootloader, scenario.Device.Mode);
    }

    [Theory]
    [InlineData("sdk12")]
    [InlineData("sdk13")]
    [InlineData("sdk14")]
    public void A_bootloader_without_ABORT_is_said_to_stay(string profile)
    {
        var options = Device(profile) with { HwVersion = 51, StartsInApplication = true, ApplicationSize = 20_000 };
        var (refused, _) = Refusal(TestPackages.Application(9000), options);
        Assert.Contains("the device is still in its bootloader, which cannot be told to leave", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sdk17", "the device has no application now: it took SoftDevice and bootloader 5 of this package")]
    [InlineData("sdk14", "the device may have no application now: it took SoftDevice and bootloader 5 of this package")]
    public void An_application_that_does_not_fit_the_SoftDevice_of_its_own_package_leaves_a_device_that_is_told_of(string profile, string told)
    {
        var parts = TestPackages.Parts(ImageType.SoftDeviceBootloader, 5, 3);
        var wrong = TestPackages.Application(9000, sdReq: 0xCB);
        var (refused, scenario) = Refusal(parts with { Images = [parts.Images[0], wrong.Images[0]] }, Device(profile));
        Assert.Equal(DfuError.SoftDeviceRefused, refused.Error);
        Assert.Contains("application 2 is for SoftDevice 0x00CB (S132 7.0.1), and the device runs another", refused.Message, StringComparison.Ordinal);
        Assert.Contains(told, refused.Message, StringComparison.Ordinal);
        Assert.EndsWith("send an application that is built for SoftDevice 0x0100 (S140 7.2.0)", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1, scenario.Device.Counters.Activations);
    }

    [Theory]
    [InlineData("hardware")]
    [InlineData("SoftDevice")]
    [InlineData("version")]
    [InlineData("signature")]
    public void A_bootloader_of_SDK_12_says_nothing_and_the_detail_says_all_four(string cause)
    {
        using var theirs = DfuKeys.Generate();
        using var ours = DfuKeys.Generate();
        foreach (var inApplication in new[] { false, true })
        {
            var options = Device("sdk12") with { ApplicationVersion = 1, ApplicationSize = 9000, StartsInApplication = inApplication, PublicKey = theirs };
            options = cause switch
            {
                "hardware" => options with { HwVersion = 51 },
                "SoftDevice" => options with { SoftDeviceId = 0xB7 },
                "version" => options with { ApplicationVersion = 9 },
                _ => options with { RequireSigned = true },
            };
            var (refused, _) = Refusal(TestPackages.Application(9000, key: ours, sdReq: 0x100), options);
            Assert.Equal(DfuError.InitPacketRefusedUnexplained, refused.Error);
            Assert.Contains("60 04 05", refused.Message, StringComparison.Ordinal);
            const string Asked = "application 2 is for hardware 52 and SoftDevice 0x0100 (S140 7.2.0), has version 2 and is signed";
            Assert.Contains(Asked, refused.Message, StringComparison.Ordinal);
        }
    }

    /// <summary>By init packet and MTU alone SDK 13 and 14 look like SDK 12; the application they came from tells.</summary>
    [Theory]
    [InlineData("sdk13", true, DfuError.SignatureRefused)]
    [InlineData("sdk13", false, DfuError.InitPacketRefusedUnexplained)]
    [InlineData("sdk14", true, DfuError.SignatureRefused)]
    [InlineData("sdk15.0", false, DfuError.SignatureRefused)]
    [InlineData("sdk17", false, DfuError.SignatureRefused)]
    public void A_wrong_key_is_called_that_where_the_bootloader_can_only_mean_that(string profile, bool inApplication, DfuError error)
    {
        using var theirs = DfuKeys.Generate();
        using var ours = DfuKeys.Generate();
        var options = Device(profile) with { PublicKey = theirs, RequireSigned = true, StartsInApplication = inApplication, ApplicationSize = 9000 };
        Assert.Equal(error, Refusal(TestPackages.Application(5000, key: ours, sdReq: 0x100), options).Refused.Error);
    }

    [Theory]
    [InlineData("sdk13", DfuError.HwVersionRefused)]
    [InlineData("sdk14", DfuError.HwVersionRefused)]
    public void Extended_errors_of_old_bootloaders_are_what_they_are(string profile, DfuError error) =>
        Assert.Equal(error, Refusal(TestPackages.Application(5000), Device(profile) with { HwVersion = 51 }).Refused.Error);

    [Theory]
    [InlineData("sdk12", 256)]
    [InlineData("sdk15.0", 256)]
    public void The_limit_of_an_init_packet_is_the_devices_own(string profile, int limit)
    {
        var package = TestPackages.Application(9000);
        var image = package.Images[0] with { InitPacket = new byte[300] };
        var (refused, _) = Refusal(package with { Images = [image] }, Device(profile));
        Assert.Equal(DfuError.InitPacketTooLarge, refused.Error);
        Assert.Contains($"application 2 has 300 bytes, and this bootloader takes {limit}", refused.Message, StringComparison.Ordinal);
    }

    private static DfuPackage Nordics(ImageType system)
    {
        var before = TestPackages.Parts(system, bootloaderVersion: 5, version: 3, sdReq: 0xB7, sdId: 0xB7);
        var after = TestPackages.Parts(system, bootloaderVersion: 5, version: 3, sdReq: 0xB7, sdId: 0x100);
        return after with { Images = [before.Images[0], after.Images[1]] };
    }

    private static VirtualDeviceOptions Device(string profile) => new()
    {
        ApplicationAddress = BluetoothAddress.Parse("C0:98:76:54:32:10"),
        Profile = BootloaderProfile.All.Single(candidate => candidate.ToString() == profile),
        SoftDeviceId = 0x100,
        RequireSigned = false,
    };

    private static (DfuException Refused, Scenario Scenario) Refusal(DfuPackage package, VirtualDeviceOptions options)
    {
        var scenario = new Scenario { Package = package, Options = options, MaxAttempts = 1 };
        return (Assert.Throws<DfuException>(() => scenario.Run()), scenario);
    }
}
