using Deque.AxeCore.Commons;
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

    [BrowserFact]
    public async Task Nobody_is_kept_out_of_any_page_by_how_it_is_made()
    {
        var id = await farm.StartAsync("for everybody", Packages.Application(18, hardware: 53), count: 3, first: 21);
        await farm.EndAsync(id);
        await using var visit = await farm.VisitAsync();
        visit.MayBeRefused = true; // a page that is not there
        var page = visit.Page;
        var found = new List<string>();
        foreach (var path in Pages)
        {
            await page.GotoAsync(path.Replace("{id}", id, StringComparison.Ordinal).Replace("{device}", $"{BrowserFarm.Device(21)}", StringComparison.Ordinal));
            if (path != "/sign-in") await visit.LiveAsync();
            await Expect(page.Locator("h1").First).ToBeVisibleAsync();
            await Expect(page.Locator(".loading")).ToHaveCountAsync(0);
            await LookAsync("", new());
            await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Dark });
            await LookAsync(" (dark)", new() { RunOnly = new() { Type = "rule", Values = ["color-contrast"] } });
            await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Light });
            await page.SetViewportSizeAsync(390, 800);
            var wide = await page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
            if (wide > 1) found.Add($"{path}: {wide} pixels wider than a phone");
            await page.SetViewportSizeAsync(1280, 800);

            async Task LookAsync(string colours, AxeRunOptions options) =>
                found.AddRange((await page.RunAxe(options)).Violations.Where(static violation => Bad.Contains(violation.Impact))
                    .Select(violation => $"{path}{colours}: {violation.Id}: {violation.Help}: {violation.Nodes[0].Html}"));
        }

        if (found.Count > 0) Assert.Fail(string.Join('\n', found));
    }
}
