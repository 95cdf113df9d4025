using Dfu.Adapters.Simulated;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Transfers;
using Dfu.Simulation.Tests.Support;

namespace Dfu.Simulation.Tests;

/// <summary>What a drop costs, and that an operator is told why.</summary>
public sealed class ResumeTests
{
    private const int ObjectSize = 4096;
    private static readonly DfuPackage Package = TestPackages.Application(50 * ObjectSize);

    [Fact]
    public void A_default_bootloader_comes_back_at_the_last_forced_save()
    {
        var scenario = CutIn(BootloaderProfile.Sdk17, objectIndex: 21, powerCycle: false).Run();
        Assert.True(scenario.HasImage, scenario.ToString());
        Assert.Contains(new ResumeRecord(21 * ObjectSize, 16 * ObjectSize, Diagnosis.BackAtSave), scenario.Recorder.Resumes);
        Assert.InRange(scenario.Resent, 1, 6 * ObjectSize);
        Assert.Equal(Keeps.Nothing, scenario.Recorder.Traits.Keeps);
    }

    [Fact]
    public void A_default_bootloader_comes_back_at_the_last_forced_save_after_a_power_cycle_too()
    {
        var scenario = CutIn(BootloaderProfile.Sdk17, objectIndex: 40, powerCycle: true).Run();
        Assert.True(scenario.HasImage, scenario.ToString());
        Assert.Contains(scenario.Recorder.Resumes, r => r is { Diagnosis: Diagnosis.BackAtSave, Held: 32 * ObjectSize });
    }

    [Fact]
    public void Without_forced_saves_the_same_drop_costs_everything()
    {
        var scenario = CutIn(BootloaderProfile.Sdk17, objectIndex: 21, powerCycle: false, forcedSaves: false).Run();
        Assert.True(scenario.HasImage, scenario.ToString());
        Assert.Contains(new ResumeRecord(21 * ObjectSize, 0, Diagnosis.SavesNothing), scenario.Recorder.Resumes);
        Assert.True(scenario.Resent >= 21 * ObjectSize, scenario.ToString());
    }

    [Fact]
    public void Links_that_always_break_after_two_objects_still_bring_an_update_to_its_end()
    {
        var scenario = new Scenario
        {
            Package = TestPackages.Application(6 * ObjectSize),
            Link = LinkModel.Perfect with { DropAfterBytes = (5 * ObjectSize) / 2, DropEveryLink = true },
            MaxAttempts = 12,
        }.Run();
        Assert.True(scenario.HasImage, scenario.ToString());
    }

    [Fact]
    public void A_saving_bootloader_loses_less_than_two_objects()
    {
        var scenario = CutIn(BootloaderProfile.Sdk17Saving, objectIndex: 21, powerCycle: false).Run();
        Assert.True(scenario.HasImage, scenario.ToString());
        Assert.InRange(scenario.Resent, 0, 2 * ObjectSize);
        Assert.Equal(Keeps.Objects, scenario.Recorder.Traits.Keeps);
    }

    [Fact]
    public void A_bootloader_that_keeps_ram_goes_on_inside_the_object()
    {
        var scenario = CutIn(BootloaderProfile.Sdk153, objectIndex: 21, powerCycle: false).Run();
        Assert.True(scenario.HasImage, scenario.ToString());
        Assert.Contains(scenario.Recorder.Resumes, r => r.Diagnosis == Diagnosis.InsideObject);
        Assert.InRange(scenario.Resent, 0, ObjectSize);
    }

    [Theory]
    [InlineData("sdk14", Keeps.Ram)]
    [InlineData("sdk15.0", Keeps.Ram)]
    [InlineData("sdk15.3", Keeps.Ram)]
    [InlineData("sdk17", Keeps.Nothing)]
    [InlineData("sdk17 saving", Keeps.Objects)]
    public void A_probe_tells_what_a_bootloader_keeps(string name, Keeps keeps)
    {
        var scenario = new Scenario
        {
            Package = TestPackages.Application(5 * ObjectSize),
            Options = Device(BootloaderProfile.All.Single(profile => profile.ToString() == name)),
            Hint = new TransferHint { Probe = true },
        }.Run();
        Assert.True(scenario.HasImage, scenario.ToString());
        Assert.Equal(keeps, scenario.Recorder.Traits.Keeps);
        Assert.Contains(scenario.Recorder.Resumes, r => r.Diagnosis == Diagnosis.Probe);
        Assert.Empty(scenario.Errors);
        Assert.InRange(scenario.Resent, 0, ObjectSize + 244);
    }

    private static VirtualDeviceOptions Device(BootloaderProfile profile) =>
        new() { ApplicationAddress = BluetoothAddress.Parse("C0:98:76:54:32:10"), Profile = profile, RequireSigned = false };

    private static Scenario CutIn(BootloaderProfile profile, int objectIndex, bool powerCycle, bool forcedSaves = true)
    {
        var cut = false;
        return new Scenario
        {
            Package = Package,
            Options = Device(profile),
            Transfer = new TransferOptions { ForcedSaves = forcedSaves },
            Wrap = (scenario, link, _) => new CuttingLink(link, () =>
            {
                if (cut || scenario.Recorder.Sent < (objectIndex * ObjectSize) + 2000) return;
                cut = true;
                if (powerCycle) scenario.Device.PowerCycle();
                else scenario.Device.CutLink();
            }),
        };
    }
}
