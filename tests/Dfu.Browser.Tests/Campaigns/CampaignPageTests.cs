using Dfu.Browser.Tests.Browsing;
using Dfu.Browser.Tests.Serving;
using Dfu.Fleet.Plans;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Dfu.Browser.Tests.Campaigns;

[Collection(BrowserFarm.Name)]
public sealed class CampaignPageTests(BrowserFarm farm)
{
    [BrowserFact]
    public async Task A_campaign_is_ordered_with_a_dropped_package_and_watched_to_its_end()
    {
        await using var visit = await farm.VisitAsync();
        var page = visit.Page;
        await visit.GoAsync("/campaigns/new");
        await page.Locator("input[type=file]").SetInputFilesAsync(new FilePayload
        {
            Name = "app.zip", MimeType = "application/zip", Buffer = Packages.Application(11),
        });
        await Expect(page.GetByText("application 11").First).ToBeVisibleAsync();
        await Button(page, "List or CSV").ClickAsync();
        await page.GetByLabel("Addresses, one a line").FillAsync(string.Join('\n', Enumerable.Range(0, 4).Select(BrowserFarm.Device)));
        await page.GetByLabel("Title").FillAsync("ordered here");
        await Button(page, "Start").ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "ordered here" })).ToBeVisibleAsync();
        await Expect(page.Locator(".wall .unit.done")).ToHaveCountAsync(4);
        await Expect(page.Locator(".progress .big")).ToContainTextAsync("4");
        await Expect(page.GetByText("all updated")).ToBeVisibleAsync();
    }

    [BrowserFact]
    public async Task A_campaign_is_paused_resumed_and_cancelled_by_hand()
    {
        var id = await farm.StartAsync("by hand", Packages.Application(12, 400 * 1024), count: 5);
        await using var visit = await farm.VisitAsync();
        var page = visit.Page;
        await visit.GoAsync($"/campaigns/{id}");
        await Expect(page.Locator(".unit.atwork").First).ToBeVisibleAsync();
        await Button(page, "Pause…").ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { NameRegex = new("break off") }).ClickAsync();
        await Expect(page.Locator(".needs")).ToContainTextAsync("Paused");
        await Expect(page.Locator("fluent-message-bar[intent=success]")).ToBeVisibleAsync();
        await Expect(page.Locator(".unit.atwork")).ToHaveCountAsync(0);
        await Button(page, "Resume").First.ClickAsync();
        await Expect(page.Locator(".unit.atwork").First).ToBeVisibleAsync();
        await Button(page, "Cancel…").ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { NameRegex = new("break off") }).ClickAsync();
        await Expect(page.Locator(".unit.cancelled")).ToHaveCountAsync(5);
        await Expect(Button(page, "Retry 5 cancelled")).ToBeVisibleAsync();
    }

    [BrowserFact]
    public async Task A_failure_is_explained_at_the_campaign_and_at_the_device_and_tried_again()
    {
        var id = await farm.StartAsync("wrong hardware", Packages.Application(13, hardware: 53), count: 2, first: 6);
        await farm.EndAsync(id);
        await using var visit = await farm.VisitAsync();
        var page = visit.Page;
        await visit.GoAsync($"/campaigns/{id}");
        await Expect(page.Locator(".needs")).ToContainTextAsync("2 units");
        await Expect(page.Locator(".needs")).ToContainTextAsync("The package is for another hardware version. Build it with the --hw-version");
        await page.GetByRole(AriaRole.Link, new() { NameRegex = new("^Show") }).ClickAsync();
        await Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("show=needs-you.*|error="));
        await Expect(page.Locator(".unit.failed:not([hidden])")).ToHaveCountAsync(2);
        await page.Locator(".unit.failed").First.ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "SN 1007" })).ToBeVisibleAsync();
        await Expect(page.Locator("fluent-message-bar[intent=error]")).ToContainTextAsync("The package is for another hardware version.");
        await Expect(page.GetByRole(AriaRole.Img, new() { NameRegex = new("connecting") })).ToBeVisibleAsync();
        await Button(page, "Retry").ClickAsync();
        await Expect(page.Locator("fluent-message-bar[intent=success]")).ToBeVisibleAsync();
        await Expect(page.Locator("section[aria-label=History]")).ToContainTextAsync("to be tried again");
    }

    [BrowserFact]
    public async Task A_second_viewer_sees_the_same_and_what_the_first_one_did()
    {
        var id = await farm.StartAsync("two of us", Packages.Application(14, 400 * 1024), count: 4, first: 8);
        await using var one = await farm.VisitAsync();
        await using var other = await farm.VisitAsync();
        await Task.WhenAll(one.GoAsync($"/campaigns/{id}"), other.GoAsync($"/campaigns/{id}"));
        await Button(one.Page, "Cancel…").ClickAsync();
        await one.Page.GetByRole(AriaRole.Button, new() { NameRegex = new("^Cancel, break off|^Cancel$") }).First.ClickAsync();
        foreach (var page in new[] { one.Page, other.Page })
        {
            await Expect(page.Locator(".unit.cancelled")).ToHaveCountAsync(4);
            await Expect(page.GetByText("cancelled, 0 updated")).ToBeVisibleAsync();
        }

        Assert.Equal(await Labels(one.Page), await Labels(other.Page));
    }

    [BrowserFact]
    public async Task The_next_group_begins_when_it_is_approved()
    {
        var plan = new CampaignPlan { Groups = [new() { Count = 1, Approval = true }, new()] };
        var id = await farm.StartAsync("in groups", Packages.Application(15), count: 3, first: 12, plan);
        await using var visit = await farm.VisitAsync();
        await visit.GoAsync($"/campaigns/{id}");
        await Button(visit.Page, "Approve").ClickAsync();
        await Expect(visit.Page.Locator(".unit.done")).ToHaveCountAsync(3);
        await Expect(visit.Page.Locator(".groups")).ToContainTextAsync("2 of 2 updated");
    }

    [BrowserFact]
    public async Task Units_are_found_and_opened_from_the_keyboard_and_the_link_keeps_it()
    {
        var id = await farm.StartAsync("by keys", Packages.Application(16), count: 6, first: 15);
        await farm.EndAsync(id);
        await using var visit = await farm.VisitAsync();
        var page = visit.Page;
        await visit.GoAsync($"/campaigns/{id}");
        await Expect(page.Locator(".unit")).ToHaveCountAsync(6);
        await page.Locator(".unit").First.FocusAsync();
        await page.Keyboard.PressAsync("ArrowRight");
        await page.Keyboard.PressAsync("ArrowRight");
        await Expect(page.Locator(".unit").Nth(2)).ToBeFocusedAsync();
        await Expect(page.Locator(".unit").Nth(2)).ToHaveAttributeAsync("aria-label", "SN 1018: updated");
        await Expect(page.Locator(".unit-card")).ToContainTextAsync("SN 1018");
        await Expect(page.Locator(".unit[tabindex='0']")).ToHaveCountAsync(1);
        await page.Keyboard.PressAsync("/");
        await page.Keyboard.TypeAsync("1019");
        await Expect(page.Locator(".unit:not([hidden])")).ToHaveCountAsync(1);
        await Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("find=1019"));
        await page.ReloadAsync();
        await visit.LiveAsync();
        await Expect(page.Locator(".unit:not([hidden])")).ToHaveCountAsync(1);
        await Button(page, "List").ClickAsync();
        await Expect(page.Locator("table.units tbody tr")).ToHaveCountAsync(1);
        await page.GetByRole(AriaRole.Link, new() { Name = "SN 1019" }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "SN 1019" })).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "by keys" })).ToBeVisibleAsync();
    }

    private static ILocator Button(IPage page, string name) => page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    private static async Task<string> Labels(IPage page) =>
        string.Join('\n', await page.Locator(".unit").EvaluateAllAsync<string[]>("tiles => tiles.map(tile => tile.getAttribute('aria-label'))"));
}
