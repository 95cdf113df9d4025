using Dfu.Browser.Tests.Browsing;
using Dfu.Browser.Tests.Serving;
using Dfu.Fleet.AccessKeys;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Dfu.Browser.Tests;

/// <summary>A server that asks for keys, and one that is killed.</summary>
[Collection(BrowserFarm.Name)]
public sealed class AccessTests(BrowserFarm farm) : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("dfu-browser-").FullName;
    private ServerProcess? _server;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [BrowserFact]
    public async Task Who_has_no_key_is_asked_for_one_and_a_viewer_may_look_and_not_start()
    {
        _server = await ServerProcess.StartAsync(_folder, BrowserFarm.Adapters, "--behind-proxy");
        await using var fleet = BrowserFarm.ClientOf(_server);
        var viewer = await fleet.CreateAccessKeyAsync(new("Vera", AccessRole.Viewer, null, "test"), CancellationToken.None);
        var id = await BrowserFarm.StartAsync(fleet, "looked at", Packages.Application(2, 400 * 1024), 4);
        await using var visit = await Visit.BeginAsync(farm.Browser, _server.Url);
        visit.MayBeRefused = true;
        var page = visit.Page;
        await page.GotoAsync($"/campaigns/{id}");
        await Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("/sign-in"));
        await page.GetByLabel("Access key").FillAsync("dfu_wrong");
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToBeVisibleAsync();
        await page.GetByLabel("Access key").FillAsync(viewer.Secret);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await visit.LiveAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "looked at" })).ToBeVisibleAsync();
        await Expect(page.Locator(".unit")).ToHaveCountAsync(4);
        await Expect(page.GetByRole(AriaRole.Button, new() { NameRegex = new("Pause|Cancel|Retry|Again|Resume") })).ToHaveCountAsync(0);
        await page.GotoAsync("/campaigns/new");
        await visit.LiveAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Start", Exact = true })).ToHaveCountAsync(0);
    }

    [BrowserFact]
    public async Task A_page_goes_on_by_itself_when_the_server_was_killed_and_is_back()
    {
        _server = await ServerProcess.StartAsync(_folder, BrowserFarm.Adapters);
        var url = _server.Url;
        await using var fleet = BrowserFarm.ClientOf(_server);
        var id = await BrowserFarm.StartAsync(fleet, "killed", Packages.Application(2, 100 * 1024), 6);
        await using var visit = await Visit.BeginAsync(farm.Browser, url);
        visit.ServerMayGo = true;
        var page = visit.Page;
        await visit.GoAsync($"/campaigns/{id}");
        await Expect(page.Locator(".unit.atwork").First).ToBeVisibleAsync();
        await _server.KillAsync();
        await Expect(page.Locator("html.not-live")).ToBeAttachedAsync();
        await Expect(page.GetByText("Not live.")).ToBeVisibleAsync();
        await _server.DisposeAsync();
        _server = await ServerProcess.StartAsync(_folder, BrowserFarm.Adapters, "--urls", url.GetLeftPart(UriPartial.Authority));
        await Expect(page.Locator("html:not(.not-live) main[data-live]")).ToBeAttachedAsync(new() { Timeout = 30_000 });
        await Expect(page.Locator(".unit.done")).ToHaveCountAsync(6, new() { Timeout = 60_000 });
    }
}
