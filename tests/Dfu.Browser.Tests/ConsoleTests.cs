using Dfu.Browser.Tests.Browsing;
using Dfu.Browser.Tests.Serving;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Dfu.Browser.Tests;

/// <summary>What is around campaigns: the list of them, adapters, the audit, keys, and how the pages are worked with.</summary>
[Collection(BrowserFarm.Name)]
public sealed class ConsoleTests(BrowserFarm farm)
{
    [BrowserFact]
    public async Task What_ran_is_found_and_the_link_keeps_it()
    {
        await farm.EndAsync(await farm.StartAsync("listed one", Packages.Application(31), count: 2, first: 27));
        await farm.EndAsync(await farm.StartAsync("listed two", Packages.Application(32, hardware: 53), count: 2, first: 12));
        await using var visit = await farm.VisitAsync();
        var page = visit.Page;
        await visit.GoAsync("/");
        await page.Keyboard.PressAsync("/");
        await page.Keyboard.TypeAsync("listed");
        await Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("find=listed$"));
        await Expect(page.GetByLabel("Find a campaign")).ToHaveValueAsync("listed");
        await Expect(page.Locator("table.campaigns tbody tr")).ToHaveCountAsync(2);
        await page.GetByRole(AriaRole.Link, new() { Name = "Failed", Exact = true }).First.ClickAsync();
        await Expect(page.Locator("table.campaigns tbody tr")).ToHaveCountAsync(1);
        await Expect(page.Locator("table.campaigns tbody")).ToContainTextAsync("listed two");
        await using var colleague = await farm.VisitAsync();
        await colleague.GoAsync(new Uri(page.Url).PathAndQuery);
        await Expect(colleague.Page.Locator("table.campaigns tbody tr")).ToHaveCountAsync(1);
        await Expect(colleague.Page.GetByLabel("Find a campaign")).ToHaveValueAsync("listed");
    }

    [BrowserFact]
    public async Task Devices_that_are_heard_are_found_and_ticked_and_said_in_one_sentence()
    {
        await using var visit = await farm.VisitAsync();
        var page = visit.Page;
        await visit.GoAsync("/campaigns/new");
        await page.Locator("input[type=file]").First.SetInputFilesAsync(new FilePayload
        {
            Name = "app.zip", MimeType = "application/zip", Buffer = Packages.Application(33),
        });
        await page.GetByLabel("Find a device").FillAsync($"{BrowserFarm.Device(15)}"[..14]);
        await Expect(page.Locator(".heard tbody tr").First).ToBeVisibleAsync();
        await page.GetByLabel("Find a device").FillAsync($"{BrowserFarm.Device(15)}");
        await Expect(page.Locator(".heard tbody tr")).ToHaveCountAsync(1);
        await page.Locator(".heard input[type=checkbox]").CheckAsync();
        await page.Locator("summary").ClickAsync();
        await page.GetByLabel("Pause at failures").FillAsync("3");
        await Expect(page.Locator(".summary")).ToHaveTextAsync("Bring application 33 to 1 device, over 4 adapters; pause at 3 failed.");
        await page.Locator("input[type=file]").First.WaitForAsync(new() { State = WaitForSelectorState.Detached });
        await page.GetByRole(AriaRole.Button, new() { Name = "Another" }).ClickAsync();
        await page.Locator("input[type=file]").First.SetInputFilesAsync(
            new FilePayload { Name = "x.zip", MimeType = "application/zip", Buffer = new byte[100] });
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("packageNotAZip");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Start", Exact = true })).ToBeDisabledAsync();
    }

    [BrowserFact]
    public async Task An_adapter_is_drained_tested_and_resumed_and_the_audit_says_who_did_it()
    {
        await using var visit = await farm.VisitAsync();
        var page = visit.Page;
        await visit.GoAsync("/adapters");
        var card = page.Locator(".adapter").Last;
        await card.GetByRole(AriaRole.Button, new() { Name = "Drain" }).ClickAsync();
        await Expect(card).ToContainTextAsync("drained");
        await card.GetByRole(AriaRole.Button, new() { Name = "Self-test" }).ClickAsync();
        await Expect(card.Locator("fluent-message-bar[intent=success]")).ToContainTextAsync("Passed");
        await card.GetByRole(AriaRole.Button, new() { Name = "Resume" }).ClickAsync();
        await Expect(card).ToContainTextAsync("ready");
        Assert.All(await farm.Fleet.AdaptersAsync(CancellationToken.None), static view => Assert.Null(view.HeldBy));
        await page.Keyboard.PressAsync("g");
        await page.Keyboard.PressAsync("l");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Audit" })).ToBeVisibleAsync();
        await Expect(page.Locator("tbody tr").Filter(new() { HasText = "adapter drained" }).First).ToContainTextAsync("(web)");
    }

    [BrowserFact]
    public async Task A_key_is_shown_once_and_revoked()
    {
        await using var visit = await farm.VisitAsync();
        var page = visit.Page;
        await visit.GoAsync("/keys");
        await page.GetByLabel("Whose").FillAsync("station-9");
        await page.GetByRole(AriaRole.Button, new() { Name = "Make the key" }).ClickAsync();
        var secret = await page.GetByLabel("The key", new() { Exact = true }).InputValueAsync();
        Assert.StartsWith("dfu_", secret, StringComparison.Ordinal);
        await page.GetByRole(AriaRole.Button, new() { Name = "Done" }).ClickAsync();
        Assert.DoesNotContain(secret, await page.ContentAsync(), StringComparison.Ordinal);
        var row = page.Locator("tbody tr").Filter(new() { HasText = "station-9" });
        await row.GetByRole(AriaRole.Button).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Go back" }).ClickAsync();
        await Expect(row).ToContainTextAsync("until");
        await row.GetByRole(AriaRole.Button).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Revoke it" }).ClickAsync();
        await Expect(row).ToContainTextAsync("revoked");
    }

    [BrowserFact]
    public async Task Colours_are_kept_by_the_browser_and_there_from_the_first_moment()
    {
        await using var visit = await farm.VisitAsync();
        var page = visit.Page;
        await visit.GoAsync("/about");
        await page.GetByRole(AriaRole.Button, new() { Name = "dark colours" }).ClickAsync();
        await page.GotoAsync("/adapters", new() { WaitUntil = WaitUntilState.Commit });
        await Expect(page.Locator("html[data-theme=dark]")).ToBeAttachedAsync();
        await visit.LiveAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "dark colours" })).ToHaveAttributeAsync("aria-pressed", "true");
        await page.GetByRole(AriaRole.Button, new() { Name = "system colours" }).ClickAsync();
        await Expect(page.Locator("html[data-theme]")).ToHaveCountAsync(0);
    }
}
