using Dfu.Cluster.Tests.Campaigns;
using Dfu.Cluster.Tests.Support;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Transfers;

namespace Dfu.Cluster.Tests.Directories;

public sealed class FleetGrainTests
{
    [Fact]
    public async Task The_same_request_goes_on_with_its_campaign()
    {
        await using var cluster = await CampaignCluster.StartAsync();
        var first = await cluster.Fleet.StartAsync(CampaignCluster.Order()).Soon();
        Assert.Equal((DfuError.None, false), (first.Refusal, first.GoesOn));
        Assert.Equal($"{cluster.Time.GetUtcNow().ToUnixTimeMilliseconds():x}-01234567", first.Campaign);
        var again = await cluster.Fleet.StartAsync(
            CampaignCluster.Order(targets: new() { Addresses = [Parts.Address(3), Parts.Address(1), Parts.Address(2)] })).Soon();
        Assert.Equal((first.Campaign, true), (again.Campaign, again.GoesOn));
        var entry = Assert.Single(await cluster.Fleet.ListAsync());
        Assert.Equal((first.Campaign, CampaignCluster.Package, false), (entry.Campaign, entry.PackageId, entry.Finished));
    }

    [Theory]
    [InlineData('1', 3, 1)]
    [InlineData('1', 2, 3)]
    [InlineData('0', 2, 1)]
    public async Task An_unfinished_campaign_that_may_want_the_same_devices_is_a_conflict(char package, int devices, int from)
    {
        await using var cluster = await CampaignCluster.StartAsync();
        var first = await cluster.BeginAsync();
        var ticket = await cluster.Fleet.StartAsync(CampaignCluster.Order(package: package, targets: CampaignCluster.Named(devices, from))).Soon();
        Assert.Equal((DfuError.CampaignConflict, ""), (ticket.Refusal, ticket.Campaign));
        Assert.Equal($"campaign {first} for package 0123456789ab is not finished", ticket.Detail);
        Assert.Single(await cluster.Fleet.ListAsync());
    }

    [Fact]
    public async Task Campaigns_for_other_devices_run_side_by_side_but_one_for_all_does_not()
    {
        await using var cluster = await CampaignCluster.StartAsync();
        var first = await cluster.BeginAsync();
        var second = await cluster.BeginAsync(CampaignCluster.Order(targets: CampaignCluster.Named(3, from: 4)));
        Assert.NotEqual(first, second); // in the same millisecond, too
        var all = await cluster.Fleet.StartAsync(CampaignCluster.Order(targets: new() { NameGlob = "Sensor *" })).Soon();
        Assert.Equal(DfuError.CampaignConflict, all.Refusal);
    }

    [Fact]
    public async Task A_succeeded_campaign_is_answered_at_once_and_nothing_runs()
    {
        await using var cluster = await CampaignCluster.StartAsync();
        var campaign = await cluster.BeginAsync();
        await cluster.UntilAsync(() => cluster.Parts.Device(3).Joins > 0, "devices join");
        await cluster.EndAllAsync(campaign, 3);
        await cluster.PassAsync(5);
        var joins = cluster.Parts.Device(1).Joins;
        var ticket = await cluster.Fleet.StartAsync(CampaignCluster.Order()).Soon();
        Assert.Equal((campaign, true), (ticket.Campaign, ticket.GoesOn));
        Assert.Equal(CampaignOutcome.Succeeded, (await cluster.ViewAsync(campaign)).Outcome);
        await cluster.PassAsync(5);
        Assert.Equal(joins, cluster.Parts.Device(1).Joins);
        Assert.True(Assert.Single(await cluster.Fleet.ListAsync()).Finished);
    }

    [Fact]
    public async Task A_request_is_begun_anew_when_another_campaign_has_had_the_devices_since()
    {
        await using var cluster = await CampaignCluster.StartAsync();
        var first = await cluster.BeginAsync();
        await cluster.UntilAsync(() => cluster.Parts.Device(2).Campaign == first, "the device joins");
        await cluster.EndAllAsync(first, 3);
        var second = await cluster.BeginAsync(CampaignCluster.Order(package: '1', targets: CampaignCluster.Named(1, from: 2)));
        await cluster.UntilAsync(() => cluster.Parts.Device(2).Campaign == second, "the device joins");
        var end = cluster.EndAsync(second, 2);
        await cluster.UntilAsync(() => end.IsCompleted, "it is over");
        await cluster.SettleAsync();
        var third = await cluster.Fleet.StartAsync(CampaignCluster.Order()).Soon();
        Assert.False(third.GoesOn);
        Assert.Equal([first, second, third.Campaign], (await cluster.Fleet.ListAsync()).Select(static entry => entry.Campaign));
    }

    [Fact]
    public async Task A_restart_cancels_what_is_in_its_way_and_begins_anew()
    {
        await using var cluster = await CampaignCluster.StartAsync();
        var same = await cluster.BeginAsync();
        var beside = await cluster.BeginAsync(CampaignCluster.Order(targets: CampaignCluster.Named(1, from: 9)));
        await cluster.UntilAsync(() => cluster.Parts.Device(3).Joins > 0, "devices join");
        var ticket = await cluster.Fleet.StartAsync(CampaignCluster.Order(restart: true)).Soon();
        Assert.Equal((DfuError.None, false), (ticket.Refusal, ticket.GoesOn));
        Assert.NotEqual(same, ticket.Campaign);
        await cluster.UntilAsync(() => Enumerable.Range(1, 3).All(n => cluster.Parts.Device(n).Cancels > 0), "the old one is cancelled");
        Assert.Equal(0, cluster.Parts.Device(9).Cancels);
        Assert.Equal(CampaignOutcome.Running, (await cluster.FreshAsync(beside)).Outcome);

        // What is superseded is not gone on with, whatever becomes of the new one.
        var again = await cluster.Fleet.StartAsync(CampaignCluster.Order()).Soon();
        Assert.Equal((ticket.Campaign, true), (again.Campaign, again.GoesOn));
    }

    [Fact]
    public async Task A_superseded_campaign_is_cancelled_although_the_directory_does_not_live_to_see_it()
    {
        await using var cluster = await CampaignCluster.StartAsync();
        await cluster.BeginAsync();
        await cluster.UntilAsync(() => cluster.Parts.Device(3).Joins > 0, "devices join");
        for (var n = 1; n <= 3; n++) cluster.Parts.Device(n).Unreachable = true;
        await cluster.BeginAsync(CampaignCluster.Order(restart: true));
        await cluster.DeactivateAsync(cluster.Fleet);
        for (var n = 1; n <= 3; n++) cluster.Parts.Device(n).Unreachable = false;
        await cluster.UntilAsync(() => Enumerable.Range(1, 3).All(n => cluster.Parts.Device(n).Cancels > 0), "the old one is cancelled");
    }

    [Fact]
    public async Task Waking_sets_every_unfinished_campaign_to_work_and_drops_one_that_never_began()
    {
        await using var cluster = await CampaignCluster.StartAsync();
        var campaign = await cluster.BeginAsync();
        await cluster.UntilAsync(() => cluster.Parts.Device(3).Joins > 0, "devices join");
        await cluster.DeactivateAsync(cluster.Campaign(campaign));
        var joins = cluster.Parts.Device(1).Joins;
        await cluster.DeactivateAsync(cluster.Fleet);
        await cluster.Fleet.WakeAsync().Soon();
        await cluster.UntilAsync(() => cluster.Parts.Device(1).Joins > joins, "devices are called");
        Assert.Equal(campaign, Assert.Single(await cluster.Fleet.ListAsync()).Campaign);
    }

    [Fact]
    public async Task A_campaign_that_cannot_be_reached_holds_up_no_other()
    {
        await using var cluster = await CampaignCluster.StartAsync();
        var lost = await cluster.BeginAsync();
        var other = await cluster.BeginAsync(CampaignCluster.Order(targets: CampaignCluster.Named(1, from: 4)));
        await cluster.UntilAsync(() => cluster.Parts.Device(4).Joins > 0, "the device joins");
        await cluster.DeactivateAsync(cluster.Campaign(other));
        var joins = cluster.Parts.Device(4).Joins;
        cluster.Unreachable = lost;

        // Neither is the directory busy with what waits for the lost one, nor does the other campaign wait for it.
        var waking = cluster.Fleet.WakeAsync();
        var again = cluster.Fleet.StartAsync(CampaignCluster.Order());
        await cluster.UntilAsync(() => cluster.Parts.Device(4).Joins > joins, "the other is at work");
        Assert.Equal(DfuError.None, (await cluster.Fleet.StartAsync(CampaignCluster.Order(targets: CampaignCluster.Named(2, from: 9))).Soon()).Refusal);
        Assert.Equal(3, (await cluster.Fleet.ListAsync().Soon()).Length);
        Assert.False(again.IsCompleted);
        await cluster.UntilAsync(() => waking.IsCompleted, "it is said that one could not be woken");
        Assert.Equal("1 unfinished campaigns could not be woken", (await Assert.ThrowsAsync<IOException>(() => waking)).Message);
        cluster.Unreachable = null;
        Assert.Equal((lost, true), ((await again.Soon()).Campaign, (await again).GoesOn));
    }

    [Fact]
    public async Task Two_requests_of_the_same_moment_are_one_campaign()
    {
        await using var cluster = await CampaignCluster.StartAsync();
        var disk = new TaskCompletionSource();
        cluster.Storage.Gate = disk.Task;
        var first = cluster.Fleet.StartAsync(CampaignCluster.Order());
        var second = cluster.Fleet.StartAsync(CampaignCluster.Order());
        await cluster.Fleet.ListAsync().Soon();
        disk.SetResult();
        Assert.Equal((await first.Soon()).Campaign, (await second.Soon()).Campaign);
        Assert.Single(await cluster.Fleet.ListAsync());
    }

    [Fact]
    public async Task A_request_that_makes_no_sense_is_refused()
    {
        await using var cluster = await CampaignCluster.StartAsync();
        var ticket = await cluster.Fleet.StartAsync(CampaignCluster.Order(targets: new() { All = true, NameGlob = "x" })).Soon();
        Assert.Equal((DfuError.InvalidArgument, "give either addresses, a name pattern, or all"), (ticket.Refusal, ticket.Detail));
    }

    [Fact]
    public async Task A_save_that_fails_leaves_nothing_behind_in_memory()
    {
        await using var cluster = await CampaignCluster.StartAsync();
        cluster.Storage.Full = true;
        await Assert.ThrowsAnyAsync<Exception>(() => cluster.Fleet.StartAsync(CampaignCluster.Order()).Soon());
        cluster.Storage.Full = false;
        Assert.Empty(await cluster.Fleet.ListAsync().Soon());
        await cluster.BeginAsync();
    }

    [Fact]
    public async Task What_was_learned_of_a_class_outlives_activations_and_is_added_to()
    {
        await using var cluster = await CampaignCluster.StartAsync();
        ClassState Learned(Keeps keeps, int mtu = 247) => new()
        {
            Key = "hw52/init512/mtu247", HwVersion = 52, Traits = new BootloaderTraits { InitMax = 512, Mtu = mtu, Keeps = keeps },
        };
        await cluster.Fleet.KeepClassAsync(Learned(Keeps.Nothing)).Soon();
        await cluster.Fleet.KeepClassAsync(Learned(Keeps.Unknown)).Soon();
        var writes = cluster.Storage.Writes("fleet");
        await cluster.Fleet.KeepClassAsync(Learned(Keeps.Nothing)).Soon();
        Assert.Equal(writes, cluster.Storage.Writes("fleet"));
        await cluster.DeactivateAsync(cluster.Fleet);
        await cluster.Fleet.KeepClassAsync(Learned(Keeps.Unknown, mtu: 23)).Soon();
        var kept = Assert.Single(FleetJson.Read<DirectoryState>(cluster.Storage.Json("fleet")).Classes);
        Assert.Equal((Keeps.Nothing, 23), (kept.Traits.Keeps, kept.Traits.Mtu));
    }
}
