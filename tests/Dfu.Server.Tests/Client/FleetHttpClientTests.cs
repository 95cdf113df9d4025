using System.Net;
using System.Security.Authentication;
using Dfu.Api;
using Dfu.Api.Http;
using Dfu.Fleet.Audit;
using Dfu.Fleet.Campaigns;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Server.Tests.Client;

public sealed class FleetHttpClientTests
{
    private static readonly ApiAbout About = new("1.2.3", "station", false, false, 1);

    [Theory]
    [InlineData("http://127.0.0.1:5280", "http://127.0.0.1:5280/")]
    [InlineData(" localhost:5280 ", "http://localhost:5280/")]
    [InlineData("[::1]:5280", "http://[::1]:5280/")]
    [InlineData("station-1:5280", "https://station-1:5280/")]
    [InlineData("https://farm.example/dfu", "https://farm.example/dfu/")]
    public void An_address_is_read_as_people_write_it(string text, string url)
    {
        Assert.True(FleetHttpOptions.TryReadUrl(text, out var read));
        Assert.Equal(url, read.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("ftp://station")]
    [InlineData("http://anna:secret@station")]
    [InlineData("http://station/?a=1")]
    public void What_is_no_address_of_a_server_is_none(string text) => Assert.False(FleetHttpOptions.TryReadUrl(text, out _));

    [Fact]
    public async Task The_key_and_a_path_in_front_go_with_every_request()
    {
        var server = new Answers(() => Answers.Json(About));
        await using var client = server.Client(url: "http://farm/dfu/");
        Assert.Equal(About, await client.AboutAsync(default));
        Assert.Equal(["GET /dfu/api/v1/about"], server.Asked);
        Assert.Equal("Bearer k", server.Requests.Single().Headers.Authorization?.ToString());
        Assert.DoesNotContain("k", new FleetHttpOptions { Url = new("http://farm"), Key = "k" }.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_read_is_asked_again_while_nobody_answers()
    {
        var server = new Answers(
            Answers.Nobody,
            Answers.Broken,
            static () => Answers.Text(HttpStatusCode.ServiceUnavailable, "text/html", ""),
            static () => Answers.Json(new ApiPage<ApiCampaign>([], null)));
        await using var client = server.Client();
        Assert.Empty(await client.CampaignsAsync(default));
        Assert.Equal(4, server.Asked.Count);
    }

    [Fact]
    public async Task What_a_server_is_it_is_asked_once()
    {
        var server = new Answers(Answers.Nobody);
        await using var client = server.Client();
        await RefusedAsync(() => client.AboutAsync(default), DfuError.ServerUnreachable);
        Assert.Single(server.Asked);
    }

    [Fact]
    public async Task What_may_not_be_done_twice_is_asked_again_only_when_it_cannot_have_been_heard()
    {
        var server = new Answers(Answers.Nobody, Answers.Broken, () => Answers.Json(new ApiDone("done")));
        await using var client = server.Client();
        await RefusedAsync(() => client.ControlAsync("c", new CampaignControl(CampaignControlKind.Retry, ""), default), DfuError.ServerUnreachable);
        Assert.Equal(2, server.Asked.Count);
        Assert.Equal("done", await client.ControlAsync("c", new CampaignControl(CampaignControlKind.Retry, ""), default));
    }

    [Fact]
    public async Task What_is_asked_again_has_the_same_idempotency_key()
    {
        var server = new Answers(Answers.Broken, () => Answers.Json(new ApiDone("paused")));
        await using var client = server.Client();
        Assert.Equal("paused", await client.ControlAsync("c", new CampaignControl(CampaignControlKind.Pause, ""), default));
        var keys = server.Requests.Select(static request => request.Headers.GetValues(ApiHeaders.IdempotencyKey).Single()).ToList();
        Assert.Equal(2, keys.Count);
        Assert.Single(keys.Distinct());
    }

    [Fact]
    public async Task After_a_while_it_is_said_that_nobody_answers()
    {
        var server = new Answers(Answers.Nobody);
        await using var client = server.Client(TimeSpan.FromSeconds(2));
        var refused = await RefusedAsync(() => client.CampaignsAsync(default), DfuError.ServerUnreachable);
        Assert.Equal("no server answers at http://station:5280", refused.Message);
        Assert.Equal(5, server.Asked.Count);
    }

    [Fact]
    public async Task A_caller_that_gives_up_is_told_at_once()
    {
        var server = new Answers(Answers.Nobody);
        await using var client = server.Client();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.CampaignsAsync(new(canceled: true)));
    }

    [Fact]
    public async Task A_problem_is_the_servers_own_code_sentence_and_remedy()
    {
        var server = new Answers(() => Answers.Problem(HttpStatusCode.Forbidden, DfuError.NotAllowed, "anna may look only", "Ask an operator."));
        await using var client = server.Client();
        var refused = await RefusedAsync(() => client.ControlAsync("c", new CampaignControl(CampaignControlKind.Pause, ""), default), DfuError.NotAllowed);
        Assert.Equal(("anna may look only", "Ask an operator."), (refused.Message, refused.Remedy));
        Assert.Single(server.Asked);
    }

    [Fact]
    public async Task A_code_of_a_later_version_is_shown_as_it_is()
    {
        var problem = """{"title":"New.","detail":"something new","code":"somethingNew"}""";
        await using var client = new Answers(() => Answers.Text(HttpStatusCode.Conflict, ApiHeaders.Problem, problem)).Client();
        Assert.Equal("something new (somethingNew)", (await RefusedAsync(() => client.AboutAsync(default), DfuError.Unexpected)).Message);
    }

    public static TheoryData<HttpStatusCode, string, string, string> Strangers => new()
    {
        { HttpStatusCode.OK, "text/html", "<html>", "is no dfu server, or an older one: it answers 200 with text/html" },
        { HttpStatusCode.NotFound, "text/html", "<html>", "is no dfu server, or an older one: it answers 404 with text/html" },
        { HttpStatusCode.OK, "application/json", "[1]", "is no dfu server, or an older one: /api/v1/about: " },
        { HttpStatusCode.OK, "application/json", "null", "is no dfu server, or an older one: it answers nothing" },
        { HttpStatusCode.BadGateway, "text/html", "", "no server answers behind http://station:5280: the proxy says 502" },
    };

    [Theory]
    [MemberData(nameof(Strangers))]
    public async Task What_is_no_server_of_ours_is_said_to_be_none(HttpStatusCode status, string type, string text, string said)
    {
        await using var client = new Answers(() => Answers.Text(status, type, text)).Client();
        Assert.Contains(said, (await RefusedAsync(() => client.AboutAsync(default), DfuError.ServerUnreachable)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_redirection_is_not_followed_with_the_key()
    {
        var server = new Answers(static () => new(HttpStatusCode.MovedPermanently) { Headers = { Location = new("https://elsewhere/api/v1/about") } });
        await using var client = server.Client();
        var refused = await RefusedAsync(() => client.AboutAsync(default), DfuError.InvalidArgument);
        Assert.Equal("http://station:5280 sends to https://elsewhere/api/v1/about", refused.Message);
    }

    [Fact]
    public async Task A_certificate_that_is_not_trusted_is_not_tried_again()
    {
        var server = new Answers(static () => throw new HttpRequestException(
            HttpRequestError.SecureConnectionError,
            "The SSL connection could not be established",
            new AuthenticationException("The remote certificate is invalid")));
        await using var client = server.Client();
        var refused = await RefusedAsync(() => client.CampaignsAsync(default), DfuError.CertificateRefused);
        Assert.Contains("--server-ca", refused.Remedy, StringComparison.Ordinal);
        Assert.Single(server.Asked);
    }

    [Fact]
    public void A_file_that_holds_no_certificate_is_refused_at_once()
    {
        var file = Path.Combine(Path.GetTempPath(), "no-such.pem");
        var refused = Assert.Throws<DfuException>(() => new FleetHttpClient(new() { Url = new("https://station"), Authority = file }));
        Assert.Equal(DfuError.CertificateInvalid, refused.Error);
    }

    [Fact]
    public async Task A_list_is_read_page_by_page_and_no_further_than_wanted()
    {
        static AuditEntry Entry(int number) => new($"{number}", default, "anna", "did", "c", "");
        var server = new Answers(
            () => Answers.Json(new ApiPage<AuditEntry>([Entry(1), Entry(2)], "a&b")), () => Answers.Json(new ApiPage<AuditEntry>([Entry(3), Entry(4)], "c")));
        await using var client = server.Client();
        var entries = await client.AuditAsync("c 1", 3, default);
        Assert.Equal(["1", "2", "3"], entries.Select(static entry => entry.Id));
        Assert.Equal(["GET /api/v1/audit?subject=c%201&limit=3", "GET /api/v1/audit?subject=c%201&limit=1&cursor=a%26b"], server.Asked);
    }

    [Fact]
    public async Task What_is_not_there_is_null_where_that_is_no_error()
    {
        await using var client = new Answers(() => Answers.Problem(HttpStatusCode.NotFound, DfuError.NotFound, "there is none")).Client();
        Assert.Null(await client.PackageAsync("p", default));
        Assert.Null(await client.InspectAsync("p", default));
        Assert.Null(await client.DeviceAsync(default(BluetoothAddress), default));
        await RefusedAsync(() => client.StandingAsync("c", default), DfuError.NotFound);
    }

    internal static async Task<DfuException> RefusedAsync(Func<Task> call, DfuError error)
    {
        var refused = await Assert.ThrowsAsync<DfuException>(call);
        Assert.Equal(error, refused.Error);
        return refused;
    }
}
