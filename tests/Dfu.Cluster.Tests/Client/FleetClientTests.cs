using System.Net;
using System.Net.Sockets;
using Dfu.Client;
using Dfu.Cluster.Tests.Children;
using Dfu.Cluster.Tests.Support;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;
using Microsoft.Extensions.DependencyInjection;
using static Dfu.Cluster.Tests.Client.Requests;

namespace Dfu.Cluster.Tests.Client;

/// <summary>A client of a server that serves alone, by the address the server prints.</summary>
public sealed class FleetClientTests
{
    private const string Fast = "sim:devices=3,time-scale=20";
    private const string Slow = "sim:devices=2,time-scale=0.5";
    private static readonly CancellationToken None = CancellationToken.None;

    private static FleetClientOptions Of(IPEndPoint gateway, double retrySeconds = 30)
    {
        var options = new FleetClientOptions { RetryFor = TimeSpan.FromSeconds(retrySeconds), ViewEvery = TimeSpan.FromSeconds(0.1) };
        options.Gateways.Add(gateway);
        return options;
    }

    [Fact]
    public async Task A_campaign_is_started_followed_to_its_end_and_listed()
    {
        await using var server = await Server.StartAsync(null, "alone", Fast);
        await using var client = server.Client();
        Assert.Empty(await client.CampaignsAsync(None));

        await using var campaign = await client.StartAsync(All(3), None);
        var view = await campaign.WaitAsync(None).Soon();
        Assert.Equal((CampaignOutcome.Succeeded, 3), (view.Outcome, view.Devices.Count(static device => device.Outcome == DeviceOutcome.Updated)));

        await using var other = server.Client();
        await using var followed = await other.FollowAsync(campaign.Campaign!, None);
        Assert.Equal(
            view.Devices.Select(static device => (device.Application, device.Outcome, device.BytesSent)),
            (await followed.WaitAsync(None).Soon()).Devices.Select(static device => (device.Application, device.Outcome, device.BytesSent)));
        await using var again = await other.StartAsync(All(3), None);
        Assert.Equal((campaign.Campaign, true), (again.Campaign, again.Snapshot().GoesOn));
        Assert.Equal(campaign.Campaign, Assert.Single(await other.CampaignsAsync(None)).Campaign);
    }

    [Fact]
    public async Task A_campaign_an_adapter_and_a_device_can_be_asked_for()
    {
        await using var server = await Server.StartAsync(null, "alone", Fast);
        await using var client = server.Client();
        await using var campaign = await client.StartAsync(All(3), None);
        var view = await campaign.WaitAsync(None).Soon();
        var standing = await client.StandingAsync(campaign.Campaign!, None);
        Assert.Equal((CampaignOutcome.Succeeded, 3, 3), (standing.Outcome, standing.Devices, standing.Updated));

        var adapter = Assert.Single(await client.AdaptersAsync(None));
        Assert.Equal($"alone/{Fast}", adapter.Id);
        Assert.Equal(adapter.Id, (await client.AdapterAsync(adapter.Id, None)).Id);
        var stranger = await Assert.ThrowsAsync<DfuException>(() => client.AdapterAsync("alone/bluez:hci7", None));
        Assert.Equal((DfuError.NotFound, "no member has an adapter alone/bluez:hci7"), (stranger.Error, stranger.Message));

        var device = view.Devices[0];
        foreach (var address in new[] { device.Application, device.Bootloader!.Value })
        {
            var known = await client.DeviceAsync(address, None);
            Assert.Equal(device.Application, known?.State?.Application);
            Assert.NotEmpty(known!.History);
        }

        Assert.Null(await client.DeviceAsync(new(0xC0_00_00_00_00_10), None));
    }

    [Fact]
    public async Task What_an_operator_wants_is_done_or_refused_in_words()
    {
        await using var server = await Server.StartAsync(null, "alone", Slow);
        await using var client = server.Client();
        await using var campaign = await client.StartAsync(All(2, 64 * 4096), None);
        var pause = new CampaignControl(CampaignControlKind.Pause, "anna@here");
        Assert.StartsWith("paused", await client.ControlAsync(campaign.Campaign!, pause, None), StringComparison.Ordinal);
        Assert.Contains((await client.StandingAsync(campaign.Campaign!, None)).Holds, static hold => hold.Reason == HoldReason.Paused);
        await client.ControlAsync(campaign.Campaign!, pause with { Kind = CampaignControlKind.Cancel, Cut = true }, None);
        await campaign.WaitAsync(None).Soon();
        var refused = await Assert.ThrowsAsync<DfuException>(() => client.ControlAsync(campaign.Campaign!, pause, None));
        Assert.Equal(DfuError.InvalidArgument, refused.Error);
        refused = await Assert.ThrowsAsync<DfuException>(() => client.ControlAsync("nothing", pause, None));
        Assert.Equal("there is no campaign nothing", refused.Message);
    }

    [Fact]
    public async Task A_cancelled_campaign_ends_and_another_may_have_its_devices()
    {
        await using var server = await Server.StartAsync(null, "alone", Slow);
        await using var client = server.Client();
        await using var campaign = await client.StartAsync(All(2, 64 * 4096), None);
        var conflict = await Assert.ThrowsAsync<DfuException>(() => client.StartAsync(All(2, 8 * 4096), None));
        Assert.Equal(DfuError.CampaignConflict, conflict.Error);

        await client.ControlAsync(campaign.Campaign!, new CampaignControl(CampaignControlKind.Cancel, "anna") { Cut = true }, None);
        var view = await campaign.WaitAsync(None).Soon();
        Assert.Equal(CampaignOutcome.Failed, view.Outcome);
        Assert.All(view.Devices, static device => Assert.Equal(DeviceOutcome.Cancelled, device.Outcome));
    }

    [Fact]
    public async Task What_was_never_started_cannot_be_followed_or_cancelled()
    {
        await using var server = await Server.StartAsync(null, "alone");
        await using var client = server.Client();
        var follow = await Assert.ThrowsAsync<DfuException>(() => client.FollowAsync("nothing", None));
        Assert.Equal((DfuError.NotFound, "there is no campaign nothing"), (follow.Error, follow.Message));
        var cancel = await Assert.ThrowsAsync<DfuException>(
            () => client.ControlAsync("nothing", new CampaignControl(CampaignControlKind.Cancel, "anna"), None));
        Assert.Equal((DfuError.NotFound, "there is no campaign nothing"), (cancel.Error, cancel.Message));
    }

    [Fact]
    public async Task A_program_with_services_gets_one_client_that_goes_with_them()
    {
        await using var server = await Server.StartAsync(null, "alone", Fast);
        FleetClient client;
        var collection = new ServiceCollection().AddLogging().AddDfuFleetClient(options => options.Gateways.Add(server.Gateway));
        await using (var services = collection.BuildServiceProvider())
        {
            client = services.GetRequiredService<FleetClient>();
            Assert.Same(client, services.GetRequiredService<FleetClient>());
            await using var campaign = await client.StartAsync(All(3), None);
            Assert.Equal(CampaignOutcome.Succeeded, (await campaign.WaitAsync(None).Soon()).Outcome);
        }

        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.CampaignsAsync(None));
    }

    [Fact]
    public void Exactly_one_way_to_the_cluster_is_given()
    {
        Assert.Equal(DfuError.InvalidArgument, Assert.Throws<DfuException>(() => new FleetClient(new())).Error);
        Assert.Equal(
            DfuError.InvalidArgument,
            Assert.Throws<DfuException>(() => new FleetClient(Of(new(IPAddress.Loopback, 1)) with { ConnectionString = "Host=127.0.0.1" })).Error);
        Assert.Equal(DfuError.InvalidArgument, Assert.Throws<DfuException>(() => new FleetClient(new() { ConnectionString = "nothing" })).Error);
        Assert.Equal(DfuError.InvalidArgument, Assert.Throws<DfuException>(() => new FleetClient(new() { ConnectionString = "Port=1" })).Error);
    }

    /// <param name="listens">Takes connections and never says a word, as a hung server does.</param>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_gateway_that_does_not_answer_is_said_in_one_sentence_in_bounded_time(bool listens)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var gateway = (IPEndPoint)listener.LocalEndpoint;
        if (!listens) listener.Stop();
        await using var client = new FleetClient(Of(gateway, retrySeconds: 1));
        var refusal = await Assert.ThrowsAsync<DfuException>(() => client.CampaignsAsync(None).Soon());
        Assert.Equal((DfuError.ServerUnreachable, $"no member of the cluster answers at {gateway}"), (refusal.Error, refusal.Message));
    }

    [Fact]
    public async Task A_caller_that_gives_up_waits_no_longer()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await using var client = new FleetClient(Of((IPEndPoint)listener.LocalEndpoint));
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(0.5), TimeProvider.System);

        // The connection gives up after 8 s, with another exception.
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.CampaignsAsync(stop.Token));
    }

    [Fact]
    public async Task A_server_that_was_killed_is_found_again_when_it_is_back()
    {
        using var directory = new TemporaryDirectory();
        using var first = ChildProcess.Start(ServerProcess.Role, "alone", directory.Path, "", "sim:devices=2", "0");
        var gateway = IPEndPoint.Parse((await first.LineAsync())["ready ".Length..]);
        await using var client = new FleetClient(Of(gateway));
        await using var campaign = await client.StartAsync(All(2, 8 * 4096), None);
        await first.KillAsync();
        var listing = client.CampaignsAsync(None);

        using var second = ChildProcess.Start(ServerProcess.Role, "alone", directory.Path, "", "sim:devices=2,time-scale=20", $"{gateway.Port}");
        Assert.Equal($"ready {gateway}", await second.LineAsync());

        // A call that was on its way when the first died gets no answer for 10 s, and is then made again.
        Assert.Equal(campaign.Campaign, Assert.Single(await listing.Soon()).Campaign);
        Assert.Equal(CampaignOutcome.Succeeded, (await campaign.WaitAsync(None).Soon()).Outcome);
    }
}
