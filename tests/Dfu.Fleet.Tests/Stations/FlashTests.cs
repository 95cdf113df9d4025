using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Tests.Fakes;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Transfers;

namespace Dfu.Fleet.Tests.Stations;

public sealed class FlashTests
{
    [Fact]
    public void Two_hundred_devices_over_four_adapters_are_all_updated_once()
    {
        var station = new Station(devices: 200, adapters: 4);
        var view = station.Run(() => station.FlashAsync());

        Assert.Equal(CampaignOutcome.Succeeded, view.Outcome);
        Assert.Equal(200, view.Devices.Count(device => device.Outcome == DeviceOutcome.Updated));
        Assert.All(station.World.Devices.Values, device => Assert.Equal(1, device.Activations));
        Assert.Equal(1, station.World.MostDriversPerDevice);
        Assert.All(station.Sources, source => Assert.Equal(1, source.Current!.MostConnects));
        Assert.All(station.Sources, source => Assert.Equal(source.MaxLinks, source.Current!.MostLinks));
        Assert.All(view.Devices, device => Assert.Equal(station.Package.TotalBytes, device.BytesSent));
        Assert.Equal(0, view.Devices.Sum(device => device.BytesResent));
    }

    [Fact]
    public void The_limit_over_all_adapters_holds()
    {
        var station = new Station(devices: 12, adapters: 4) { Policy = new() { MaxConcurrency = 2 } };
        var most = 0;
        var view = station.Run(async () =>
        {
            await using var run = station.Start();
            await run.StartAsync(station.Request(), CancellationToken.None);
            var over = run.WaitAsync(CancellationToken.None);
            while (!over.IsCompleted)
            {
                most = Math.Max(most, station.World.Devices.Values.Count(device => device.Link is not null));
                await station.After(0.1);
            }

            return await over;
        });
        Assert.Equal(CampaignOutcome.Succeeded, view.Outcome);
        Assert.Equal(2, most);
    }

    [Fact]
    public void A_device_that_always_fails_ends_as_failed_and_the_others_finish()
    {
        var station = new Station(devices: 20, adapters: 2);
        var bad = station.World.Devices[World.Address(7)];
        bad.AlwaysFails = new DfuException(DfuError.RequestTimeout, "no answer to CREATE");
        var view = station.Run(() => station.FlashAsync());

        Assert.Equal(CampaignOutcome.Failed, view.Outcome);
        var failed = Assert.Single(view.Devices, device => device.Outcome == DeviceOutcome.Failed);
        Assert.Equal(bad.Application, failed.Application);
        Assert.Equal(DfuError.RequestTimeout, failed.Error);
        Assert.Equal(new FleetPolicy().MaxFruitlessAttempts, failed.Attempts);
        Assert.Equal(19, view.Devices.Count(device => device.Outcome == DeviceOutcome.Updated));
    }

    [Fact]
    public void A_refusal_that_repeating_cannot_cure_fails_at_once()
    {
        var station = new Station();
        station.World.Devices.Values.Single().AlwaysFails = new DfuException(DfuError.SignatureRefused, "60 04 05");
        var view = station.Run(() => station.FlashAsync());
        var device = Assert.Single(view.Devices);
        Assert.Equal((DeviceOutcome.Failed, DfuError.SignatureRefused, 1), (device.Outcome, device.Error, device.Attempts));
    }

    [Fact]
    public void A_drop_is_resumed_from_what_the_device_holds()
    {
        var station = new Station();
        var device = station.World.Devices.Values.Single();
        var view = station.Run(async () =>
        {
            await using var run = station.Start();
            await run.StartAsync(station.Request(), CancellationToken.None);
            await station.After(1.2);
            device.Link!.Close(Protocol.Links.LinkClosure.SupervisionTimeout);
            return await run.WaitAsync(CancellationToken.None);
        });
        var shown = Assert.Single(view.Devices);
        Assert.Equal(DeviceOutcome.Updated, shown.Outcome);
        Assert.Equal(2, shown.Attempts);
        var resume = Assert.Single(shown.Resumes);
        Assert.Equal(Diagnosis.Healthy, resume.Diagnosis);
        Assert.InRange(shown.BytesResent, 1, 4096);
        Assert.Equal(1, station.Runner.Orders[1].Hint.MeanTimeBetweenDrops is null ? 0 : 1);
    }

    [Fact]
    public void A_device_nobody_hears_fails_after_the_patience()
    {
        var station = new Station(devices: 3);
        station.World.Devices[World.Address(2)].Silent = true;
        var view = station.Run(() => station.FlashAsync());
        var failed = Assert.Single(view.Devices, device => device.Outcome == DeviceOutcome.Failed);
        Assert.Equal(DfuError.NotHeard, failed.Error);
        Assert.InRange(station.Time.Elapsed.TotalSeconds, 120, 125);
    }

    [Fact]
    public void Devices_are_collected_as_they_are_heard()
    {
        var station = new Station(devices: 5);
        foreach (var device in station.World.Devices.Values.Take(2)) device.InBootloader = true;
        var view = station.Run(() => station.FlashAsync(station.Request(new() { All = true, ScanTime = TimeSpan.FromSeconds(5) })));
        Assert.Equal(CampaignOutcome.Succeeded, view.Outcome);
        Assert.Equal(station.World.Devices.Keys.Order(), view.Devices.Select(device => device.Application).Order());
    }

    [Fact]
    public void A_bootloader_with_a_name_of_its_own_is_not_collected_as_another_device()
    {
        var station = new Station(devices: 2);
        foreach (var device in station.World.Devices.Values) device.BootloaderName = "MyBoot";
        station.World.Devices[World.Address(1)].Failures.Enqueue(new DfuException(DfuError.LinkLost, "dropped"));
        var view = station.Run(() => station.FlashAsync(station.Request(new() { All = true })));
        Assert.Equal(CampaignOutcome.Succeeded, view.Outcome);
        Assert.Equal(2, view.Devices.Length);
    }

    [Fact]
    public void Neighbours_with_consecutive_addresses_are_both_collected()
    {
        var station = new Station();
        var neighbour = World.Address(1).Bootloader;
        station.World.Devices[neighbour] = new(neighbour);
        var view = station.Run(() => station.FlashAsync(station.Request(new() { All = true })));
        Assert.Equal(2, view.Devices.Length);
    }

    [Fact]
    public void Devices_with_a_name_are_collected_until_there_are_enough()
    {
        var station = new Station(devices: 5);
        var view = station.Run(() => station.FlashAsync(station.Request(new() { NameGlob = "Sens*", Count = 3 })));
        Assert.Equal(CampaignOutcome.Succeeded, view.Outcome);
        Assert.Equal(3, view.Devices.Length);
    }

    [Fact]
    public void Fewer_devices_than_asked_for_is_a_failure_that_says_so()
    {
        var station = new Station(devices: 2);
        var request = station.Request(new() { All = true, Count = 3 });
        var view = station.Run(() => station.FlashAsync(request));
        Assert.Equal(CampaignOutcome.Failed, view.Outcome);
        Assert.Equal(2, view.Devices.Count(device => device.Outcome == DeviceOutcome.Updated));
        Assert.Contains(view.Notices, notice => notice.Contains("2 of 3", StringComparison.Ordinal));

        // The same request looks for the missing one, and leaves the others alone.
        station.World.Add(3);
        station.Runner.Orders.Clear();
        Assert.Equal(CampaignOutcome.Succeeded, station.Run(() => station.FlashAsync(request)).Outcome);
        Assert.Equal(World.Address(3), Assert.Single(station.Runner.Orders).Application);
    }

    [Fact]
    public void One_device_of_an_unknown_class_probes_and_what_it_learns_is_kept()
    {
        var station = new Station(devices: 24, adapters: 2);
        station.Runner.Traits = new() { InitMax = 512, Mtu = 247, Keeps = Keeps.Nothing };
        var view = station.Run(() => station.FlashAsync());
        Assert.Single(station.Runner.Orders, order => order.Hint.Probe);
        Assert.Single(view.Notices, notice => notice.Contains("NRF_DFU_SAVE_PROGRESS_IN_FLASH=1", StringComparison.Ordinal));
        Assert.Equal(Keeps.Nothing, station.Runner.Orders[^1].Hint.Traits.Keeps);

        station.Runner.Orders.Clear();
        station.Run(() => station.FlashAsync(station.Request() with { Restart = true }));
        Assert.DoesNotContain(station.Runner.Orders, order => order.Hint.Probe);
    }

    [Fact]
    public void Cancelling_stops_what_runs_and_drops_what_waits()
    {
        var station = new Station(devices: 10);
        var view = station.Run(async () =>
        {
            await using var run = station.Start();
            await run.StartAsync(station.Request(), CancellationToken.None);
            await station.After(4);
            await run.CancelAsync();
            return await run.WaitAsync(CancellationToken.None);
        });
        Assert.Equal(CampaignOutcome.Failed, view.Outcome);
        Assert.Contains(view.Devices, device => device.Outcome == DeviceOutcome.Updated);
        Assert.Contains(view.Devices, device => device.Outcome == DeviceOutcome.Cancelled);
        Assert.DoesNotContain(view.Devices, device => device.Outcome == DeviceOutcome.Pending);
        Assert.All(station.World.Devices.Values, device => Assert.Null(device.Link));
    }
}
