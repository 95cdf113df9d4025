using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using Dfu.Api;
using Dfu.Fleet.AccessKeys;

namespace Dfu.Server.Tests.Security;

/// <summary>A server that this machine alone reaches, and what a browser on it can be made to do.</summary>
[Collection(SharedFleet.Name)]
public sealed class BorderTests(SharedFleet shared)
{
    private static readonly string[] Paths =
    [
        "/", "/api/v1/campaigns", "/api/v1/me", "/_blazor", "/_framework/blazor.web.js", "/console.css", "/sign-in", "/health/live", "/orleans",
        "/no-such-page",
    ];

    private string Origin => shared.Served.Url.GetLeftPart(UriPartial.Authority);

    [Fact]
    public async Task Who_sits_at_the_machine_needs_no_key_and_may_do_everything()
    {
        var caller = (await shared.Served.Http.GetFromJsonAsync<ApiCaller>(ApiRoutes.Me, ApiJson.Options))!;
        Assert.Equal((AccessRole.Admin, null), (caller.Role, caller.Key));
        Assert.Contains(Environment.MachineName, caller.Name, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await shared.Served.Http.GetAsync(ApiRoutes.Keys)).StatusCode);
    }

    [Fact]
    public async Task A_proxy_that_the_server_was_not_told_of_makes_nobody_local() =>
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(HttpMethod.Get, "/api/v1/me", ("X-Forwarded-For", "203.0.113.7")));

    [Fact]
    public async Task A_wrong_key_makes_nobody_local() =>
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(HttpMethod.Get, "/api/v1/me", ("Authorization", "Bearer x")));

    [Fact]
    public async Task A_name_that_points_here_gets_nothing()
    {
        foreach (var path in Paths)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { Host = $"evil.example:{shared.Served.Url.Port}" } };
            using var response = await shared.Served.Http.SendAsync(request);
            Assert.Equal((path, HttpStatusCode.Forbidden), (path, response.StatusCode));
            Assert.Equal("requestForeign", (await response.Content.ReadFromJsonAsync<ApiProblem>(ApiJson.Options))?.Code);
        }
    }

    [Fact]
    public async Task Another_origin_reads_and_changes_nothing()
    {
        foreach (var path in Paths)
        {
            Assert.Equal((path, HttpStatusCode.Forbidden), (path, await StatusAsync(HttpMethod.Get, path, ("Origin", "https://evil.example"))));
            Assert.Equal((path, HttpStatusCode.Forbidden), (path, await StatusAsync(HttpMethod.Get, path, ("Origin", "http://127.0.0.1:3000"))));
            var image = await StatusAsync(HttpMethod.Get, path, ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", "image"));
            Assert.Equal((path, HttpStatusCode.Forbidden), (path, image));
            var asked = await StatusAsync(HttpMethod.Options, path, ("Origin", "https://evil.example"), ("Access-Control-Request-Method", "POST"));
            Assert.Equal((path, HttpStatusCode.Forbidden), (path, asked));
            Assert.Equal((path, HttpStatusCode.Forbidden), (path, await StatusAsync(HttpMethod.Post, path, ("Origin", "null"))));
        }
    }

    [Fact]
    public async Task A_form_of_another_page_changes_nothing_where_the_browser_says_no_origin()
    {
        using var form = new HttpRequestMessage(HttpMethod.Post, ApiRoutes.Keys) { Content = new FormUrlEncodedContent([new("name", "x")]) };
        using var response = await shared.Served.Http.SendAsync(form);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
        Assert.Contains("application/json", (await response.Content.ReadFromJsonAsync<ApiProblem>(ApiJson.Options))?.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_web_socket_of_another_page_or_to_another_name_is_refused()
    {
        Assert.Equal(HttpStatusCode.Forbidden, await ConnectAsync(("Origin", "https://evil.example")));
        Assert.Equal(HttpStatusCode.Forbidden, await ConnectAsync(("Origin", "null")));
        Assert.Equal(HttpStatusCode.Forbidden, await ConnectAsync(("Origin", "http://evil.example"), ("Host", "evil.example")));
        Assert.Equal(HttpStatusCode.SwitchingProtocols, await ConnectAsync(("Origin", Origin)));
    }

    [Fact]
    public async Task Every_answer_tells_browsers_what_they_may_do_with_it()
    {
        foreach (var path in Paths)
        {
            using var response = await shared.Served.Http.GetAsync(path);
            var policy = response.Headers.GetValues("Content-Security-Policy").Single();
            Assert.All(
                (string[])
                [
                    "default-src 'none'", "script-src 'self';", "object-src 'none'", "base-uri 'self'", "frame-ancestors 'none'", "form-action 'self'",
                    "connect-src 'self'",
                ],
                part => Assert.Contains(part, policy, StringComparison.Ordinal));
            Assert.DoesNotContain("unsafe-eval", policy, StringComparison.Ordinal);
            Assert.DoesNotContain("style-src-elem 'self' 'unsafe-inline'", policy, StringComparison.Ordinal);
            Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
            Assert.Equal("same-origin", response.Headers.GetValues("Referrer-Policy").Single());
            Assert.Equal("same-origin", response.Headers.GetValues("Cross-Origin-Opener-Policy").Single());
            Assert.False(response.Headers.Contains("Server"));
            Assert.False(response.Headers.Contains("Strict-Transport-Security")); // it is not https
        }

        using var api = await shared.Served.Http.GetAsync(ApiRoutes.Keys);
        Assert.True(api.Headers.CacheControl?.NoStore);
    }

    private async Task<HttpStatusCode> ConnectAsync(params (string Name, string Value)[] headers)
    {
        using var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        foreach (var (name, value) in headers) socket.Options.SetRequestHeader(name, value);
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        try
        {
            await socket.ConnectAsync(new($"ws://{shared.Served.Url.Authority}/_blazor"), soon.Token);
        }
        catch (WebSocketException)
        {
            // The status says it.
        }

        return socket.HttpStatusCode;
    }

    private async Task<HttpStatusCode> StatusAsync(HttpMethod method, string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        using var response = await shared.Served.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return response.StatusCode;
    }
}
