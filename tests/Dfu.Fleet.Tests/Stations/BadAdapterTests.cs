using Dfu.Adapters;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Tests.Fakes;
using Dfu.Protocol.Errors;

namespace Dfu.Fleet.Tests.Stations;

/// <summary>Adapters that can be opened and are no good.</summary>
public sealed class BadAdapterTests
{
    [Fact]
    public void An_adapter_that_connects_to_nobody_costs_no_device_anything_and_comes_back_when_it_is_cured()
    {
        var station = new Station(devices: 24, adapters: 2);
        var bad = station.Sources[0];
        bad.ConnectsFail = true;
        bad.CuredBy = RecoveryStep.PowerCycle;
        var view = station.Run(() => station.FlashAsync());
        Assert.Equal(CampaignOutcome.Succeeded, view.Outcome);
        Assert.Equal([RecoveryStep.Reopen, RecoveryStep.PowerCycle], bad.Steps);
        Assert.Contains(view.Devices, device => device is { Adapter: "fake:0", Outcome: DeviceOutcome.Updated });
        var adapter = view.Adapters.Single(adapter => adapter.Id == "fake:0");
        Assert.Equal((AdapterStatus.Ready, new LadderSteps(1, 1, 0), true), (adapter.Status, adapter.Steps, adapter.SelfTest!.Passed));
        Assert.True(adapter.Recent.FailedConnects > 0);
    }

    [Fact]
    public void A_device_that_answers_nobody_is_at_fault_where_two_adapters_served_others()
    {
        var station = new Station(devices: 20, adapters: 2);
        var mute = station.World.Devices[World.Address(3)];
        mute.Mute = true;
        var view = station.Run(() => station.FlashAsync());
        var failed = Assert.Single(view.Devices, device => device.Outcome == DeviceOutcome.Failed);
        Assert.Equal((mute.Application, DfuError.ConnectTimeout), (failed.Application, failed.Error));
        Assert.Matches("the last: no answer; failed on fake:[01] and fake:[01], which served others meanwhile$", failed.Detail);
        Assert.All(view.Adapters, adapter => Assert.Equal((AdapterStatus.Ready, default), (adapter.Status, adapter.Steps)));
    }

    [Fact]
    public void An_adapter_in_quarantine_is_tried_again_by_itself_and_tested_with_the_golden_unit()
    {
        var station = new Station(devices: 8);
        var golden = World.Address(50);
        station.World.Devices.Add(golden, new(golden));
        station.Policy = new() { GoldenUnit = golden, Campaign = new() { Patience = TimeSpan.FromMinutes(20), MaxFruitlessAttempts = 3 } };
        var (view, quarantined) = station.Run(async () =>
        {
            await using var run = station.Start();
            await run.StartAsync(station.Request(new() { Addresses = [.. Enumerable.Range(1, 8).Select(World.Address)] }), CancellationToken.None);
            await station.After(1);
            station.Sources[0].ConnectsFail = true;
            while (run.Snapshot().Adapters[0].Status != AdapterStatus.Quarantined) await station.After(1);
            await station.After(60);
            var quarantined = run.Snapshot().Adapters[0];
            station.Sources[0].ConnectsFail = false;
            return (await run.WaitAsync(CancellationToken.None), quarantined);
        });
        Assert.Contains($"could not be tested with the golden unit {golden}", quarantined.Detail, StringComparison.Ordinal);
        Assert.Equal(new LadderSteps(1, 1, 1), quarantined.Steps);
        Assert.Equal(CampaignOutcome.Succeeded, view.Outcome);
        Assert.StartsWith($"connected to the golden unit {golden} in ", view.Adapters[0].SelfTest!.Detail, StringComparison.Ordinal);
        Assert.Equal(0, station.World.Devices[golden].Activations);
    }
}
