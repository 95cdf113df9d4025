using Dfu.Cluster.Tests.Harness;
using System.Collections.Immutable;
using Dfu.Cluster.Tests.Campaigns;
using Dfu.Cluster.Tests.Support;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Retention;
using Dfu.Fleet.Storage;
using Dfu.Grains;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Microsoft.Extensions.DependencyInjection;

namespace Dfu.Cluster.Tests.Retention;

/// <summary>Rounds of retention over states that earlier campaigns left.</summary>
public sealed class RetentionGrainTests : OneSiloTest
{
    private static readonly string[] OfTheKept =
    [
        "audit 0", "audit-page p", "campaign at-work", "campaign newest", "campaign-summary newest",
        $"device {Parts.Address(2)}", $"device {Parts.Address(3)}",
        $"device-history {Parts.Address(2)}", $"device-history {Parts.Address(3)}", "fleet 0", "package in-use", "retention 0",
    ];

    private IGrainFactory Grains => Cluster.Client;

    private IRetentionGrain Retention => Grains.GetGrain<IRetentionGrain>(0);

    private protected override void Configure(ISiloBuilder silo) => silo.UseInMemoryReminderService();

    /// <summary>
    /// Two old campaigns, of which a device has gone on to one that is at work, and a newest one. Their ages are over an hour, and one is to be kept.
    /// </summary>
    private async Task FillAsync()
    {
        DirectoryEntry Entry(string name, string package, bool finished) =>
            new(name, package, name, Time.GetUtcNow(), finished, Superseded: false);

        Storage.Put("fleet", "0", FleetJson.Write(new DirectoryState
        {
            Campaigns =
            [
                Entry("oldest", "unused", true), Entry("old", "in-use", true), Entry("at-work", "in-use", false), Entry("newest", "unused-too", true),
            ],
        }));
        Campaign("oldest", CampaignStage.Finished, 1);
        Campaign("old", CampaignStage.Finished, 1, 2);
        Campaign("at-work", CampaignStage.Running, 2);
        Campaign("newest", CampaignStage.Finished, 3);
        Device(1, "old", DevicePhase.Done);
        Device(2, "at-work", DevicePhase.Queued);
        Device(3, "newest", DevicePhase.Done);
        Storage.Put("audit", "0", "{}");
        Storage.Put("audit-page", "p", "{}");
        foreach (var package in new[] { "unused", "in-use", "unused-too" }) Storage.Put("package", package, new byte[] { 1 });
        await Retention.RunAsync(new() { Campaigns = 1, PackageDays = 20 }).Soon();
        await ForgetMemoryAsync();
    }

    private void Campaign(string name, CampaignStage stage, params int[] devices)
    {
        var state = new CampaignState
        {
            Id = name,
            PackageId = "p",
            Targets = name,
            ImageSizes = [100],
            HwVersion = 52,
            Stage = stage,
            Outcome = stage == CampaignStage.Finished ? CampaignOutcome.Succeeded : CampaignOutcome.Running,
            Devices = [.. devices.Select(Parts.Address)],
            Results = stage == CampaignStage.Finished
                ? devices.ToImmutableDictionary(Parts.Address, static _ => new DeviceResult(DeviceOutcome.Updated, DfuError.None))
                : ImmutableDictionary<BluetoothAddress, DeviceResult>.Empty,
        };
        Storage.Put("campaign", name, FleetJson.Write(state));
        if (stage == CampaignStage.Finished) Storage.Put("campaign-summary", name, FleetJson.Write(new CampaignSummary()));
    }

    private void Device(int n, string campaign, DevicePhase phase)
    {
        var state = DeviceState.New(Parts.Address(n), [100], Time.GetUtcNow()) with
        {
            Phase = phase,
            Outcome = phase == DevicePhase.Done ? DeviceOutcome.Updated : DeviceOutcome.Pending,
        };
        Storage.Put("device", $"{state.Id}", FleetJson.Write(new DeviceRecord { Campaign = campaign, PackageId = "p", Device = state, Told = true }));
        Storage.Put("device-history", $"{state.Id}", FleetJson.Write(new DeviceHistory()));
    }

    /// <summary>As a process that starts again has none.</summary>
    private async Task ForgetMemoryAsync()
    {
        IGrain[] all =
        [
            Retention,
            Grains.GetGrain<IFleetGrain>(0),
            .. new[] { "oldest", "old", "at-work", "newest" }.Select(id => Grains.GetGrain<ICampaignGrain>(id)),
            .. new[] { 1, 2, 3 }.Select(n => Grains.GetGrain<IDeviceGrain>($"{Parts.Address(n)}")),
            .. new[] { "unused", "in-use", "unused-too" }.Select(id => Grains.GetGrain<IPackageGrain>(id)),
        ];
        var management = Grains.GetGrain<IManagementGrain>(0);
        foreach (var grain in all)
        {
            if (await management.GetActivationAddress(grain) is not null) await Cluster.DeactivateAsync(grain).Soon();
        }
    }

    [Fact]
    public async Task What_is_old_goes_with_its_devices_and_packages_and_what_is_in_use_stays()
    {
        await FillAsync();
        Assert.Contains("campaign oldest", Storage.Rows);
        Time.Advance(TimeSpan.FromDays(25));
        await Retention.RunAsync(new()).Soon();
        Assert.Equal(OfTheKept, Storage.Rows);
        var directory = FleetJson.Read<DirectoryState>(Storage.Json("fleet", "0"));
        Assert.Equal(["at-work", "newest"], directory.Campaigns.Select(entry => entry.Campaign));
        var state = FleetJson.Read<RetentionState>(Storage.Json("retention", "0"));
        Assert.Empty(state.Going);
        Assert.Equal("in-use", Assert.Single(state.Packages).Key);
        Assert.Equal((1, 365, 20), (state.Policy.Campaigns, state.Policy.Days, state.Policy.PackageDays));
    }

    [Fact]
    public async Task A_round_that_is_killed_anywhere_deletes_nothing_that_is_needed_and_the_next_one_finishes_it()
    {
        await FillAsync();
        Time.Advance(TimeSpan.FromDays(25));
        var deaths = 0;
        for (var changes = 0; ; changes++)
        {
            Storage.Left = changes;
            var round = Retention.RunAsync(new());
            await ((Task)round).Soon().ContinueWith(static _ => { }, TaskScheduler.Default);
            var died = Storage.Dead;
            Storage.Left = int.MaxValue;
            Assert.Empty(OfTheKept.Except(Storage.Rows));
            if (!died) break;
            deaths++;
            await ForgetMemoryAsync();
        }

        Assert.InRange(deaths, 3, 100);
        Assert.Equal(OfTheKept, Storage.Rows);
        Assert.Empty(FleetJson.Read<RetentionState>(Storage.Json("retention", "0")).Going);
    }

    [Fact]
    public async Task A_device_that_joined_another_campaign_is_not_deleted_with_the_one_before()
    {
        await FillAsync();
        Assert.True(await Grains.GetGrain<IDeviceGrain>($"{Parts.Address(1)}").JoinAsync(
            new() { Campaign = "at-work", PackageId = "p", ImageSizes = [100] }));
        Time.Advance(TimeSpan.FromDays(25));
        await Retention.RunAsync(new()).Soon();
        Assert.Contains($"device {Parts.Address(1)}", Storage.Rows);
        Assert.DoesNotContain("campaign old", Storage.Rows);
    }

    [Fact]
    public async Task A_device_that_was_deleted_begins_as_a_new_one()
    {
        await FillAsync();
        var device = Grains.GetGrain<IDeviceGrain>($"{Parts.Address(1)}");
        Assert.NotNull(await device.GetAsync());
        await device.ForgetAsync("another");
        Assert.NotNull(await device.GetAsync());
        await device.ForgetAsync("old");
        Assert.Null(await device.GetAsync());
        Assert.Empty(await device.HistoryAsync());
        Assert.True(await device.JoinAsync(new() { Campaign = "at-work", PackageId = "p", ImageSizes = [100] }));
        Assert.Equal(0, (await device.GetAsync())!.Attempt);
    }

    [Fact]
    public async Task A_campaign_that_was_taken_up_meanwhile_stays()
    {
        await FillAsync();
        var directory = FleetJson.Read<DirectoryState>(Storage.Json("fleet", "0"));
        Storage.Put("retention", "0", FleetJson.Write(new RetentionState { Going = ["at-work", "long-gone"] }));
        await Retention.RunAsync(new()).Soon();
        Assert.Contains("campaign at-work", Storage.Rows);
        Assert.Empty(FleetJson.Read<RetentionState>(Storage.Json("retention", "0")).Going);
        Assert.Equal(directory.Campaigns.Length, FleetJson.Read<DirectoryState>(Storage.Json("fleet", "0")).Campaigns.Length);
    }

    [Fact]
    public async Task What_was_asked_for_last_holds_for_every_host()
    {
        await Retention.RunAsync(new() { Campaigns = 7 }).Soon();
        await Retention.RunAsync(new() { Days = 30 }).Soon();
        await Retention.RunAsync(new()).Soon();
        await ForgetMemoryAsync();
        Assert.Equal(new RetentionPolicy { Campaigns = 7, Days = 30 }, FleetJson.Read<RetentionState>(Storage.Json("retention", "0")).Policy);
    }

    [Fact]
    public async Task A_campaign_that_cannot_be_deleted_keeps_no_other_from_it()
    {
        await FillAsync();
        Storage.Put("campaign", "oldest", """{"v":1000}""");
        Time.Advance(TimeSpan.FromDays(25));
        await Retention.RunAsync(new()).Soon();
        Assert.DoesNotContain("campaign old", Storage.Rows);
        Assert.Equal("oldest", Assert.Single(FleetJson.Read<RetentionState>(Storage.Json("retention", "0")).Going));
    }

    [Fact]
    public async Task Where_reminders_are_kept_one_makes_a_round_each_day()
    {
        await FillAsync();
        var silo = Assert.Single(Cluster.Silos).ServiceProvider;
        var reminders = await silo.GetRequiredService<IReminderTable>().ReadRows(Retention.GetGrainId());
        Assert.Equal(TimeSpan.FromDays(1), Assert.Single(reminders.Reminders).Period);
        Time.Advance(TimeSpan.FromDays(25));
        await Retention.AsReference<IRemindable>().ReceiveReminder("round", default).Soon();
        await Retention.RunAsync(new()).Soon();
        Assert.Equal(OfTheKept, Storage.Rows);
    }
}
