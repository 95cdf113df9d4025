using Dfu.Adapters.Simulated;
using Dfu.Cluster.Tests.Harness;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Transfers;

namespace Dfu.Cluster.Tests.Contracts;

/// <summary>What goes wrong, and what becomes of it.</summary>
public abstract partial class FleetContract
{
    [Fact]
    public async Task A_device_that_always_fails_is_explained_and_holds_nobody_up()
    {
        await using var fleet = Create(policy: new() { Campaign = new() { MaxFruitlessAttempts = 2 } }, devices: 6);
        var bad = fleet.Room.Devices[0];
        bad.StallFlash(true);
        var view = await fleet.FlashAsync();
        Assert.Equal(CampaignOutcome.Failed, view.Outcome);
        var failed = Assert.Single(view.Devices, static device => device.Outcome != DeviceOutcome.Updated);
        Assert.Equal((bad.ApplicationAddress, DeviceOutcome.Failed, 2), (failed.Application, failed.Outcome, failed.Attempts));
        Assert.True(failed.Error.IsTransient(), $"{failed.Error}");
        Assert.StartsWith("2 attempts in a row confirmed nothing; the last: ", failed.Detail, StringComparison.Ordinal);
        Assert.Equal(5, fleet.Room.Updated);
        var lastGood = fleet.Room.Journal.Drives.Where(drive => drive.Device != bad.ApplicationAddress).Max(static drive => drive.Ended);
        Assert.True(lastGood < fleet.Room.Journal.Drives.Where(drive => drive.Device == bad.ApplicationAddress).Max(static drive => drive.Ended));
    }

    [Fact]
    public async Task A_package_for_other_hardware_is_refused_by_the_device_and_not_repeated()
    {
        await using var fleet = Create(new() { Device = static (options, index) => index == 1 ? options with { HwVersion = 51 } : options }, devices: 3);
        var view = await fleet.FlashAsync();
        Assert.Equal(CampaignOutcome.Failed, view.Outcome);
        var refused = Assert.Single(view.Devices, static device => device.Outcome == DeviceOutcome.Failed);
        Assert.Equal((fleet.Room.Devices[1].ApplicationAddress, DfuError.HwVersionRefused, 1), (refused.Application, refused.Error, refused.Attempts));
        Assert.Equal((0, 0), (refused.BytesSent, fleet.Room.Devices[1].Counters.FirmwareBytes));
        Assert.Equal(2, fleet.Room.Updated);
    }

    [Fact]
    public async Task An_adapter_that_is_lost_for_good_leaves_its_devices_to_the_others()
    {
        await using var fleet = Create(Saving, devices: 8);
        var open = await fleet.OpenAsync();
        await open.StartAsync(fleet.Room.Request(), CancellationToken.None);
        await fleet.Room.UntilAsync(() => Busy(fleet, radio: 0), "work on the adapter that will be lost", then: () => fleet.Room.Radios[0].Kill("pulled out"));
        var view = await FleetUnderTest.WaitAsync(open);
        AssertSucceeded(fleet, view);
        Assert.Contains(view.Devices, static device => device.Attempts > 1);
        Assert.All(view.Devices.Where(static device => device.Resumes.Any(static resume => resume.Diagnosis != Diagnosis.Probe)), device =>
            Assert.Equal(fleet.AdapterId(1), device.Adapter));
        AssertBytes(fleet, view);
        await fleet.Room.UntilAsync(() => open.Snapshot().Adapters
            .Single(adapter => adapter.Id == fleet.AdapterId(0)) is { Status: not AdapterStatus.Ready, Detail.Length: > 0 }, "the lost adapter in the view");
    }

    [Fact]
    public async Task An_adapter_that_comes_back_takes_work_again()
    {
        await using var fleet = Create(Saving, new() { Campaign = new() { Patience = TimeSpan.FromMinutes(15) } }, devices: 12);
        var later = fleet.Room.Devices.Skip(6).ToArray();
        foreach (var device in later) SetDeaf(fleet, device, true);
        var open = await fleet.OpenAsync();
        await open.StartAsync(fleet.Room.Request(), CancellationToken.None);
        await fleet.Room.UntilAsync(() => Busy(fleet, radio: 0), "work on the adapter that will be lost", then: () => fleet.Room.Radios[0].Kill("pulled out"));
        await fleet.Room.AfterAsync(2);
        fleet.Room.Radios[0].Revive();
        var revived = fleet.Room.Time.Elapsed;
        await fleet.Room.UntilAsync(() => open.Snapshot().Adapters.All(static adapter => adapter.Status == AdapterStatus.Ready), "both adapters ready");
        foreach (var device in later) SetDeaf(fleet, device, false);
        var view = await FleetUnderTest.WaitAsync(open);
        AssertSucceeded(fleet, view);
        Assert.Contains(fleet.Room.Journal.Contacts, contact => contact.Radio == fleet.Room.Radios[0].Id && contact.Opened > revived);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Dropped_links_are_resumed_with_a_diagnosis_and_every_byte_is_accounted_for(bool saves)
    {
        var settings = (saves ? Saving : new()) with { Link = LinkModel.Perfect with { DropRate = 0.05 }, Size = 24 * 4096 };
        await using var fleet = Create(settings, devices: 6);
        var view = await fleet.FlashAsync();
        AssertSucceeded(fleet, view);
        var drops = fleet.Room.Devices.Sum(static device => device.Counters.Drops);
        Assert.True(drops > 0);
        var resumes = view.Devices.SelectMany(static device => device.Resumes).ToArray();
        Assert.InRange(resumes.Length, 1, drops + 2);
        Assert.Contains(resumes, static resume => resume.Held > 0);
        AssertBytes(fleet, view);

        // Nothing is sent twice that no interruption explains.
        foreach (var device in view.Devices) Assert.True(device.BytesResent == 0 || Interruptions(device) > 0, FleetUnderTest.Describe(view));
        if (saves) Assert.All(view.Devices, static device => Assert.InRange(device.BytesResent, 0, Interruptions(device) * 2 * 4096));
        else Assert.Contains(view.Notices, static notice => notice.Contains("NRF_DFU_SAVE_PROGRESS_IN_FLASH=1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_device_nobody_hears_fails_after_the_patience()
    {
        await using var fleet = Create(policy: Impatient, devices: 3);
        SetDeaf(fleet, fleet.Room.Devices[2], true);
        var began = fleet.Room.Time.Elapsed;
        var view = await fleet.FlashAsync();
        Assert.Equal(CampaignOutcome.Failed, view.Outcome);
        var failed = Assert.Single(view.Devices, static device => device.Outcome == DeviceOutcome.Failed);
        Assert.Equal((fleet.Room.Devices[2].ApplicationAddress, DfuError.NotHeard, "not heard for 15 s", 0),
            (failed.Application, failed.Error, failed.Detail, failed.Attempts));
        Assert.True(fleet.Room.Time.Elapsed - began >= Impatient.Patience);
        Assert.Equal(2, fleet.Room.Updated);
    }

    [Fact]
    public async Task When_no_adapter_is_left_the_rest_fails_with_that_reason_after_the_patience()
    {
        await using var fleet = Create(Saving, Impatient, devices: 8);
        var open = await fleet.OpenAsync();
        await open.StartAsync(fleet.Room.Request(), CancellationToken.None);
        await fleet.Room.UntilAsync(() => Busy(fleet, radio: 0) && Busy(fleet, radio: 1), "work on both adapters", then: () =>
        {
            foreach (var radio in fleet.Room.Radios) radio.Kill("pulled out");
        });
        var view = await FleetUnderTest.WaitAsync(open);
        Assert.Equal(CampaignOutcome.Failed, view.Outcome);
        var failed = view.Devices.Where(static device => device.Outcome != DeviceOutcome.Updated).ToArray();
        Assert.NotEmpty(failed);
        Assert.All(failed, static device =>
            Assert.Equal((DeviceOutcome.Failed, DfuError.NoAdapter, "no adapter for 15 s"), (device.Outcome, device.Error, device.Detail)));
        fleet.Room.Journal.AssertNoDeviceHadTwoDrivers();
    }

    /// <summary>A transfer over this radio has sent some objects and has more to send.</summary>
    private static bool Busy(FleetUnderTest fleet, int radio) => fleet.Room.Journal.Contacts.Any(contact =>
        contact.Radio == fleet.Room.Radios[radio].Id && contact.PacketBytes is > 4 * 4096 and < 9 * 4096
            && contact.LastWrite > fleet.Room.Time.Elapsed - TimeSpan.FromSeconds(1));
}
