using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace Dfu.Browser.Tests.Browsing;

/// <summary>
/// Somebody at a page. When they leave, nothing may have gone wrong: no error in the browser's console, nothing that the content security policy kept
/// out, and no request to anybody but the server.
/// </summary>
internal sealed partial class Visit : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly Uri _server;
    private readonly ConcurrentQueue<string> _flaws = new();

    private Visit(IBrowserContext context, IPage page, Uri server) => (_context, Page, _server) = (context, page, server);

    public IPage Page { get; }

    /// <summary>The server goes away meanwhile: what the browser says of connections that break is no flaw.</summary>
    public bool ServerMayGo { get; set; }

    /// <summary>Pages answer that somebody is not known or something is not there, which the browser takes for an error.</summary>
    public bool MayBeRefused { get; set; }

    public static async Task<Visit> BeginAsync(IBrowser browser, Uri server, ColorScheme colours = ColorScheme.Light, int width = 1280, int height = 800)
    {
        var context = await browser.NewContextAsync(new()
        {
            BaseURL = server.ToString(),
            ColorScheme = colours,
            ViewportSize = new() { Width = width, Height = height },
            Locale = "en-GB",
            ReducedMotion = ReducedMotion.Reduce,
            IgnoreHTTPSErrors = true,
        });
        context.SetDefaultTimeout(20_000);
        var visit = new Visit(context, await context.NewPageAsync(), server);
        visit.Page.Console += (_, message) => visit.Hear(message);
        visit.Page.PageError += (_, error) => visit._flaws.Enqueue($"script: {error}");
        visit.Page.Request += (_, request) => visit.See(request.Url);
        visit.Page.WebSocket += (_, socket) => visit.See(socket.Url);
        return visit;
    }

    /// <summary>Opens a page and returns when it is live.</summary>
    public async Task GoAsync(string path)
    {
        await Page.GotoAsync(path);
        await LiveAsync();
    }

    /// <summary>Returns when the page is connected to the server.</summary>
    public Task LiveAsync() => Assertions.Expect(Page.Locator("main[data-live]")).ToBeAttachedAsync(new() { Timeout = 20_000 });

    public async ValueTask DisposeAsync()
    {
        await _context.DisposeAsync();
        if (!_flaws.IsEmpty) Assert.Fail(string.Join('\n', _flaws.Distinct().Take(10)));
    }

    private void Hear(IConsoleMessage message)
    {
        if (message.Type is not ("error" or "warning")) return;
        if (ServerMayGo && Connection().IsMatch(message.Text)) return;
        if (MayBeRefused && Refusal().IsMatch(message.Text)) return;
        _flaws.Enqueue($"{message.Type}: {message.Text} ({message.Location})");
    }

    private void See(string url)
    {
        var to = new Uri(url);
        if (to.Scheme is "data" or "blob" || (to.Host == _server.Host && to.Port == _server.Port)) return;
        _flaws.Enqueue($"request to {url}");
    }

    [GeneratedRegex("responded with a status of 40[14]")]
    private static partial Regex Refusal();

    [GeneratedRegex("WebSocket|ERR_CONNECTION|Failed to fetch|Connection|connection|circuit|reconnect|Failed to load resource")]
    private static partial Regex Connection();
}
