using System.Net;
using System.Text;
using Dfu.Api;
using Dfu.Protocol.Errors;
using Dfu.Server.Api.Problems;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dfu.Server.Tests.Api;

/// <summary>Whatever goes wrong is a problem with our code, what happened and what to do.</summary>
[Collection(SharedFleet.Name)]
public sealed class ErrorTests(SharedFleet shared)
{
    private const string Package = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    private const string One = $$"""{"packageId":"{{Package}}","targets":{"addresses":["C1:00:00:00:00:00"]} }""";

    private readonly HttpClient _http = shared.Served.Http;

    [Fact]
    public void What_a_client_sent_does_not_break_the_line_that_tells_of_it()
    {
        Assert.Equal("no member 'a b c'", ApiProblems.Of(DfuError.InvalidArgument, "no member 'a\u007fb\nc'").Detail);
        Assert.Equal(new string('x', 1000) + "…", ApiProblems.Of(DfuError.InvalidArgument, new string('x', 5000)).Detail);
    }

    [Theory]
    [InlineData("GET", "/api/v1/nothing", 404, "notFound", "there is nothing at this address")]
    [InlineData("GET", "/api/v2/campaigns", 404, "notFound", "there is nothing at this address")]
    [InlineData("PUT", "/api/v1/campaigns", 405, "invalidArgument", "PUT is not possible here; GET, POST is")]
    [InlineData("POST", "/api/v1/nothing", 404, "notFound", "there is nothing at this address")]
    [InlineData("GET", "/api/v1/campaigns/none/control", 405, "invalidArgument", "GET is not possible here; POST is")]
    [InlineData("DELETE", "/api/v1/about", 405, "invalidArgument", "DELETE is not possible here; GET is")]
    [InlineData("GET", "/api/v1/campaigns/none", 404, "notFound", "there is no campaign none")]
    [InlineData("GET", "/api/v1/campaigns/none/view", 404, "notFound", "there is no campaign none")]
    [InlineData("GET", "/api/v1/campaigns/none/units", 404, "notFound", "there is no campaign none")]
    [InlineData("GET", "/api/v1/campaigns/none/report/csv", 404, "notFound", "there is no campaign none")]
    [InlineData("GET", "/api/v1/campaigns/none/report/pdf", 404, "notFound", "there is no report of the form 'pdf'")]
    [InlineData("GET", "/api/v1/campaigns?limit=0", 400, "invalidArgument", "limit is 1 to 1000, not 0")]
    [InlineData("GET", "/api/v1/campaigns?limit=1001", 400, "invalidArgument", "limit is 1 to 1000, not 1001")]
    [InlineData("GET", "/api/v1/campaigns?limit=many", 400, "invalidArgument", "limit cannot be 'many'")]
    [InlineData("GET", "/api/v1/campaigns?cursor=!", 400, "invalidArgument", "cursor is not what a page said comes next")]
    [InlineData("GET", "/api/v1/audit?cursor=AAAA", 400, "invalidArgument", "cursor is not what a page said comes next")]
    [InlineData("GET", "/api/v1/campaigns?state=well", 400, "invalidArgument", "state cannot be 'well'")]
    [InlineData("GET", "/api/v1/campaigns?standing=perhaps", 400, "invalidArgument", "standing cannot be 'perhaps'")]
    [InlineData("GET", "/api/v1/heard?mode=happy", 400, "invalidArgument", "mode cannot be 'happy'")]
    [InlineData("GET", "/api/v1/devices?campaign=none", 404, "notFound", "there is no campaign none")]
    [InlineData("GET", "/api/v1/devices/C1:11:11:11:11:11", 404, "notFound", "no campaign had the device C1:11:11:11:11:11")]
    [InlineData("GET", "/api/v1/devices/SN%2F1/history", 404, "notFound", "'SN/1' is no address, and no device of the last campaigns")]
    [InlineData("GET", "/api/v1/packages/none", 404, "notFound", "nobody has the package none")]
    [InlineData("GET", "/api/v1/adapters/none", 404, "notFound", "no member has an adapter none")]
    public async Task A_request_that_cannot_be_answered_is_explained(string method, string path, int status, string code, string detail)
    {
        using var answer = await _http.SendAsync(new(method), path);
        var problem = await answer.ProblemAsync((HttpStatusCode)status, code);
        Assert.StartsWith(detail, problem.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/campaigns", "{", 400, "invalidArgument", "the body is no JSON: ")]
    [InlineData("/campaigns", "", 400, "invalidArgument", "the body is missing")]
    [InlineData("/campaigns", "[]", 400, "invalidArgument", "the body has a value of another kind than belongs there")]
    [InlineData("/campaigns", "{}", 400, "invalidArgument", "the body lacks 'packageId', 'targets'")]
    [InlineData("/campaigns", """{"packageId":null,"targets":{"all":true}}""", 400, "invalidArgument", "packageId cannot be null")]
    [InlineData("/campaigns", """{"packageId":"x","targets":{"all":true},"restrat":true}""", 400, "invalidArgument", "the body has no member 'restrat'")]
    [InlineData("/campaigns", """{"packageId":"x","targets":{"adresses":[]}}""", 400, "invalidArgument", "targets has no member 'adresses'")]
    [InlineData(
        "/campaigns", """{"packageId":"x","targets":{"addresses":["C1:00:00:00:00:00","C1:zz"]}}""", 400, "invalidArgument",
        "targets.addresses[1]: 'C1:zz' is not a Bluetooth address (line 1, byte ")]
    [InlineData(
        "/campaigns", """{"packageId":"x","targets":{"all":true},"limits":{"patience":"2 min"}}""", 400, "invalidArgument",
        "limits.patience is no span of time: two minutes are 00:02:00")]
    [InlineData("/campaigns", """{"packageId":"x","targets":{"all":true}}""", 400, "invalidArgument", "a package is named by 64")]
    [InlineData("/campaigns", One, 404, "packageNotFound", $"nobody has the package {Package}")]
    [InlineData("/campaigns/none/control", """{"kind":"pause"}""", 404, "notFound", "there is no campaign none")]
    [InlineData("/campaigns/none/control", """{"kind":"dance"}""", 400, "invalidArgument", "kind has a value of another kind")]
    [InlineData("/campaigns/none/control", "{}", 400, "invalidArgument", "the body lacks 'kind'")]
    [InlineData("/adapters/none/sim:x", """{"kind":"drain"}""", 404, "notFound", "no member has an adapter none/sim:x")]
    public async Task A_body_that_does_not_fit_is_explained_with_the_place(string path, string body, int status, string code, string detail)
    {
        using var answer = await _http.SendAsync(HttpMethod.Post, ApiRoutes.Root + path, ApiCalls.Json(body));
        var problem = await answer.ProblemAsync((HttpStatusCode)status, code);
        Assert.StartsWith(detail, problem.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("Dfu.", problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_campaign_that_makes_no_sense_is_refused_with_what_is_wrong()
    {
        var order = ApiCalls.Later(await _http.PackageAsync(41), 4100);
        foreach (var (wrong, detail) in new (ApiCampaignOrder, string)[]
        {
            (order with { Limits = new() { MaxAttempts = 0 } }, "a device has 1 to 10000 attempts"),
            (order with { Plan = new() { Priority = 12 } }, "a campaign's priority is 1 to 9"),
            (order with { Targets = new() }, "give either addresses, a name pattern, or all"),
        })
        {
            using var answer = await _http.PostAsync(ApiRoutes.Campaigns, wrong);
            Assert.Equal(detail, (await answer.ProblemAsync(HttpStatusCode.BadRequest, "invalidArgument")).Detail);
        }
    }

    [Theory]
    [InlineData("/campaigns", (8 << 20) + 1)]
    [InlineData("/campaigns/none/control", (1 << 20) + 1)]
    public async Task A_body_that_is_larger_than_such_a_request_may_be_is_refused(string path, int bytes)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, ApiRoutes.Root + path) { Content = ApiCalls.Json(new string(' ', bytes)) };
        request.Headers.ExpectContinue = true; // as curl does: the server refuses by the length, and reads none of it
        using var answer = await _http.SendAsync(request);
        await answer.ProblemAsync(HttpStatusCode.RequestEntityTooLarge, "packageTooLarge");
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/yaml")]
    public async Task A_body_that_is_no_json_by_its_type_is_refused(string type)
    {
        using var answer = await _http.SendAsync(HttpMethod.Post, ApiRoutes.Campaigns, new StringContent(One, Encoding.UTF8, type));
        await answer.ProblemAsync(HttpStatusCode.UnsupportedMediaType, type == "application/yaml" ? "invalidArgument" : "requestForeign");
    }

    [Theory]
    [InlineData("two words")]
    [InlineData("")]
    [InlineData(null)]
    public async Task An_idempotency_key_that_is_none_is_refused(string? key)
    {
        using var answer = await _http.SendAsync(
            HttpMethod.Post, ApiRoutes.Campaigns, ApiCalls.Json(One), (ApiHeaders.IdempotencyKey, key ?? new string('k', 201)));
        await answer.ProblemAsync(HttpStatusCode.BadRequest, "invalidArgument");
    }

    [Fact]
    public async Task What_nobody_foresaw_is_answered_too_and_an_outage_is_told_from_it()
    {
        Assert.Equal((500, "unexpected"), await ThrownAsync(new InvalidOperationException("with internals")));
        Assert.Equal((503, "serverUnreachable"), await ThrownAsync(new TimeoutException()));
        Assert.Equal((409, "campaignConflict"), await ThrownAsync(new DfuException(DfuError.CampaignConflict, "another")));
    }

    [Fact]
    public void Every_error_has_a_status()
    {
        var byStatus = Enum.GetValues<DfuError>().Where(static error => error != DfuError.None).ToLookup(ErrorStatus.Of);
        Assert.Equal([400, 401, 403, 404, 409, 412, 413, 422, 429, 500, 503], byStatus.Select(static group => group.Key).Order());
        Assert.Equal([DfuError.InvalidArgument], byStatus[400]);
        Assert.Equal([DfuError.PackageNotFound, DfuError.AdapterNotFound, DfuError.NotFound], byStatus[404]);
        Assert.All(byStatus[422], static error => Assert.True(error is < DfuError.LinkLost or DfuError.IdempotencyKeyReused));
        Assert.All(byStatus[500], static error => Assert.True(error >= DfuError.DataDirectoryInUse));
        Assert.Equal([DfuError.Interrupted, DfuError.ServerUnreachable, DfuError.DatabaseUnavailable], byStatus[503]);
    }

    private static async Task<(int Status, string? Code)> ThrownAsync(Exception e)
    {
        var http = new DefaultHttpContext { Response = { Body = new MemoryStream() } };
        await new ApiErrors(_ => throw e, NullLogger<ApiErrors>.Instance).InvokeAsync(http);
        http.Response.Body.Position = 0;
        var problem = (await System.Text.Json.JsonSerializer.DeserializeAsync<ApiProblem>(http.Response.Body, ApiJson.Options))!;
        Assert.DoesNotContain("internals", $"{problem}", StringComparison.Ordinal);
        return (http.Response.StatusCode, problem.Code);
    }
}
