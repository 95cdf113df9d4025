using Dfu.Browser.Tests.Browsing;
using Dfu.Browser.Tests.Serving;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Dfu.Browser.Tests;

/// <summary>The API's reference: all of it comes from the server, under a content security policy, and its requests work.</summary>
[Collection(BrowserFarm.Name)]
public sealed class ReferenceTests(BrowserFarm farm)
{
    [BrowserFact]
    public async Task The_reference_shows_itself_and_asks_nobody_but_the_server()
    {
        await using var visit = await farm.VisitAsync();
        var policy = (await visit.Page.GotoAsync("/api"))!.Headers["content-security-policy"];
        Assert.StartsWith("default-src 'none'; script-src 'nonce-", policy, StringComparison.Ordinal);
        await Expect(visit.Page.GetByText("Updates of nRF5 devices over Bluetooth LE").First).ToBeVisibleAsync();
        await Expect(visit.Page.Locator("a[href='#tag/packages']").First).ToBeAttachedAsync();
        await visit.Page.WaitForLoadStateAsync(LoadState.NetworkIdle);
        if (Environment.GetEnvironmentVariable("DFU_SCREENSHOT") is { } file) await visit.Page.ScreenshotAsync(new() { Path = file });
    }
}
