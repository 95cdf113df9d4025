using Dfu.Api.Http;
using Dfu.Fleet.AccessKeys;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Campaigns;
using Dfu.Protocol.Errors;

namespace Dfu.Server.Tests.Client;

/// <summary>The client and a real server.</summary>
public sealed class ServedClientTests
{
    [Fact]
    public async Task A_server_that_goes_away_and_comes_back_is_followed_on()
    {
        var folder = Directory.CreateTempSubdirectory("dfu-client-");
        try
        {
            var first = await ServedFleet.StartAsync(directory: folder.FullName);
            await using var client = new FleetHttpClient(new() { Url = first.Url });
            var (package, file) = TestPackage.Build();
            var plan = new Fleet.Plans.CampaignPlan { Name = "Held", Groups = [new() { Name = "one", Count = 1, Approval = true }, new() { Name = "rest" }] };
            var request = new CampaignRequest { Package = package, PackageFile = file, Targets = new() { All = true, Count = 6 }, Plan = plan };
            await using var campaign = await client.StartAsync(request, default);
            Assert.False(campaign.Snapshot().GoesOn);
            await BecomesAsync(() => campaign.Snapshot().Standing?.Holds.Any(static hold => hold.Reason == HoldReason.Approval) == true);
            await first.DisposeAsync();

            await using var second = await ServedFleet.StartAsync(directory: folder.FullName, web: settings => settings with { Urls = [first.Url] });
            await using (var again = await client.StartAsync(request, default)) Assert.True(again.Snapshot().GoesOn);
            await client.ControlAsync(campaign.Id, new CampaignControl(CampaignControlKind.Approve, ""), default);
            var view = await campaign.WaitAsync(default).WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System);
            Assert.Equal((CampaignOutcome.Succeeded, 6, null), (view.Outcome, view.Devices.Length, view.NoAnswerFor));

            await EverythingAsync(client, second, package.Id, file, view);
        }
        finally
        {
            folder.Delete(true);
        }
    }

    private static async Task EverythingAsync(FleetHttpClient client, ServedFleet served, string package, byte[] file, CampaignView view)
    {
        Assert.Equal("station", (await client.AboutAsync(default)).Member);
        Assert.True((await served.Fleet.CampaignsAsync(default)).SequenceEqual(await client.CampaignsAsync(default)));
        Assert.Equal(6, (await client.StandingAsync(view.Id, default)).Updated);
        Assert.Equal(file, await client.PackageAsync(package, default));
        Assert.Equal(package, Assert.Single(await client.ListPackagesAsync(default)).Id);
        Assert.NotEmpty(await client.ClassesAsync(default));
        Assert.NotEmpty((await client.HeardAsync(default)).Units);
        Assert.True((await served.Fleet.AuditAsync(null, 3, default)).SequenceEqual(await client.AuditAsync(null, 3, default)));
        Assert.Equal(view.Devices[0].Application, (await client.DeviceAsync(view.Devices[0].Application, default))?.Name);
        var adapter = (await client.AdaptersAsync(default))[0].Id;
        var drained = await client.ControlAsync(adapter, new AdapterControl(AdapterControlKind.Drain, ""), default);
        Assert.Contains("no further transfer", drained, StringComparison.Ordinal);
        Assert.NotNull((await client.AdapterAsync(adapter, default)).HeldBy);
        var made = await client.CreateAccessKeyAsync(new("farm", AccessRole.Operator, null, ""), default);
        Assert.Equal("farm", Assert.Single(await client.AccessKeysAsync(default)).Name);
        await client.RevokeAccessKeyAsync(made.Key.Id, "", default);
        await FleetHttpClientTests.RefusedAsync(() => client.FollowAsync("nothing", default), DfuError.NotFound);
        await FleetHttpClientTests.RefusedAsync(() => client.DeletePackageAsync(package, default), DfuError.PackageInUse); // a moment ago
        var other = await client.UploadAsync(TestPackage.Build(seed: 2).File, default);
        await client.DeletePackageAsync(other.Id, default);
        Assert.Null(await client.InspectAsync(other.Id, default));
    }

    private static async Task BecomesAsync(Func<bool> reached)
    {
        for (var left = 600; !reached(); left--)
        {
            if (left == 0) throw new TimeoutException();
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }
}
