using Dfu.Browser.Tests.Browsing;
using Dfu.Browser.Tests.Serving;
using Microsoft.Playwright;

namespace Dfu.Browser.Tests.Campaigns;

[Collection(BrowserFarm.Name)]
public sealed class CampaignPageTests(BrowserFarm farm)
{
    [BrowserFact]
    public async Task A_campaign_is_watched_to_its_end()
    {
        var id = await farm.StartAsync("line 3", Packages.Application(2), count: 24);
        await using var visit = await farm.VisitAsync();
        await visit.GoAsync($"/campaigns/{id}");
        await Assertions.Expect(visit.Page.Locator(".wall .unit")).ToHaveCountAsync(24);
        await Assertions.Expect(visit.Page.Locator(".wall .unit.atwork").First).ToBeVisibleAsync();
        await visit.Page.ScreenshotAsync(new() { Path = "/tmp/shot1.png" });
        await Assertions.Expect(visit.Page.Locator(".wall .unit.done")).ToHaveCountAsync(24, new() { Timeout = 60_000 });
        await visit.Page.ScreenshotAsync(new() { Path = "/tmp/shot2.png" });
    }

    [BrowserFact]
    public async Task A_television_shows_nothing_but_the_wall()
    {
        var id = await farm.StartAsync("television", Packages.Application(3), count: 24);
        await using var visit = await farm.VisitAsync(width: 1920, height: 1080);
        await visit.GoAsync($"/campaigns/{id}/wall");
        await Assertions.Expect(visit.Page.Locator(".wall .unit")).ToHaveCountAsync(24);
        await Assertions.Expect(visit.Page.Locator(".wall .unit.done").First).ToBeVisibleAsync();
        await visit.Page.ScreenshotAsync(new() { Path = "/tmp/shot3.png" });
    }
}
