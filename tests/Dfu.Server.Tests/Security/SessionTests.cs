using System.Net;
using System.Net.WebSockets;
using System.Text.RegularExpressions;
using Dfu.Fleet.AccessKeys;

namespace Dfu.Server.Tests.Security;

[Collection(KeyedFleet.Name)]
public sealed partial class SessionTests(KeyedFleet fleet)
{
    private const HttpStatusCode No = HttpStatusCode.Forbidden;

    [Fact]
    public async Task A_key_is_exchanged_for_a_cookie_that_scripts_and_other_pages_do_not_get()
    {
        using var response = await SignInAsync(fleet.Tls, fleet.Viewer, "/campaigns/c1?view=wall");
        Assert.Equal((HttpStatusCode.SeeOther, "/campaigns/c1?view=wall"), (response.StatusCode, response.Headers.Location?.ToString()));
        var cookie = Cookies(response).Single(static cookie => cookie.StartsWith("dfu-session=", StringComparison.Ordinal)).ToLowerInvariant();
        Assert.All((string[])["httponly", "secure", "samesite=strict", "path=/"], part => Assert.Contains($"; {part}", cookie, StringComparison.Ordinal));
        Assert.DoesNotContain("expires=", cookie, StringComparison.Ordinal); // it ends with the browser
        Assert.DoesNotContain("domain=", cookie, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(fleet.Tls, "/api/v1/me", Session(response)));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(fleet.Tls, "/api/v1/keys", Session(response)));
    }

    [Fact]
    public async Task Who_wants_to_stay_is_let_stay_for_thirty_days()
    {
        using var response = await SignInAsync(fleet.Tls, fleet.Viewer, "/", ("stay", "yes"));
        var cookie = response.Headers.GetValues("Set-Cookie").Single(static cookie => cookie.StartsWith("dfu-session=", StringComparison.Ordinal));
        var until = DateTimeOffset.Parse(Expires().Match(cookie).Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(until - TimeProvider.System.GetUtcNow(), TimeSpan.FromDays(29.9), TimeSpan.FromDays(30.1));
    }

    [Fact]
    public async Task Who_is_not_signed_in_is_asked_to_and_comes_back_to_the_page()
    {
        using var page = await GetAsync(fleet.Tls, "/campaigns/c1?view=wall", "Accept", "text/html");
        Assert.Equal((HttpStatusCode.Redirect, "/sign-in?returnUrl=%2Fcampaigns%2Fc1%3Fview%3Dwall"), (page.StatusCode, page.Headers.Location?.ToString()));

        // From a link elsewhere the browser brings no cookie: our own page asks again, with it.
        using var linked = await GetAsync(
            fleet.Tls, "/campaigns/c1?a=\"b", "Accept", "text/html", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate",
            "Sec-Fetch-Dest", "document");
        Assert.Equal(HttpStatusCode.OK, linked.StatusCode);
        Assert.Contains("http-equiv=\"refresh\" content=\"0;url=/campaigns/c1?a=%22b\"", await linked.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("multipart/form-data; boundary=x", 10)]
    [InlineData("multipart/form-data", 10)]
    [InlineData("application/x-www-form-urlencoded", 20_000)]
    public async Task What_is_no_form_is_answered_with_the_page(string type, int bytes)
    {
        using var content = new ByteArrayContent(new byte[bytes]);
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        using var response = await fleet.Tls.PostAsync("/sign-in", content);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("Give the key again", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://evil.example/")]
    [InlineData("//evil.example/")]
    [InlineData("/\\evil.example/")]
    public async Task Sign_in_sends_nobody_elsewhere(string url)
    {
        using var response = await SignInAsync(fleet.Tls, fleet.Viewer, url);
        Assert.Equal("/", response.Headers.Location?.ToString());
        using var page = await fleet.Tls.GetAsync($"/sign-in?returnUrl={Uri.EscapeDataString(url)}");
        Assert.DoesNotContain("evil", await page.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_key_stays_on_the_page_which_says_why_and_does_not_repeat_it()
    {
        var wrong = AccessSecret.Make().Secret;
        using var response = await SignInAsync(fleet.Tls, wrong, "/", ("X-Forwarded-For", "203.0.113.60"));
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        var page = await response.Content.ReadAsStringAsync();
        Assert.Contains("There is no such access key.", page, StringComparison.Ordinal);
        Assert.DoesNotContain(wrong[13..], page, StringComparison.Ordinal);
        Assert.DoesNotContain(Cookies(response), static cookie => cookie.StartsWith("dfu-session=", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Nobody_is_signed_in_or_out_by_another_page()
    {
        using var forged = new HttpRequestMessage(HttpMethod.Post, "/sign-in")
        {
            Content = new FormUrlEncodedContent([new("key", fleet.Viewer)]), Headers = { { "Origin", "https://evil.example" } },
        };
        Assert.Equal(HttpStatusCode.Forbidden, (await fleet.Tls.SendAsync(forged)).StatusCode);
        using var tokenless = await fleet.Tls.PostAsync("/sign-in", new FormUrlEncodedContent([new("key", fleet.Viewer)]));
        Assert.Contains("open for too long", await tokenless.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain(Cookies(tokenless), static cookie => cookie.StartsWith("dfu-session=", StringComparison.Ordinal));

        using var signed = await SignInAsync(fleet.Tls, fleet.Viewer, "/");
        foreach (var (origin, status) in ((string?, HttpStatusCode)[])[("https://evil.example", No), (null, No), (Origin, HttpStatusCode.Redirect)])
        {
            using var signOut = new HttpRequestMessage(HttpMethod.Post, "/sign-out") { Headers = { { "Cookie", Session(signed) } } };
            if (origin is not null) signOut.Headers.Add("Origin", origin);
            using var response = await fleet.Tls.SendAsync(signOut);
            Assert.Equal((origin, status), (origin, response.StatusCode));
            if (status == No) continue;
            Assert.Contains(Cookies(response), static cookie => cookie.StartsWith("dfu-session=;", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task A_change_with_a_cookie_needs_to_come_from_a_page_of_ours()
    {
        using var signed = await SignInAsync(fleet.Tls, fleet.Admin, "/");
        foreach (var origin in (string?[])["https://evil.example", "null", null])
        {
            using var change = new HttpRequestMessage(HttpMethod.Delete, "/api/v1/keys/run") { Headers = { { "Cookie", Session(signed) } } };
            if (origin is not null) change.Headers.Add("Origin", origin);
            Assert.Equal((origin, No), (origin, (await fleet.Tls.SendAsync(change)).StatusCode));
        }

        Assert.Equal(HttpStatusCode.OK, await fleet.StatusAsync("GET", "/api/v1/me", fleet.Operator));
        var spare = await fleet.MakeAsync("spare", AccessRole.Viewer);
        using var ours = new HttpRequestMessage(HttpMethod.Delete, $"/api/v1/keys/{spare.Key.Id}")
        {
            Headers = { { "Cookie", Session(signed) }, { "Origin", Origin } },
        };
        Assert.Equal(HttpStatusCode.OK, (await fleet.Tls.SendAsync(ours)).StatusCode);
    }

    [Fact]
    public async Task A_revoked_key_closes_what_is_open_within_seconds_and_its_cookie_opens_nothing_more()
    {
        var key = await fleet.MakeAsync("gone soon", AccessRole.Viewer);
        using var signed = await SignInAsync(fleet.Tls, key.Secret, "/");
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Cookie", Session(signed));
        socket.Options.SetRequestHeader("Origin", Origin);
        socket.Options.RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.GetCertHashString() == fleet.Thumbprint;
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        await socket.ConnectAsync(new($"wss://{fleet.Https.Authority}/_blazor"), soon.Token);
        await socket.SendAsync("{\"protocol\":\"blazorpack\",\"version\":1}\u001e"u8.ToArray(), WebSocketMessageType.Text, true, soon.Token);
        await fleet.Served.Fleet.RevokeAccessKeyAsync(key.Key.Id, "anna@line-3", soon.Token);
        var buffer = new byte[4096];
        await Assert.ThrowsAsync<WebSocketException>(async () =>
        {
            while (true) await socket.ReceiveAsync(buffer, soon.Token); // the answer to the handshake, then pings, then it is broken off
        });
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(fleet.Tls, "/api/v1/me", Session(signed)));
        using var page = await GetAsync(fleet.Tls, "/", "Accept", "text/html", "Cookie", Session(signed));
        Assert.Equal(HttpStatusCode.Redirect, page.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, await fleet.StatusAsync("GET", "/api/v1/me", key.Secret, "203.0.113.70"));
    }

    [Fact]
    public void Keys_of_cookies_are_files_that_only_their_user_reads()
    {
        var folder = Path.Combine(fleet.Served.Silo.DataDirectory, "web-keys");
        Assert.NotEmpty(Directory.GetFiles(folder));
        if (OperatingSystem.IsWindows()) return;
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder));
        foreach (var file in Directory.GetFiles(folder)) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    private string Origin => fleet.Https.GetLeftPart(UriPartial.Authority);

    private static IEnumerable<string> Cookies(HttpResponseMessage response) => response.Headers.TryGetValues("Set-Cookie", out var cookies) ? cookies : [];

    private static string Session(HttpResponseMessage response) =>
        Cookies(response).Single(static cookie => cookie.StartsWith("dfu-session=", StringComparison.Ordinal)).Split(';')[0];

    /// <param name="more">A header for the request where its name begins with X, else a field of the form.</param>
    private async Task<HttpResponseMessage> SignInAsync(HttpClient http, string key, string returnUrl, params (string Name, string Value)[] more)
    {
        using var page = await http.GetAsync("/sign-in");
        var token = Token().Match(await page.Content.ReadAsStringAsync()).Groups[1].Value;
        var fields = new Dictionary<string, string> { ["__RequestVerificationToken"] = token, ["key"] = key, ["returnUrl"] = returnUrl };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/sign-in") { Headers = { { "Origin", Origin } } };
        request.Headers.Add("Cookie", Cookies(page).Single(static cookie => cookie.StartsWith("dfu-form=", StringComparison.Ordinal)).Split(';')[0]);
        foreach (var (name, value) in more)
        {
            if (name.StartsWith('X')) request.Headers.Add(name, value);
            else fields[name] = value;
        }

        request.Content = new FormUrlEncodedContent(fields);
        return await http.SendAsync(request);
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient http, string path, string cookie)
    {
        using var response = await GetAsync(http, path, "Cookie", cookie);
        return response.StatusCode;
    }

    private static async Task<HttpResponseMessage> GetAsync(HttpClient http, string path, params string[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        for (var i = 0; i < headers.Length; i += 2) request.Headers.Add(headers[i], headers[i + 1]);
        return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"([^\"]+)\"")]
    private static partial Regex Token();

    [GeneratedRegex("expires=([^;]+)", RegexOptions.IgnoreCase)]
    private static partial Regex Expires();
}
