using Microsoft.Playwright;

namespace Dfu.Browser.Tests.Browsing;

/// <summary>The system's browser.</summary>
internal static class Chromium
{
    private static readonly string[] Usual = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    private static string? Executable { get; } = Array.Find(Usual, File.Exists);

    /// <summary>What is missing and what installs it; null when a browser is there.</summary>
    public static string? Missing { get; } = Executable is null ? "no Chromium here: sudo apt-get install chromium" : null;

    /// <summary>Without anything that it does by itself over the network.</summary>
    public static Task<IBrowser> StartAsync(IPlaywright playwright) => playwright.Chromium.LaunchAsync(new()
    {
        ExecutablePath = Executable,
        Args =
        [
            "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run",
            "--disable-features=Translate,OptimizationHints,MediaRouter",
        ],
    });
}
