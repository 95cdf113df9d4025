using Dfu.Cluster.Tests.Harness;
using Dfu.Cluster.Tests.Support;
using Dfu.Fleet;
using Dfu.Fleet.Campaigns;
using Dfu.Grains;
using Dfu.Grains.Directory;
using Dfu.Protocol.Transfers;
using Orleans.Runtime.Placement;
using Xunit.Abstractions;

namespace Dfu.Cluster.Tests.Silos;

/// <summary>A silo dies in the middle of a campaign, with half of the adapters.</summary>
public sealed class DeadSiloTests(ITestOutputHelper output)
{
    private static readonly RoomSettings Saving = new()
    {
        Devices = 24,
        Radios = 4,
        Size = 16 * 4096,
        Device = static (options, _) => options with { Profile = options.Profile with { SaveProgress = true } },
    };

    /// <summary>A busy machine takes seconds to start a silo; the devices' clock runs twenty times as fast.</summary>
    private static readonly FleetPolicy Patient = new() { Campaign = new() { Patience = TimeSpan.FromMinutes(15) } };

    [Fact]
    public async Task Its_devices_go_on_with_the_adapters_of_the_other_and_when_it_is_back_it_takes_work_again()
    {
        await using var fleet = new SiloFleet(2, Saving, Patient) { SilosDie = true };
        var room = fleet.Room;

        // Some devices are heard by one radio of the other silo only, and some come when the silo is back, within its reach only.
        for (var i = 0; i < 6; i++) room.SetDeaf(2 * (i % 2), room.Devices[i]);
        var late = room.Devices.Skip(20).ToArray();
        foreach (var device in late) for (var radio = 0; radio < 4; radio++) room.SetDeaf(radio, device);
        var open = await fleet.OpenAsync();
        await open.StartAsync(room.Request(), CancellationToken.None);
        await room.UntilAsync(() => WorkingOn(room, silo: 1) >= 3, "transfers on the silo that is to die");
        var killed = room.Time.Elapsed;
        var began = TimeProvider.System.GetTimestamp();
        var orphans = room.Journal.Drives.Where(static drive => drive is { Host: "Silo_1", Ended: null }).Select(static drive => drive.Device).ToArray();
        Assert.NotEmpty(orphans);
        await fleet.KillAsync(1);

        // One that had been activated already may be heard in its new application, and needs no adapter any more.
        await room.UntilAsync(
            () => orphans.All(orphan => room.Device(orphan).Counters.Activations > 0
                || room.Journal.Drives.Any(drive => drive.Device == orphan && drive.Host == "Silo_0" && drive.Began > killed)),
            "the dead silo's devices on the other one");
        var outage = TimeProvider.System.GetElapsedTime(began);

        await fleet.ReturnAsync(1);
        var returned = room.Time.Elapsed;
        foreach (var device in late) room.SetDeaf(1, device, false);
        var view = await FleetUnderTest.WaitAsync(open);
        Assert.True(view.Outcome == CampaignOutcome.Succeeded, FleetUnderTest.Describe(view));
        Assert.Equal(room.Devices.Count, room.Updated);
        Assert.All(room.Devices, static device => Assert.Equal(1, device.Counters.Activations));
        room.Journal.AssertNoDeviceHadTwoDrivers();
        Assert.All(late, device =>
            Assert.Contains(room.Journal.Drives, drive => drive.Device == device.ApplicationAddress && drive.Host == "Silo_1" && drive.Began > returned));
        AssertNothingSentTwiceWithoutADiagnosis(room, view);
        output.WriteLine(
            $"{orphans.Length} devices without a silo were taken over within {outage.TotalSeconds:0.0} s; "
            + $"{view.Devices.Sum(static device => device.BytesResent)} bytes re-sent of {view.Devices.Sum(static device => device.BytesTotal)}");
    }

    [Fact]
    public async Task Whichever_silo_dies_first_and_second_every_device_is_updated()
    {
        await using var fleet = new SiloFleet(2, Saving, Patient) { SilosDie = true };
        SetDeaf(fleet.Room, true);
        var open = await fleet.OpenAsync();
        await open.StartAsync(fleet.Room.Request(), CancellationToken.None);
        for (var silo = 0; silo < 2; silo++)
        {
            // The second half comes when the first silo is back, so that both have work when they die.
            if (silo == 1) SetDeaf(fleet.Room, false);
            await fleet.Room.UntilAsync(() => WorkingOn(fleet.Room, silo) >= 2, $"transfers on silo {silo}");
            await fleet.KillAsync(silo);
            await fleet.ReturnAsync(silo);
        }

        var view = await FleetUnderTest.WaitAsync(open);
        Assert.True(view.Outcome == CampaignOutcome.Succeeded, FleetUnderTest.Describe(view));
        Assert.All(fleet.Room.Devices, static device => Assert.Equal(1, device.Counters.Activations));
        fleet.Room.Journal.AssertNoDeviceHadTwoDrivers();
        AssertNothingSentTwiceWithoutADiagnosis(fleet.Room, view);
    }

    [Fact]
    public async Task A_campaign_that_died_with_its_silo_goes_on_although_nobody_calls_it()
    {
        var woken = new TaskCompletionSource();
        var killed = false;
        await using var fleet = new SiloFleet(2, new RoomSettings { Devices = 1 }, new())
        {
            SilosDie = true,
            Configure = (name, silo) => silo.AddCampaignWaker().AddIncomingGrainCallFilter(context =>
            {
                if (Volatile.Read(ref killed) && name == SiloFleet.SiloName(0) && context.InterfaceMethod.DeclaringType == typeof(ICampaignGrain))
                    woken.TrySetResult();
                return context.Invoke();
            }),
        };
        var room = fleet.Room;
        for (var radio = 0; radio < 2; radio++) room.SetDeaf(radio, room.Devices[0]);
        await fleet.OpenAsync();
        var request = room.Request();
        await fleet.Grains.GetGrain<IPackageGrain>(request.Package.Id).PutAsync(request.PackageFile.ToArray());
        RequestContext.Set(IPlacementDirector.PlacementHintKey, fleet.Cluster.Silos.Single(static silo => silo.Name == SiloFleet.SiloName(1)).SiloAddress);
        var ticket = await fleet.Grains.GetGrain<IFleetGrain>(0).StartAsync(new()
        {
            PackageId = request.Package.Id,
            ImageSizes = [.. request.Package.Images.Select(static image => (long)image.Firmware.Length)],
            HwVersion = request.Package.Images[0].HwVersion,
            Targets = request.Targets,
        });
        RequestContext.Clear();
        Assert.NotEqual("", ticket.Campaign);
        Volatile.Write(ref killed, true);
        await fleet.KillAsync(1);
        await woken.Task.Soon();
    }

    private static void SetDeaf(Room room, bool deaf)
    {
        foreach (var device in room.Devices.Skip(12))
        {
            for (var radio = 0; radio < room.Radios.Count; radio++) room.SetDeaf(radio, device, deaf);
        }
    }

    private static int WorkingOn(Room room, int silo) => room.Journal.Contacts.Count(contact =>
        contact.Host == SiloFleet.SiloName(silo) && contact.PacketBytes is > 2 * 4096 and < 14 * 4096
            && contact.LastWrite > room.Time.Elapsed - TimeSpan.FromSeconds(1));

    /// <summary>
    /// A device that saves every object writes it 0.2 s after it has answered: whoever interrupts it then takes that object along and
    /// the one under way. Each time a resume says so, unless nothing was kept of the image and, on the dead silo, nothing was stored of
    /// its first confirmation: then the next attempt cannot tell it from a first one. The device counts for itself.
    /// </summary>
    private static void AssertNothingSentTwiceWithoutADiagnosis(Room room, CampaignView view)
    {
        foreach (var device in view.Devices)
        {
            var there = room.Device(device.Application).Counters;
            var twice = there.FirmwareBytes - room.Settings.Size;
            var interruptions = Math.Max(device.Resumes.Length, device.Attempts - 1);
            Assert.InRange(twice, 0, interruptions * 2 * 4096);
            Assert.All(device.Resumes, resume => Assert.True(
                resume.Held >= resume.Stored - 4096 || resume.Diagnosis is Diagnosis.Probe or Diagnosis.ProbablyActivated, $"{device.Application}: {resume}"));
        }
    }
}
