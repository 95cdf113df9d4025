using Dfu.Adapters.Simulated;
using Dfu.Fleet.Updates;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Transfers;
using Dfu.Simulation.Tests.Support;

namespace Dfu.Simulation.Tests;

/// <summary>Whole updates on devices that are not just waiting in their bootloader for one image.</summary>
public sealed class JourneyTests
{
    private const int ObjectSize = 4096;
    private static readonly DfuPackage Application = TestPackages.Application((3 * ObjectSize) + 500);

    public static TheoryData<string> Profiles => new(BootloaderProfile.All.Select(profile => profile.ToString()));

    [Theory]
    [MemberData(nameof(Profiles))]
    public void An_application_is_sent_to_its_bootloader_and_comes_back_updated(string profile)
    {
        var scenario = new Scenario { Package = Application, Options = Device(profile) with { StartsInApplication = true, ApplicationSize = 20_000 } }.Run();
        Assert.True(scenario.HasImage, scenario.ToString());
        Assert.True(scenario.Result!.ApplicationHeard);
        Assert.Contains(UpdatePhase.Jumping, scenario.Recorder.Phases);
        Assert.Equal(0, scenario.Resent);
        Assert.Empty(scenario.Errors);
    }

    [Fact]
    public void An_address_whose_low_byte_is_ff_wraps_without_carry()
    {
        var options = Device("sdk17") with { ApplicationAddress = BluetoothAddress.Parse("C0:98:76:54:32:FF"), StartsInApplication = true };
        var scenario = new Scenario { Package = Application, Options = options }.Run();
        Assert.Equal(BluetoothAddress.Parse("C0:98:76:54:32:00"), scenario.Device.BootloaderAddress);
        Assert.True(scenario.HasImage, scenario.ToString());
    }

    [Fact]
    public void A_bonded_device_keeps_its_address()
    {
        var scenario = new Scenario { Package = Application, Options = Device("sdk17") with { Bonded = true, StartsInApplication = true } }.Run();
        Assert.True(scenario.HasImage, scenario.ToString());
        Assert.Equal(scenario.Recorder.Application, scenario.Recorder.Bootloader);
    }

    /// <summary>It comes back at the address of its bootloader: only a look at its characteristics tells that the update is done.</summary>
    [Fact]
    public void A_bonded_device_whose_last_answer_is_lost_is_not_updated_again()
    {
        var scenario = new Scenario
        {
            Package = Application,
            Options = Device("sdk17") with { Bonded = true, StartsInApplication = true },
            OnLastExecute = run => run.Device.LoseNotification(),
        }.Run();
        Assert.True(scenario.HasImage, scenario.ToString());
        Assert.True(scenario.Result!.ApplicationHeard);
        Assert.Equal(0, scenario.Resent);
    }

    [Fact]
    public void A_bonded_device_that_was_found_in_its_bootloader_is_updated_once()
    {
        var options = Device("sdk17") with { Bonded = true, BondedWith = "sim" };
        var scenario = new Scenario { Package = Application, Options = options, Bootloader = options.ApplicationAddress.Bootloader }.Run();
        Assert.True(scenario.HasImage, scenario.ToString());
        Assert.True(scenario.Result!.ApplicationHeard);
        Assert.Equal(0, scenario.Resent);
    }

    [Fact]
    public void A_bonded_device_whose_bond_we_lost_says_so() =>
        Refused(
            Application,
            Device("sdk17") with { Bonded = true, BondedWith = "sim", BondKept = false, StartsInApplication = true },
            DfuError.PairingRefused);

    [Theory]
    [InlineData("sdk13", 0)]
    [InlineData("sdk14", 20_000)]
    [InlineData("sdk15.0", 20_000)]
    [InlineData("sdk17", 0)]
    [InlineData("sdk17", 20_000)]
    [InlineData("sdk17 saving", 20_000)]
    public void SoftDevice_and_bootloader_are_followed_by_the_application(string profile, int oldApplication)
    {
        var package = TestPackages.All(softDevice: 6 * ObjectSize, bootloader: 2 * ObjectSize, application: (2 * ObjectSize) + 100);
        var scenario = new Scenario { Package = package, Options = Device(profile) with { ApplicationSize = oldApplication } }.Run();
        Assert.True(scenario.HasImage, scenario.ToString());
        Assert.Equal(2, scenario.Recorder.Image);
        Assert.Equal(0, scenario.Resent);
        Assert.Empty(scenario.Errors);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(20_000)]
    public void A_link_lost_in_the_second_part_goes_on_there(int oldApplication)
    {
        var package = TestPackages.All(softDevice: 6 * ObjectSize, bootloader: 2 * ObjectSize, application: (5 * ObjectSize) + 100);
        var cut = false;
        var scenario = new Scenario
        {
            Package = package,
            Options = Device("sdk17 saving") with { ApplicationSize = oldApplication },
            Wrap = (run, link, _) => new CuttingLink(link, () =>
            {
                if (cut || run.Recorder.Sent < 11 * ObjectSize) return;
                cut = true;
                run.Device.CutLink();
            }),
        }.Run();
        Assert.True(cut);
        Assert.True(scenario.HasImage, scenario.ToString());
        Assert.InRange(scenario.Resent, 0, 2 * ObjectSize);
    }

    [Fact]
    public void A_key_that_does_not_fit_is_refused_for_good()
    {
        using var theirs = DfuKeys.Generate();
        using var ours = DfuKeys.Generate();
        Refused(TestPackages.Application(5000, key: ours), Device("sdk17") with { PublicKey = theirs, RequireSigned = true }, DfuError.SignatureRefused);
    }

    [Fact]
    public void A_key_that_fits_is_taken()
    {
        using var key = DfuKeys.Generate();
        var device = Device("sdk17") with { PublicKey = key, RequireSigned = true };
        Assert.True(new Scenario { Package = TestPackages.Application(5000, key: key), Options = device }.Run().HasImage);
    }

    [Theory]
    [InlineData("sdk13")]
    [InlineData("sdk14")]
    [InlineData("sdk15.0")]
    [InlineData("sdk17")]
    public void An_unsigned_package_is_refused_where_signatures_are_required(string profile) =>
        Refused(Application, Device(profile) with { RequireSigned = true }, DfuError.SignatureRequired);

    [Fact]
    public void Another_hardware_version_is_refused() => Refused(Application, Device("sdk17") with { HwVersion = 51 }, DfuError.HwVersionRefused);

    [Fact]
    public void Another_SoftDevice_is_refused() =>
        Refused(TestPackages.Application(5000, sdReq: 0xCA), Device("sdk17") with { SoftDeviceId = 0x100 }, DfuError.SoftDeviceRefused);

    [Theory]
    [InlineData("sdk15.0")]
    [InlineData("sdk17")]
    public void A_SoftDevice_that_is_none_is_refused_once_it_has_been_received_and_is_not_sent_again(string profile)
    {
        var package = TestPackages.OfSoftDevice(5 * ObjectSize, magic: 0);
        var scenario = new Scenario { Package = package, Options = Device(profile) with { SoftDeviceId = 0xFFFE } };
        Assert.Equal(DfuError.ImageRefused, Assert.Throws<DfuException>(scenario.Run).Error);
        Assert.Equal((5 * ObjectSize, 0), (scenario.Recorder.Sent, scenario.Resent));
    }

    [Theory]
    [InlineData("sdk12", 0)] // looks at nothing
    [InlineData("sdk17", 0x51B1_E5DB)]
    public void A_SoftDevice_by_itself_is_put_in_place(string profile, uint magic)
    {
        var package = TestPackages.OfSoftDevice(5 * ObjectSize, magic);
        Assert.True(new Scenario { Package = package, Options = Device(profile) with { SoftDeviceId = 0xFFFE } }.Run().HasImage);
    }

    [Fact]
    public void A_downgrade_is_refused() =>
        Refused(Application, Device("sdk17") with { ApplicationVersion = 3, ApplicationSize = 8192 }, DfuError.VersionRefused);

    [Fact]
    public void An_image_that_does_not_fit_is_refused() =>
        Refused(TestPackages.Application(1_000_000), Device("sdk17"), DfuError.ImageDoesNotFit);

    /// <summary>docs/bootloader.md F12 and its cure F34: the resume preamble makes flash and RAM agree before anything is sent over them.</summary>
    [Fact]
    public void A_drop_during_a_save_and_then_a_power_cut_do_not_spoil_the_image()
    {
        var drops = 0;
        var scenario = new Scenario
        {
            Package = Application,
            Options = Device("sdk17 saving"),
            Wrap = (run, link, number) => new CuttingLink(link, () =>
            {
                switch (number)
                {
                    case 1 when run.Recorder.Confirmed == 2 * ObjectSize && drops == 0:
                        drops++;
                        run.Device.CutLink(); // RAM goes back to object 1 while object 2 is still being written to the settings
                        break;
                    case 2 when run.Recorder.Sent > run.Recorder.Confirmed + 1500 && drops == 1 && run.Recorder.Phases[^1] == UpdatePhase.Sending:
                        drops++;
                        run.Device.PowerCycle();
                        break;
                }
            }),
        }.Run();
        Assert.Equal(2, drops);
        Assert.True(scenario.HasImage, scenario.ToString());
        Assert.Equal(0, scenario.Recorder.Restarts);
    }

    [Fact]
    public void A_hash_refused_although_every_crc_was_right_starts_over_once()
    {
        var spoiled = 0;
        var scenario = new Scenario
        {
            Package = Application,
            Options = Device("sdk17"),
            OnLastExecute = run =>
            {
                if (spoiled++ == 0) run.Device.SpoilFlash();
            },
        }.Run();
        Assert.True(scenario.HasImage, scenario.ToString());
        Assert.Equal(1, scenario.Recorder.Restarts);
        Assert.Contains(scenario.Recorder.Resumes, resume => resume.Diagnosis == Diagnosis.VerificationRestart);
    }

    [Fact]
    public void A_hash_refused_twice_fails_for_good()
    {
        var scenario = new Scenario { Package = Application, Options = Device("sdk17"), OnLastExecute = run => run.Device.SpoilFlash() };
        var refused = Assert.Throws<DfuException>(scenario.Run);
        Assert.Equal(DfuError.VerificationFailed, refused.Error);
        Assert.Equal(1, scenario.Recorder.Restarts);
    }

    /// <summary>Power is lost when the last EXECUTE is sent, and the device comes up with the application it had.</summary>
    [Theory]
    [MemberData(nameof(Profiles))]
    public void An_old_application_that_comes_up_is_not_taken_for_the_new_one(string profile)
    {
        var cuts = 0;
        var scenario = new Scenario
        {
            Package = Application,
            Options = Device(profile) with { ApplicationSize = 20_000 },
            OnLastExecute = run =>
            {
                if (cuts++ == 0) run.Device.PowerCycle();
            },
        }.Run();
        Assert.True(scenario.HasImage, scenario.ToString());
        Assert.True(scenario.Result!.ApplicationHeard);
        Assert.True(cuts > 1, scenario.ToString());
    }

    [Theory]
    [InlineData("sdk15.0")]
    [InlineData("sdk15.3")]
    [InlineData("sdk17")]
    [InlineData("sdk17 saving")]
    public void An_activation_whose_answer_was_lost_is_found_by_looking_and_nothing_is_sent_again(string profile)
    {
        var lost = 0;
        var scenario = new Scenario
        {
            Package = Application,
            Options = Device(profile) with { ApplicationSize = 20_000 },
            Wrap = (run, link, _) => new LossyLink(link, loss => loss == Loss.Notification && run.Recorder.LastExecuteSent && lost++ == 0),
        }.Run();
        Assert.True(scenario.HasImage, scenario.ToString());
        Assert.True(scenario.Result!.ApplicationHeard);
        Assert.Contains(scenario.Recorder.Resumes, resume => resume.Diagnosis == Diagnosis.ProbablyActivated);
        Assert.Equal(0, scenario.Resent);
    }

    [Fact]
    public void A_device_that_loses_power_at_every_last_EXECUTE_is_not_updated_for_ever()
    {
        var scenario = new Scenario { Package = Application, Options = Device("sdk17"), OnLastExecute = run => run.Device.PowerCycle() };
        var failed = Assert.Throws<DfuException>(scenario.Run);
        Assert.Equal(DfuError.ApplicationNotHeard, failed.Error);
        Assert.InRange(scenario.Resent, 1, 2 * Application.Images[0].Firmware.Length);
    }

    [Fact]
    public void A_hash_refused_again_by_a_later_attempt_fails_for_good()
    {
        var cut = false;
        var scenario = new Scenario
        {
            Package = Application,
            Options = Device("sdk17"),
            OnLastExecute = run => run.Device.SpoilFlash(),
            Wrap = (run, link, _) => new CuttingLink(link, () =>
            {
                if (cut || run.Recorder.Restarts == 0 || run.Recorder.Confirmed < ObjectSize) return;
                cut = true;
                run.Device.CutLink();
            }),
        };
        var refused = Assert.Throws<DfuException>(scenario.Run);
        Assert.True(cut);
        Assert.Equal((DfuError.VerificationFailed, 1), (refused.Error, scenario.Recorder.Restarts));
    }

    [Fact]
    public void A_bootloader_whose_flash_is_busy_for_seconds_is_waited_for()
    {
        var stalled = false;
        var scenario = new Scenario
        {
            Package = Application,
            Options = Device("sdk12"),
            Wrap = (run, link, number) => new CuttingLink(link, () =>
            {
                if (stalled || run.Recorder.Sent < ObjectSize) return;
                stalled = true;
                run.Device.StallFlash(true);
                _ = StallAsync(run);
            }),
        }.Run();
        Assert.True(stalled);
        Assert.True(scenario.HasImage, scenario.ToString());
        Assert.Empty(scenario.Errors);

        static async Task StallAsync(Scenario run)
        {
            await Task.Delay(TimeSpan.FromSeconds(3), run.Time);
            run.Device.StallFlash(false);
        }
    }

    [Fact]
    public void A_bootloader_whose_flash_fails_is_not_asked_for_ever()
    {
        var scenario = new Scenario
        {
            Package = Application,
            Options = Device("sdk12"),
            Wrap = (run, link, _) => new CuttingLink(link, () =>
            {
                if (run.Recorder.Sent == 4096) run.Device.FailFlash(1);
            }),
        };
        var failed = Assert.Throws<DfuException>(scenario.Run);
        Assert.Equal(DfuError.FlashFault, failed.Error);
    }

    private static VirtualDeviceOptions Device(string profile) => new()
    {
        ApplicationAddress = BluetoothAddress.Parse("C0:98:76:54:32:10"),
        Profile = BootloaderProfile.All.Single(candidate => candidate.ToString() == profile),
        RequireSigned = false,
    };

    private static void Refused(DfuPackage package, VirtualDeviceOptions options, DfuError error)
    {
        var scenario = new Scenario { Package = package, Options = options, MaxAttempts = 1 };
        var refused = Assert.Throws<DfuException>(scenario.Run);
        Assert.Equal(error, refused.Error);
        Assert.Equal(0, scenario.Recorder.Sent);
    }
}
