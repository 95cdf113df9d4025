using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Dfu.Browser.Tests.Browsing;
using Dfu.Browser.Tests.Serving;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Dfu.Browser.Tests.ByHand;

/// <summary>
/// The pictures of docs/dashboard.md, of the real dashboard, which is brought from NuGet:
/// <c>DFU_WRITE_DOCS=1 dotnet test tests/Dfu.Browser.Tests --filter DashboardPictures</c>.
/// </summary>
[Collection(BrowserFarm.Name)]
public sealed partial class DashboardPictures(BrowserFarm farm)
{
    private static readonly CultureInfo Invariant = CultureInfo.InvariantCulture;

    [ByHandFact("DFU_WRITE_DOCS")]
    public async Task The_demo_of_the_docs_is_taken_on_the_dashboard()
    {
        string[] demo = ["demo", "--dashboard", "--devices", "40", "--time-scale", "5", "--drop-rate", "5%"];
        using var process = new Process
        {
            StartInfo = new("dotnet", [Path.Combine(AppContext.BaseDirectory, "dfu.dll"), .. demo]) { RedirectStandardError = true },
        };
        process.Start();
        try
        {
            var page = new Uri(Page().Match(await LineAsync(process, static line => line.StartsWith("dfu: dashboard ", StringComparison.Ordinal))).Value);
            await using var context = await farm.Browser.NewContextAsync(new()
            {
                BaseURL = page.ToString(), ColorScheme = ColorScheme.Light, ViewportSize = new() { Width = 1280, Height = 720 }, Locale = "en-GB",
            });
            var tab = await context.NewPageAsync();
            await LineAsync(process, static line => Updated().Match(line) is { Success: true } so && int.Parse(so.Groups[1].Value, Invariant) >= 20);
            await tab.GotoAsync("/metrics/resource/dfu-demo?meter=Dfu.Fleet&instrument=dfu.transfer.sent&duration=1&view=Graph");
            await Expect(tab.Locator(".main-svg").First).ToBeVisibleAsync();
            await TakeAsync(tab, "metrics");
            await LineAsync(process, static line => line.StartsWith("dfu: look at it", StringComparison.Ordinal));
            await tab.GotoAsync("/structuredlogs?filters=log.category:!equals:Orleans.Runtime");
            await Expect(tab.Locator("tr", new() { HasText = "dfu-demo" }).Nth(5)).ToBeVisibleAsync();

            // The end of the demo's silo comes last.
            await tab.Mouse.MoveAsync(600, 400);
            await tab.Mouse.WheelAsync(0, -9000);
            await Expect(tab.GetByText("goes on where it was").First).ToBeVisibleAsync();
            await TakeAsync(tab, "logs");
            await tab.GotoAsync("/traces");
            await Expect(tab.Locator("tr", new() { HasText = "dfu-demo: update" }).Nth(5)).ToBeVisibleAsync();
            await TakeAsync(tab, "traces");
            var rows = await tab.Locator("tr", new() { HasText = "dfu-demo: update" }).AllInnerTextsAsync();
            var longest = rows.MaxBy(static row => int.Parse(Spans().Match(row).Groups[1].Value, Invariant))!;
            await tab.Locator("tr", new() { HasText = Trace().Match(longest).Value }).ClickAsync();
            await Expect(tab.GetByText("reconcile").First).ToBeVisibleAsync();
            await TakeAsync(tab, "trace");
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync();
        }
    }

    private static async Task<string> LineAsync(Process process, Predicate<string> wanted)
    {
        while (await process.StandardError.ReadLineAsync() is { } line)
        {
            if (wanted(line)) return line;
        }

        throw new InvalidOperationException("the demo ended before it said that");
    }

    private static async Task TakeAsync(IPage tab, string name)
    {
        await tab.Mouse.MoveAsync(0, 0);
        await tab.ScreenshotAsync(new() { Path = Path.Combine(Folder(), $"{name}.png") });
    }

    private static string Folder([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "../../../docs/dashboard");

    [GeneratedRegex(@"(\d+) of 40 updated")]
    private static partial Regex Updated();

    [GeneratedRegex(@"http://\S+")]
    private static partial Regex Page();

    [GeneratedRegex(@"\((\d+)\)")]
    private static partial Regex Spans();

    [GeneratedRegex(@"update\s+[0-9a-f]{7}")]
    private static partial Regex Trace();
}
