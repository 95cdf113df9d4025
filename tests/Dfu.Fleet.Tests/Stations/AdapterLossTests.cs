using Dfu.Fleet.Adapters;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Tests.Fakes;
using Dfu.Protocol.Errors;

namespace Dfu.Fleet.Tests.Stations;

public sealed class AdapterLossTests
{
    [Fact]
    public void A_dead_adapters_devices_go_on_with_the_others_at_once()
    {
        var station = new Station(devices: 12, adapters: 2);
        var handedOver = new List<double>();
        var view = station.Run(async () =>
        {
            await using var run = station.Start();
            await run.StartAsync(station.Request(), CancellationToken.None);
            await station.After(2);
            station.Sources[0].Unplug();
            return await run.WaitAsync(CancellationToken.None);
        });
        Assert.Equal(CampaignOutcome.Succeeded, view.Outcome);
        Assert.All(view.Devices.Where(device => device.Attempts > 1), device => Assert.Equal("fake:1", device.Adapter));
        Assert.Contains(view.Devices, device => device.Attempts > 1);
        Assert.Equal(1, station.World.MostDriversPerDevice);
        Assert.All(station.World.Devices.Values, device => Assert.Equal(1, device.Activations));
        Assert.Contains(view.Adapters, adapter => adapter.Id == "fake:0" && adapter.Status != AdapterStatus.Ready && adapter.Detail.Length > 0);
    }

    [Fact]
    public void An_adapter_that_comes_back_is_used_again()
    {
        var station = new Station(devices: 20, adapters: 2);
        var view = station.Run(async () =>
        {
            await using var run = station.Start();
            await run.StartAsync(station.Request(), CancellationToken.None);
            await station.After(2);
            station.Sources[0].Unplug();
            await station.After(3);
            station.Sources[0].Present = true;
            return await run.WaitAsync(CancellationToken.None);
        });
        Assert.Equal(CampaignOutcome.Succeeded, view.Outcome);
        Assert.Equal(2, station.Sources[0].Opened);
        Assert.Contains(view.Devices, device => device is { Adapter: "fake:0", Attempts: 1 });
        Assert.All(view.Adapters, adapter => Assert.Equal(AdapterStatus.Ready, adapter.Status));
    }

    [Fact]
    public void Losing_adapters_again_and_again_never_counts_against_a_device()
    {
        var station = new Station(devices: 2);
        var view = station.Run(async () =>
        {
            await using var run = station.Start();
            await run.StartAsync(station.Request(), CancellationToken.None);
            for (var i = 0; i < 8; i++)
            {
                await station.After(0.6);
                if (station.Sources[0].Current is { Lost.IsCompleted: false } current) current.Lose();
                await station.After(2);
            }

            return await run.WaitAsync(CancellationToken.None);
        });
        Assert.Equal(CampaignOutcome.Succeeded, view.Outcome);
    }

    [Fact]
    public void When_the_last_adapter_stays_away_the_rest_fails_with_that_reason_after_the_patience()
    {
        var station = new Station(devices: 4);
        var view = station.Run(async () =>
        {
            await using var run = station.Start();
            await run.StartAsync(station.Request(), CancellationToken.None);
            await station.After(1);
            station.Sources[0].Unplug();
            return await run.WaitAsync(CancellationToken.None);
        });
        Assert.All(view.Devices, device => Assert.Equal(DfuError.NoAdapter, device.Error));
        Assert.InRange(station.Time.Elapsed.TotalSeconds, 120, 125);
        Assert.Contains(Dfu.Adapters.RecoveryStep.PowerCycle, station.Sources[0].Steps);
        Assert.Contains(Dfu.Adapters.RecoveryStep.UsbReset, station.Sources[0].Steps);
    }

    [Fact]
    public void No_adapter_at_the_start_is_refused_before_a_campaign_exists()
    {
        var station = new Station();
        station.Sources[0].Present = false;
        var refused = Assert.Throws<DfuException>(() => station.Run(() => station.FlashAsync()));
        Assert.Equal(DfuError.AdapterNotFound, refused.Error);
        Assert.Empty(station.Store.Campaigns);
    }

    [Fact]
    public void Somebody_elses_adapter_is_refused_even_when_another_is_free()
    {
        var station = new Station(adapters: 2);
        station.Sources[1].Refuses = new DfuException(DfuError.AdapterInUse, "pid 4711 has it");
        var refused = Assert.Throws<DfuException>(() => station.Run(() => station.FlashAsync()));
        Assert.Equal(DfuError.AdapterInUse, refused.Error);
        Assert.True(station.Sources[0].Current!.Lost.IsCompleted);
    }

    [Fact]
    public void An_adapter_that_takes_fewer_links_than_it_says_teaches_its_limit()
    {
        var station = new Station(devices: 6);
        station.Sources[0].MaxLinks = 2;
        var view = station.Run(() => station.FlashAsync());
        Assert.Equal(CampaignOutcome.Succeeded, view.Outcome);
        Assert.Equal(2, station.Sources[0].Current!.MostLinks);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_connect_that_never_comes_back_costs_its_radio_not_the_campaign(int closings)
    {
        var station = new Station(devices: 4);
        station.Sources[0].HangingConnects = 1;
        station.Sources[0].HangingClosings = closings;
        var view = station.Run(() => station.FlashAsync());
        Assert.Equal(CampaignOutcome.Succeeded, view.Outcome);
        Assert.Equal(2, station.Sources[0].Opened);
        Assert.True(station.Time.Elapsed < TimeSpan.FromSeconds(90));
    }

    [Fact]
    public void An_attempt_that_does_not_stop_counts_as_ended_only_when_its_link_is_closed()
    {
        var station = new Station();
        FakeLink? link = null;
        async Task<Dfu.Fleet.Updates.UpdateResult> Stubborn(
            Dfu.Fleet.Updates.IUpdateAdapter radio, Dfu.Fleet.Updates.UpdateOrder order, Dfu.Fleet.Updates.IUpdateObserver observer, TimeProvider time,
                CancellationToken cancellationToken)
        {
            link = FakeLink.Of(await radio.ConnectAsync(order.Heard.Address, order.Heard.AddressType, cancellationToken));
            link.ClosesAfter = TimeSpan.FromSeconds(2);
            await new TaskCompletionSource().Task;
            throw new InvalidOperationException();
        }

        station.Run(async () =>
        {
            await using var run = station.Start(Stubborn);
            await run.StartAsync(station.Request(), CancellationToken.None);
            await station.After(2);
            await run.CancelAsync();
            var view = await run.WaitAsync(CancellationToken.None);
            Assert.Equal(DeviceOutcome.Cancelled, view.Devices[0].Outcome);
            Assert.True(link!.IsClosed);
            return 0;
        });
    }

    [Fact]
    public void A_device_that_breaks_every_adapter_fails_in_the_end_and_the_others_are_updated()
    {
        var station = new Station(devices: 5);
        station.Sources[0].BreaksAt = World.Address(2);
        var view = station.Run(() => station.FlashAsync());
        var breaker = Assert.Single(view.Devices, device => device.Outcome == DeviceOutcome.Failed);
        Assert.Equal((World.Address(2), DfuError.AdapterLost), (breaker.Application, breaker.Error));
        Assert.Equal(4, view.Devices.Count(device => device.Outcome == DeviceOutcome.Updated));
    }

    [Fact]
    public void A_bonded_bootloader_whose_adapter_stays_away_fails_once_it_should_have_left_though_others_hear_it()
    {
        var station = new Station(adapters: 2);
        var device = station.World.Devices.Values.Single();
        device.Bonds = true;
        station.Sources[1].Deaf.Add(device.Application);
        var view = station.Run(async () =>
        {
            await using var run = station.Start();
            await run.StartAsync(station.Request(), CancellationToken.None);
            await station.After(1.2);
            station.Sources[0].Unplug();
            station.Sources[1].Deaf.Clear();
            return await run.WaitAsync(CancellationToken.None);
        });
        Assert.Equal(DfuError.BondedElsewhere, view.Devices[0].Error);
        Assert.Equal("it waits in its bootloader for fake:0, which has its bond and has not heard it for 136 s", view.Devices[0].Detail);
        Assert.InRange(station.Time.Elapsed.TotalSeconds, 135, 145);
    }

    [Fact]
    public void A_device_only_one_adapter_hears_is_updated_over_that_one()
    {
        var station = new Station(devices: 6, adapters: 2);
        var lonely = World.Address(3);
        station.Sources[0].Deaf.Add(lonely);
        var view = station.Run(() => station.FlashAsync());
        Assert.Equal("fake:1", Assert.Single(view.Devices, device => device.Application == lonely).Adapter);
    }
}
