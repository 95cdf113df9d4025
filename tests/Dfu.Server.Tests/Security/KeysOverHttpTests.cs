using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Dfu.Api;
using Dfu.Fleet.AccessKeys;

namespace Dfu.Server.Tests.Security;

[Collection(KeyedFleet.Name)]
public sealed class KeysOverHttpTests(KeyedFleet fleet)
{
    [Fact]
    public async Task A_wrong_key_is_refused_in_words_and_code_whatever_is_wrong_about_it()
    {
        var right = fleet.Viewer;
        var foreign = AccessSecret.Make().Secret;
        foreach (var wrong in (string[])["x", "", right[..^1], right + "A", right[..13] + foreign[13..], foreign, foreign[..4] + right[4..12] + foreign[12..]])
        {
            using var response = await fleet.SendAsync("GET", "/api/v1/me", from: "203.0.113.20", with: request =>
                request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {wrong}"));
            var problem = await ProblemAsync(response, HttpStatusCode.Unauthorized);
            Assert.Equal("keyRefused", problem.Code);
            Assert.StartsWith("Bearer", response.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
            Assert.DoesNotContain(foreign, problem.ToString(), StringComparison.Ordinal);
        }

        using var basic = await fleet.SendAsync("GET", "/api/v1/me", from: "203.0.113.21", with: static request =>
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", "YTpi"));
        await ProblemAsync(basic, HttpStatusCode.Unauthorized);
        using var two = await fleet.SendAsync("GET", "/api/v1/me", from: "203.0.113.21", with: request =>
            request.Headers.TryAddWithoutValidation("Authorization", [$"Bearer {right}", "Bearer x"]));
        await ProblemAsync(two, HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_key_that_has_expired_is_told_so_to_who_has_it()
    {
        var expired = await fleet.ExpiredAsync("too late");
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        while (await fleet.StatusAsync("GET", "/api/v1/me", expired.Secret, "203.0.113.30") == HttpStatusCode.OK) soon.Token.ThrowIfCancellationRequested();
        using var response = await fleet.SendAsync("GET", "/api/v1/me", expired.Secret, "203.0.113.31");
        Assert.Contains("expired on", (await ProblemAsync(response, HttpStatusCode.Unauthorized)).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_admin_makes_keys_that_open_at_once_and_the_audit_has_who_made_and_revoked_them()
    {
        using var made = await fleet.SendAsync("POST", ApiRoutes.Keys, fleet.Admin, with: static request =>
            request.Content = JsonContent.Create(new ApiKeyOrder("ci", AccessRole.Operator, null), options: ApiJson.Options));
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        var key = (await made.Content.ReadFromJsonAsync<ApiNewKey>(ApiJson.Options))!;
        Assert.Equal(ApiRoutes.Key(key.Key.Id), made.Headers.Location?.ToString());
        using var me = await fleet.SendAsync("GET", ApiRoutes.Me, key.Secret);
        var caller = (await me.Content.ReadFromJsonAsync<ApiCaller>(ApiJson.Options))!;
        Assert.Equal(new ApiCaller($"ci (key {key.Key.Id})", AccessRole.Operator, key.Key.Id, null), caller);

        using var list = await fleet.SendAsync("GET", ApiRoutes.Keys, fleet.Admin);
        var listed = await list.Content.ReadAsStringAsync();
        Assert.Contains(key.Key.Id, listed, StringComparison.Ordinal);
        Assert.DoesNotContain(key.Secret[13..], listed, StringComparison.Ordinal);
        Assert.DoesNotContain(AccessSecret.HashOf(key.Secret), listed, StringComparison.Ordinal);

        using var revoked = await fleet.SendAsync("DELETE", ApiRoutes.Key(key.Key.Id), fleet.Admin);
        Assert.Equal(HttpStatusCode.OK, revoked.StatusCode);
        var rule = (await fleet.Served.Fleet.AccessKeysAsync(CancellationToken.None)).Single(static made => made.Name == "rule");
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        while ((await fleet.Served.Fleet.AuditAsync($"key {key.Key.Id}", 10, soon.Token)).Length < 2) soon.Token.ThrowIfCancellationRequested();
        var audit = await fleet.Served.Fleet.AuditAsync($"key {key.Key.Id}", 10, soon.Token);
        Assert.Equal(["keyRevoked", "keyMade"], audit.Select(static entry => entry.Action));
        Assert.All(audit, entry => Assert.Equal($"rule (key {rule.Id})", entry.By));
        Assert.All(audit, entry => Assert.DoesNotContain(key.Secret[13..], entry.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Too_many_wrong_keys_are_put_off_and_a_right_key_from_the_same_address_never_is()
    {
        const string shop = "203.0.113.40";
        var wrong = AccessSecret.Make().Secret;
        for (var i = 0; i < 10; i++) Assert.Equal(HttpStatusCode.Unauthorized, await fleet.StatusAsync("GET", "/api/v1/me", wrong, shop));
        using var late = await fleet.SendAsync("GET", "/api/v1/me", wrong, shop);
        Assert.Equal("tooManyAttempts", (await ProblemAsync(late, HttpStatusCode.TooManyRequests)).Code);
        Assert.InRange(late.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(6));
        Assert.Equal(HttpStatusCode.OK, await fleet.StatusAsync("GET", "/api/v1/me", fleet.Viewer, shop));
        Assert.Equal(HttpStatusCode.Unauthorized, await fleet.StatusAsync("GET", "/api/v1/me", wrong, "203.0.113.41"));
    }

    [Fact]
    public async Task Nothing_secret_is_logged_or_told_in_a_refusal()
    {
        var wrong = AccessSecret.Make().Secret;
        var bodies = new List<string>();
        foreach (var key in (string[])[fleet.Viewer, fleet.Admin, wrong])
        {
            foreach (var path in (string[])[$"/api/v1/me?token={key}", $"/api/v1/keys/{key}?q={key}", $"/{key}"])
            {
                using var response = await fleet.SendAsync("GET", path, key, "203.0.113.50", request =>
                    request.Headers.Add("Cookie", $"dfu-session={key}"));
                bodies.Add(await response.Content.ReadAsStringAsync());
                using var foreign = await fleet.SendAsync("GET", path, key, "203.0.113.51", static request =>
                    request.Headers.Add("Origin", "https://evil.example"));
                bodies.Add(await foreign.Content.ReadAsStringAsync());
            }

            Assert.Contains(fleet.Served.Said, static line => line.Contains("was refused", StringComparison.Ordinal));
            Assert.DoesNotContain(fleet.Served.Said, line => line.Contains(key[13..], StringComparison.Ordinal));
            Assert.DoesNotContain(bodies, body => body.Contains(key[13..], StringComparison.Ordinal));
        }
    }

    private static async Task<ApiProblem> ProblemAsync(HttpResponseMessage response, HttpStatusCode status)
    {
        Assert.Equal(status, response.StatusCode);
        Assert.Equal(ApiHeaders.Problem, response.Content.Headers.ContentType?.MediaType);
        return (await response.Content.ReadFromJsonAsync<ApiProblem>(ApiJson.Options))!;
    }
}
