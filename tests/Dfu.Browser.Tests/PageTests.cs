using Deque.AxeCore.Playwright;
using Dfu.Browser.Tests.Browsing;
using Dfu.Browser.Tests.Serving;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Dfu.Browser.Tests;

/// <summary>Every page, for everybody.</summary>
[Collection(BrowserFarm.Name)]
public sealed class PageTests(BrowserFarm farm)
{
    private static readonly string[] Bad = ["serious", "critical"];
    private static readonly string[] Pages = ["/", "/campaigns/new", "/adapters", "/audit", "/keys", "/about", "/campaigns/{id}", "/campaigns/{id}?view=list",
        "/campaigns/{id}/wall", "/devices/{device}", "/no/such/page", "/sign-in"];

    [BrowserTheory]
    [InlineData(ColorScheme.Light, 1280)]
    [InlineData(ColorScheme.Dark, 1280)]
    [InlineData(ColorScheme.Light, 390)]
    public async Task Nobody_is_kept_out_of_any_page_by_how_it_is_made(ColorScheme colours, int width)
    {
        var id = await farm.StartAsync("for everybody", Packages.Application(18, hardware: 53), count: 3, first: 21);
        await farm.EndAsync(id);
        await using var visit = await farm.VisitAsync(colours, width);
        visit.MayBeRefused = true; // a page that is not there
        var found = new List<string>();
        foreach (var path in Pages)
        {
            var page = path.Replace("{id}", id, StringComparison.Ordinal).Replace("{device}", $"{BrowserFarm.Device(21)}", StringComparison.Ordinal);
            await visit.Page.GotoAsync(page);
            if (path != "/sign-in") await visit.LiveAsync();
            await Expect(visit.Page.Locator("h1").First).ToBeVisibleAsync();
            await Expect(visit.Page.Locator(".loading")).ToHaveCountAsync(0);
            var result = await visit.Page.RunAxe();
            found.AddRange(result.Violations.Where(static violation => Bad.Contains(violation.Impact))
                .Select(violation => $"{path}: {violation.Id}: {violation.Help}: {violation.Nodes[0].Html}"));
            var wide = await visit.Page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
            if (wide > 1) found.Add($"{path}: {wide} pixels wider than the window");
        }

        Assert.Empty(found);
    }
}
