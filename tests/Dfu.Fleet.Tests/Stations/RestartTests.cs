using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Tests.Fakes;
using Dfu.Protocol.Errors;

namespace Dfu.Fleet.Tests.Stations;

public sealed class RestartTests
{
    [Fact]
    public void Stopping_ends_transfers_keeps_what_is_confirmed_and_says_interrupted()
    {
        var station = new Station(devices: 4);
        var view = station.Run(async () =>
        {
            var run = station.Start();
            await run.StartAsync(station.Request(), CancellationToken.None);
            await station.After(1.2);
            await run.StopAsync();
            return await run.WaitAsync(CancellationToken.None);
        });
        Assert.Equal(CampaignOutcome.Interrupted, view.Outcome);
        Assert.All(station.World.Devices.Values, device => Assert.Null(device.Link));
        Assert.All(view.Devices, device => Assert.Equal(DevicePhase.Queued, device.Phase));
        Assert.True(view.Devices.Sum(device => device.BytesConfirmed) > 0);

        var again = station.Run(() => station.FlashAsync());
        Assert.True(again.GoesOn);
        Assert.Equal(CampaignOutcome.Succeeded, again.Outcome);
        Assert.InRange(again.Devices.Sum(device => device.BytesResent), 0, 3 * 4096);
    }

    [Fact]
    public void A_finished_campaign_is_returned_without_touching_a_radio()
    {
        var station = new Station(devices: 2);
        station.Run(() => station.FlashAsync());
        var started = station.Runner.Started;
        station.Sources[0].Present = false;
        var view = station.Run(() => station.FlashAsync());
        Assert.Equal(CampaignOutcome.Succeeded, view.Outcome);
        Assert.True(view.GoesOn);
        Assert.Equal(2, view.Devices.Count(device => device.Outcome == DeviceOutcome.Updated));
        Assert.Equal(started, station.Runner.Started);
        Assert.All(view.Devices, device => Assert.Equal(station.Package.TotalBytes, device.BytesSent));
    }

    [Fact]
    public void Devices_that_failed_are_tried_again_by_the_same_request_and_the_others_are_left_alone()
    {
        var station = new Station(devices: 3);
        station.World.Devices[World.Address(1)].AlwaysFails = new DfuException(DfuError.SignatureRefused, "60 04 05");
        station.Run(() => station.FlashAsync());
        station.World.Devices[World.Address(1)].AlwaysFails = null;
        var view = station.Run(() => station.FlashAsync());
        Assert.Equal(CampaignOutcome.Succeeded, view.Outcome);
        Assert.All(station.World.Devices.Values, device => Assert.Equal(1, device.Activations));
    }

    [Fact]
    public void Another_unfinished_campaign_is_a_conflict_unless_it_is_to_be_forgotten()
    {
        var station = new Station(devices: 2);
        station.Run(async () =>
        {
            var run = station.Start();
            await run.StartAsync(station.Request(), CancellationToken.None);
            await run.StopAsync();
            return 0;
        });
        var other = station.Request(new() { Addresses = [World.Address(1)] });
        var conflict = Assert.Throws<DfuException>(() => station.Run(() => station.FlashAsync(other)));
        Assert.Equal(DfuError.CampaignConflict, conflict.Error);

        var view = station.Run(() => station.FlashAsync(other with { Restart = true }));
        Assert.Equal(CampaignOutcome.Succeeded, view.Outcome);
        Assert.False(view.GoesOn);
        Assert.Single(view.Devices);
    }
}
