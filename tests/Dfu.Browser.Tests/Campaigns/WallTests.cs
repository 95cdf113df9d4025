using Dfu.Browser.Tests.Browsing;
using Dfu.Browser.Tests.Serving;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Dfu.Browser.Tests.Campaigns;

/// <summary>The wall without a server: many units, filled into the page's own module.</summary>
[Collection(BrowserFarm.Name)]
public sealed class WallTests(BrowserFarm farm)
{
    /// <summary>Mounts a wall of so many units in the middle of an update.</summary>
    private const string Mount =
        """
        async count => {
          const { mount } = await import('/wall.js');
          document.querySelector('main').replaceChildren(Object.assign(document.createElement('div'), { id: 'many', className: 'wall' }));
          const host = document.getElementById('many');
          host.style.setProperty('height', '800px');
          host.style.setProperty('width', '1850px');
          const asked = [];
          const wall = mount(host, { invokeMethodAsync: async (_, i) => { asked.push(i); return [`unit ${i}`, 'at work']; } }, true);
          const hex = n => n.toString(16).padStart(2, '0');
          wall.units(0, Array.from({ length: count }, (_, i) => [`SN ${10000 + i}`, `C0:00:00:00:${hex(i >> 8)}:${hex(i & 255)}`]).flat());
          const bytes = new Uint8Array(count * 4);
          for (let i = 0; i < count; i++) new DataView(bytes.buffer).setUint32(i * 4, (i << 14 | (i % 6) << 10 | i % 1000) >>> 0, true);
          wall.states(bytes);
          window.wall = wall;
          window.asked = asked;
          await new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve)));
        }
        """;

    [BrowserTheory]
    [InlineData(12, 200, 8)]
    [InlineData(600, 40, 4)]
    [InlineData(5000, 12, 0)]
    public async Task All_tiles_fit_on_a_television_and_are_as_large_as_they_can_be(int count, double leastHeight, int leastText)
    {
        await using var visit = await farm.VisitAsync(width: 1920, height: 1080);
        await visit.GoAsync("/");
        await visit.Page.EvaluateAsync(Mount, count);
        var last = await visit.Page.Locator("#many .unit").Last.BoundingBoxAsync();
        var host = await visit.Page.Locator("#many").BoundingBoxAsync();
        Assert.True(last!.Y + last.Height <= host!.Y + host.Height + 1, $"the last tile ends at {last.Y + last.Height}, the wall at {host.Y + host.Height}");
        Assert.True(last.Height >= leastHeight, $"tiles are {last.Height} high");
        Assert.True((await visit.Page.Locator("#many .unit").Last.TextContentAsync())!.Length >= leastText);
    }

    [BrowserFact]
    public async Task The_wall_shows_only_what_changed_and_leaves_nothing_behind()
    {
        await using var visit = await farm.VisitAsync();
        var page = visit.Page;
        await visit.GoAsync("/");
        await page.EvaluateAsync(Mount, 300);
        var changed = await page.EvaluateAsync<int>(
            """
            async () => {
              const host = document.getElementById('many');
              const seen = new Set();
              const look = new MutationObserver(changes => changes.forEach(change => seen.add(change.target)));
              look.observe(host, { attributes: true, subtree: true, childList: true });
              for (let round = 0; round < 200; round++) window.wall.states(new Uint8Array(new Uint32Array([7 << 14 | 1 << 10 | round]).buffer));
              await new Promise(resolve => requestAnimationFrame(resolve));
              look.disconnect();
              return seen.size;
            }
            """);
        Assert.Equal(1, changed);
        await Expect(page.Locator("#many .unit").Nth(7)).ToHaveClassAsync("unit atwork");
        await page.EvaluateAsync("window.wall.show(1 << 3, null)");
        await Expect(page.Locator("#many .unit:not([hidden])")).ToHaveCountAsync(50);
        await page.EvaluateAsync("window.wall.show(-1, [1, 2])");
        await Expect(page.Locator("#many .unit:not([hidden])")).ToHaveCountAsync(2);
        await page.EvaluateAsync("window.wall.dispose()");
        await Expect(page.Locator(".unit, .unit-card")).ToHaveCountAsync(0);
    }

    [BrowserFact]
    public async Task A_television_shows_the_campaign_and_a_clock_and_nothing_to_press()
    {
        var id = await farm.StartAsync("television", Packages.Application(17), count: 3, first: 21);
        await using var visit = await farm.VisitAsync(width: 1920, height: 1080);
        await visit.GoAsync($"/campaigns/{id}/wall");
        await Expect(visit.Page.Locator(".unit.done")).ToHaveCountAsync(3);
        await Expect(visit.Page.Locator(".clock")).ToHaveTextAsync(new System.Text.RegularExpressions.Regex(@"^\d\d:\d\d$"));
        await Expect(visit.Page.Locator("main button, main input, header")).ToHaveCountAsync(0);
        Assert.False(await visit.Page.EvaluateAsync<bool>("document.documentElement.scrollHeight > innerHeight"));
        Assert.False(await visit.Page.EvaluateAsync<bool>("document.documentElement.scrollWidth > innerWidth"));
    }

    [BrowserFact]
    public async Task A_wall_that_was_cut_off_stands_where_its_campaign_does_when_it_is_back()
    {
        var id = await farm.StartAsync("cut off", Packages.Application(27, 200 * 1024), count: 3, first: 24);
        await using var visit = await farm.VisitAsync();
        visit.ServerMayGo = true;
        var page = visit.Page;
        var (isCut, line) = (false, (IWebSocketRoute?)null);
        await page.RouteAsync("**/_blazor/negotiate*", route => isCut ? route.AbortAsync() : route.ContinueAsync());
        await page.RouteWebSocketAsync(new System.Text.RegularExpressions.Regex("_blazor"), socket =>
        {
            line = socket;
            socket.ConnectToServer();
        });
        await visit.GoAsync($"/campaigns/{id}");
        await Expect(page.Locator(".unit.atwork").First).ToBeVisibleAsync();
        isCut = true;
        await line!.CloseAsync();
        await Expect(page.Locator("#components-reconnect-modal")).ToBeVisibleAsync();
        await farm.EndAsync(id);
        isCut = false;
        await Expect(page.Locator("#components-reconnect-modal")).ToBeHiddenAsync();
        await Expect(page.Locator(".unit.done")).ToHaveCountAsync(3);
    }
}
