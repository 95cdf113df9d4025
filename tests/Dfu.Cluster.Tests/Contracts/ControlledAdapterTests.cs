using Dfu.Cluster.Tests.Harness;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Grains;

namespace Dfu.Cluster.Tests.Contracts;

/// <summary>What operators do to the adapters of a campaign that is under way.</summary>
public sealed class ControlledAdapterTests
{
    [Fact]
    public async Task Transfers_of_an_adapter_that_is_drained_and_reset_are_finished_by_another()
    {
        var settings = new RoomSettings
        {
            Devices = 8,
            Device = static (options, _) => options with { Profile = options.Profile with { SaveProgress = true } },
        };
        await using var fleet = new SiloFleet(1, settings, new());
        var open = await fleet.OpenAsync();
        await open.StartAsync(fleet.Room.Request(), CancellationToken.None);
        var adapter = fleet.AdapterId(0);
        await fleet.Room.UntilAsync(() => open.Snapshot().Devices.Any(device => device.Adapter == adapter && device is
            { Phase: DevicePhase.Sending, BytesConfirmed: > 0 }), "a transfer on the adapter");

        var grain = fleet.Grains.GetGrain<IAdapterGrain>(adapter);
        foreach (var kind in new[] { AdapterControlKind.Drain, AdapterControlKind.Reset })
        {
            var answer = await grain.ControlAsync(new(kind, "me"));
            Assert.True(answer.Error == Protocol.Errors.DfuError.None, answer.Detail);
        }

        var view = await FleetUnderTest.WaitAsync(open);
        Assert.True(view.Outcome == CampaignOutcome.Succeeded, FleetUnderTest.Describe(view));
        var moved = view.Devices.Where(static device => device.Attempts > 1).ToArray();
        Assert.Contains(moved, static device => device.Resumes.Any(static resume => resume.Held > 0));
        Assert.All(moved, device => Assert.Equal(fleet.AdapterId(1), device.Adapter));
        await fleet.Room.UntilAsync(
            () => open.Snapshot().Adapters.Single(shown => shown.Id == adapter) is
                { Status: AdapterStatus.Ready, HeldBy: "me", SelfTest.Passed: true, Active: 0 },
            "the drained adapter is well and shown as drained");
        Assert.Equal((1, 0), (fleet.Room.Updated / settings.Devices, (await grain.GetAsync()).Free));
    }
}
