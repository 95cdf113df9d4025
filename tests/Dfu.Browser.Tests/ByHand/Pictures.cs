using System.Runtime.CompilerServices;
using Dfu.Browser.Tests.Browsing;
using Dfu.Browser.Tests.Serving;
using Dfu.Fleet.Plans;

using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Dfu.Browser.Tests.ByHand;

/// <summary>The pictures of docs/console.md: <c>DFU_WRITE_DOCS=1 dotnet test tests/Dfu.Browser.Tests --filter Pictures</c>.</summary>
[Collection(BrowserFarm.Name)]
public sealed class Pictures(BrowserFarm farm) : IAsyncLifetime
{
    private const int Units = 200;
    private readonly string _folder = Directory.CreateTempSubdirectory("dfu-pictures-").FullName;

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return Task.CompletedTask;
    }

    [ByHandFact("DFU_WRITE_DOCS")]
    public async Task Every_page_is_taken_at_a_farm_in_the_middle_of_its_work()
    {
        await using var server = await ServerProcess.StartAsync(_folder, $"sim:seed=7,adapters=4,devices={Units},drop-rate=0.02,mode=app,time-scale=6");
        await using var fleet = BrowserFarm.ClientOf(server);
        var wrong = await BrowserFarm.StartAsync(fleet, "Prototype shelf", Packages.Application(20_400, hardware: 53), 3);
        await using (var prototype = await fleet.FollowAsync(wrong, CancellationToken.None)) await prototype.WaitAsync(CancellationToken.None);
        var plan = new CampaignPlan { Groups = [new() { Name = "canary", Count = 10 }, new() { Name = "rest" }] };
        var id = await BrowserFarm.StartAsync(fleet, "Line 3, morning", Packages.Application(20_401, 160 * 1024), Units, 0, plan);
        await using var light = await Visit.BeginAsync(farm.Browser, server.Url);
        await using var dark = await Visit.BeginAsync(farm.Browser, server.Url, ColorScheme.Dark);
        await using var screen = await Visit.BeginAsync(farm.Browser, server.Url, ColorScheme.Dark, 1920, 1080);
        await using var phone = await Visit.BeginAsync(farm.Browser, server.Url, width: 390, height: 844);
        await light.GoAsync($"/campaigns/{id}");
        await screen.GoAsync($"/campaigns/{id}/wall");
        await dark.GoAsync($"/campaigns/{id}");
        await phone.GoAsync($"/campaigns/{id}");
        await Expect(light.Page.Locator(".unit.done").Nth(Units * 55 / 100)).ToBeAttachedAsync(new() { Timeout = 300_000 });
        await TakeAsync(light, "campaign");
        await TakeAsync(screen, "wall");
        await TakeAsync(dark, "campaign-dark");
        await TakeAsync(phone, "campaign-phone");
        await TakeAsync(light, "campaigns", "/");
        await TakeAsync(dark, "adapters", "/adapters");
        await TakeAsync(light, "campaign-list", $"/campaigns/{id}?view=list&sort=state");
        await TakeAsync(light, "needs-you", $"/campaigns/{wrong}");
        var device = await DropsMostAsync(fleet, id);
        await TakeAsync(light, "device", $"/devices/{device}");
        await light.GoAsync("/campaigns/new");
        await light.Page.Locator("input[type=file]").First.SetInputFilesAsync(new FilePayload
        {
            Name = "sensor-2.4.2.zip", MimeType = "application/zip", Buffer = Packages.Application(20_402, 160 * 1024),
        });
        await Expect(light.Page.GetByText("application 20402").First).ToBeVisibleAsync();
        await TakeAsync(light, "new-campaign");
        await TakeAsync(light, "audit", "/audit");
    }

    private static async Task<string> DropsMostAsync(Client.FleetClient fleet, string id)
    {
        await using var campaign = await fleet.FollowAsync(id, CancellationToken.None);
        return $"{campaign.Snapshot().Devices.Where(static device => device.EndedAt is not null).MaxBy(static device => device.Attempts)!.Application}";
    }

    /// <summary>A page as it is, or another one; a picture of few colours is small.</summary>
    private static async Task TakeAsync(Visit visit, string name, string? path = null)
    {
        if (path is not null)
        {
            await visit.GoAsync(path);
            await Expect(visit.Page.Locator(".loading")).ToHaveCountAsync(0);
            await Expect(visit.Page.Locator("h1").First).ToBeVisibleAsync();
        }

        // Whoever takes the pictures is not in them.
        await visit.Page.EvaluateAsync("() => document.querySelectorAll('.who .name').forEach(name => { name.textContent = 'anna@station-1 (web)'; })");
        await visit.Page.ScreenshotAsync(new() { Path = Path.Combine(Folder(), $"{name}.png") });
    }

    private static string Folder([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "../../../docs/console");
}
