using System.Net;
using Dfu.Api;
using Dfu.Fleet.Access;
using Dfu.Fleet.Audit;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Storage;

namespace Dfu.Server.Tests.Api;

[Collection(SharedFleet.Name)]
public sealed class CampaignTests(SharedFleet shared)
{
    private readonly HttpClient _http = shared.Served.Http;

    private static ApiCampaignControl To(CampaignControlKind kind) => new() { Kind = kind };

    [Fact]
    public async Task A_campaign_runs_to_its_end_and_is_told_in_every_way()
    {
        var order = new ApiCampaignOrder
        {
            PackageId = await _http.PackageAsync(21), Targets = new() { All = true, Count = 6 }, Plan = new() { Name = "All six" },
        };
        using var created = await _http.PostAsync(ApiRoutes.Campaigns, order);
        var started = await created.ReadAsync<ApiCampaignStarted>(HttpStatusCode.Created);
        Assert.Equal((ApiRoutes.Campaign(started.Campaign), false), (created.Headers.Location!.ToString(), started.GoesOn));
        var over = await _http.UntilAsync(started.Campaign, static standing => standing.Outcome != CampaignOutcome.Running);
        Assert.Equal((CampaignOutcome.Succeeded, 6, 6), (over.Outcome, over.Devices, over.Updated));

        var view = await _http.GetAsync<CampaignView>(ApiRoutes.View(started.Campaign));
        Assert.All(view.Devices, static device => Assert.Equal(DeviceOutcome.Updated, device.Outcome));
        var units = new List<DeviceView>();
        for (string? cursor = ""; cursor is not null;)
        {
            var page = await _http.GetAsync<ApiPage<DeviceView>>(
                $"{ApiRoutes.Units(started.Campaign)}?state=done&limit=4{(cursor.Length > 0 ? "&cursor=" + cursor : "")}");
            units.AddRange(page.Items);
            cursor = page.Next;
        }

        Assert.Equal(view.Devices.Select(static device => device.Application), units.Select(static device => device.Application));
        var one = view.Devices[2].Application;
        Assert.Equal(one, Assert.Single((await _http.GetAsync<ApiPage<DeviceView>>($"{ApiRoutes.Units(started.Campaign)}?find={one}")).Items).Application);
        Assert.Empty((await _http.GetAsync<ApiPage<DeviceView>>($"{ApiRoutes.Units(started.Campaign)}?state=failed")).Items);

        var listed = await _http.GetAsync<ApiPage<CampaignDevice>>($"{ApiRoutes.Devices}?campaign={started.Campaign}&find={one}");
        Assert.Equal((one, started.Campaign), (Assert.Single(listed.Items).View.Application, listed.Items[0].Campaign.Campaign));
        var device = await _http.GetAsync<ApiDevice>(ApiRoutes.Device(one));
        Assert.Equal((one, DeviceOutcome.Updated, started.Campaign), (device.Device.Name, device.View!.Outcome, device.Campaign!.Campaign));
        var history = await _http.GetAsync<ApiPage<HistoryEntry>>(ApiRoutes.History(one.ToString()));
        Assert.Contains(history.Items, entry => entry.Campaign == started.Campaign);
        Assert.Equal(device.Device.History.Length, history.Items.Length);

        using var again = await _http.PostAsync(ApiRoutes.Campaigns, order);
        Assert.Equal((started.Campaign, true), await again.ReadAsync<ApiCampaignStarted>(HttpStatusCode.OK) is var on ? (on.Campaign, on.GoesOn) : default);
        await _http.OverAsync(started.Campaign);
    }

    [Theory]
    [InlineData("csv", "text/csv", ".csv", "device,")]
    [InlineData("json", "application/json", ".json", "{")]
    [InlineData("junit", "application/xml", ".xml", "<?xml")]
    [InlineData("html", "text/html", ".html", "<!DOCTYPE html>")]
    public async Task A_report_is_a_file_in_each_form(string form, string type, string extension, string begin)
    {
        var campaign = await _http.StartAsync(ApiCalls.Later(await _http.PackageAsync(22), 2200, form));
        using var answer = await _http.GetAsync(ApiRoutes.Report(campaign.Campaign, form));
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.OK, text);
        var content = answer.Content.Headers;
        Assert.Equal((type, $"campaign-{campaign.Campaign}{extension}"), (content.ContentType!.MediaType, content.ContentDisposition!.FileName));
        Assert.StartsWith(begin, text, StringComparison.OrdinalIgnoreCase);
        await _http.CancelAsync(campaign.Campaign);
    }

    [Fact]
    public async Task Campaigns_come_in_pages_the_newest_first_by_state_and_name()
    {
        var package = await _http.PackageAsync(23);
        var ids = new List<string>();
        for (var i = 0; i < 5; i++) ids.Add((await _http.StartAsync(ApiCalls.Later(package, 2300 + i, $"Paging {i}"))).Campaign);
        await _http.CancelAsync(ids[2]);
        ids.Reverse();

        var (seen, cursor) = (new List<string>(), (string?)"");
        for (var pages = 1; cursor is not null; pages++)
        {
            var page = await _http.GetAsync<ApiPage<ApiCampaign>>($"{ApiRoutes.Campaigns}?name=pagING&limit=2{(cursor.Length > 0 ? "&cursor=" + cursor : "")}");
            Assert.Equal(pages < 3 ? 2 : 1, page.Items.Length);
            Assert.All(page.Items, static one => Assert.NotNull(one.Standing));
            seen.AddRange(page.Items.Select(static one => one.Entry.Campaign));
            cursor = page.Next;
        }

        Assert.Equal(ids, seen);
        async Task<string[]> OfAsync(string query) =>
            [.. (await _http.GetAsync<ApiPage<ApiCampaign>>($"{ApiRoutes.Campaigns}?name=Paging&{query}")).Items.Select(static one => one.Entry.Campaign)];
        Assert.Equal([ids[0], ids[1], ids[3], ids[4]], await OfAsync("state=notStarted"));
        Assert.Equal([ids[0], ids[1], ids[3], ids[4]], await OfAsync("state=active&standing=false"));
        Assert.Equal([ids[2]], await OfAsync("state=cancelled&standing=false"));
        Assert.Equal([ids[2]], await OfAsync("state=over"));
        Assert.Null((await _http.GetAsync<ApiPage<ApiCampaign>>($"{ApiRoutes.Campaigns}?standing=false&limit=1")).Items[0].Standing);
        foreach (var id in ids) await _http.CancelAsync(id);
    }

    [Fact]
    public async Task A_campaign_is_controlled_and_the_audit_tells_by_whom()
    {
        var id = (await _http.StartAsync(ApiCalls.Later(await _http.PackageAsync(24), 2400))).Campaign;
        using var paused = await _http.PostAsync(ApiRoutes.Control(id), To(CampaignControlKind.Pause));
        Assert.StartsWith("paused", (await paused.ReadAsync<ApiDone>(HttpStatusCode.OK)).Done, StringComparison.Ordinal);
        Assert.Contains((await _http.GetAsync<CampaignStanding>(ApiRoutes.Campaign(id))).Holds, static hold => hold.Reason == HoldReason.Paused);
        using var resumed = await _http.PostAsync(ApiRoutes.Control(id), To(CampaignControlKind.Resume));
        await resumed.ReadAsync<ApiDone>(HttpStatusCode.OK);
        using var approved = await _http.PostAsync(ApiRoutes.Control(id), To(CampaignControlKind.Approve));
        await approved.ProblemAsync(HttpStatusCode.BadRequest, "invalidArgument");
        await _http.CancelAsync(id);
        using var restarted = await _http.PostAsync(ApiRoutes.Control(id), To(CampaignControlKind.Restart));
        Assert.NotEqual(HttpStatusCode.InternalServerError, restarted.StatusCode);
        using var retried = await _http.PostAsync(ApiRoutes.Control(id), To(CampaignControlKind.Retry));
        await retried.ReadAsync<ApiDone>(HttpStatusCode.OK);
        await _http.CancelAsync(id);

        var (entries, cursor) = (new List<AuditEntry>(), (string?)"");
        while (cursor is not null)
        {
            var page = await _http.GetAsync<ApiPage<AuditEntry>>($"{ApiRoutes.Audit}?subject={id}&limit=2{(cursor.Length > 0 ? "&cursor=" + cursor : "")}");
            entries.AddRange(page.Items);
            cursor = page.Next;
        }

        Assert.Contains(entries, static entry => entry.Action == "campaignPaused");
        Assert.Equal(entries.Count, entries.DistinctBy(static entry => entry.Id).Count());
        Assert.All(entries.Where(static entry => entry.Action == "campaignPaused"), entry =>
            Assert.Contains(Environment.MachineName, entry.By, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_control_with_an_old_etag_does_nothing()
    {
        var id = (await _http.StartAsync(ApiCalls.Later(await _http.PackageAsync(25), 2500))).Campaign;
        using var seen = await _http.GetAsync(ApiRoutes.Campaign(id));
        var tag = seen.Headers.ETag!.ToString();
        using var paused = await _http.PostAsync(ApiRoutes.Control(id), To(CampaignControlKind.Pause), ("If-Match", tag));
        await paused.ReadAsync<ApiDone>(HttpStatusCode.OK);
        using var late = await _http.PostAsync(ApiRoutes.Control(id), To(CampaignControlKind.Resume), ("If-Match", tag));
        await late.ProblemAsync(HttpStatusCode.PreconditionFailed, "changedMeanwhile");
        Assert.Contains((await _http.GetAsync<CampaignStanding>(ApiRoutes.Campaign(id))).Holds, static hold => hold.Reason == HoldReason.Paused);
        using var whatever = await _http.PostAsync(ApiRoutes.Control(id), To(CampaignControlKind.Resume), ("If-Match", "*"));
        await whatever.ReadAsync<ApiDone>(HttpStatusCode.OK);
        await _http.CancelAsync(id);
    }
}
