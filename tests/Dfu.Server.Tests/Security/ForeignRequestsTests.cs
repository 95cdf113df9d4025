using System.Net;
using Dfu.Server.Hosting;
using Dfu.Server.Security;
using Microsoft.AspNetCore.Http;

namespace Dfu.Server.Tests.Security;

public sealed class ForeignRequestsTests
{
    private static readonly RequestFacts Fine = new()
    {
        IsLocal = true, Method = "GET", Scheme = "http", Host = new("127.0.0.1:5280"), IsApi = true,
    };

    private static Foreign? Judge(RequestFacts request, params string[] names) => ForeignRequests.Judge(request, names);

    [Theory]
    [InlineData("127.0.0.1:5280", null)]
    [InlineData("127.8.9.1", null)]
    [InlineData("localhost:5280", null)]
    [InlineData("LOCALHOST", null)]
    [InlineData("[::1]:5280", null)]
    [InlineData("evil.example", 403)]
    [InlineData("localhost.evil.example", 403)]
    [InlineData("127.0.0.1.evil.example", 403)]
    [InlineData("10.0.0.7:5280", 403)]
    [InlineData("", 403)]
    public void Whoever_sits_at_the_machine_reaches_it_by_its_own_address_only(string host, int? status) =>
        Assert.Equal(status, Judge(Fine with { Host = new(host) })?.Status);

    [Theory]
    [InlineData("10.0.0.7", null)]
    [InlineData("station-3", null)]
    [InlineData("evil.example", 403)]
    public void Where_names_are_given_no_others_are_answered(string host, int? status) =>
        Assert.Equal(status, Judge(Fine with { IsLocal = false, Host = new(host, 5280), HasKey = true }, "station-3", "dfu.example.com")?.Status);

    [Theory]
    [InlineData("http://127.0.0.1:5280", null)]
    [InlineData("http://127.0.0.1:5281", 403)]
    [InlineData("http://localhost:5280", 403)]
    [InlineData("https://127.0.0.1:5280", 403)]
    [InlineData("https://evil.example", 403)]
    [InlineData("null", 403)]
    [InlineData("", 403)]
    public void An_origin_must_be_the_servers_own_whatever_is_asked(string origin, int? status)
    {
        Assert.Equal(status, Judge(Fine with { Origin = origin })?.Status);
        Assert.Equal(status, Judge(Fine with { Origin = origin, Method = "POST", ContentType = "application/json" })?.Status);
        Assert.Equal(status, Judge(Fine with { Origin = origin, IsApi = false, FetchMode = "websocket", FetchDest = "websocket" })?.Status);
    }

    [Fact]
    public void A_port_that_goes_without_saying_is_the_same_origin()
    {
        var request = Fine with { IsLocal = false, Scheme = "https", Host = new("dfu.example.com", 443), Origin = "https://dfu.example.com" };
        Assert.Null(Judge(request));
        Assert.Null(Judge(request with { Host = new("10.0.0.7") }, "dfu.example.com")); // a proxy that sends another Host
        Assert.NotNull(Judge(request with { Host = new("10.0.0.7") }));
        Assert.NotNull(Judge(request with { Host = new("127.0.0.1"), IsLocal = true, Scheme = "http" }, "dfu.example.com"));
    }

    [Theory]
    [InlineData("cross-site", "navigate", "document", "GET", null)]
    [InlineData("same-site", "navigate", "document", "GET", null)]
    [InlineData("cross-site", "navigate", "document", "POST", 403)]
    [InlineData("cross-site", "navigate", "iframe", "GET", 403)]
    [InlineData("cross-site", "no-cors", "image", "GET", 403)]
    [InlineData("cross-site", "no-cors", "script", "GET", 403)]
    [InlineData("same-site", "cors", "empty", "GET", 403)]
    [InlineData("none", "navigate", "document", "GET", null)]
    [InlineData("same-origin", "cors", "empty", "GET", null)]
    public void Another_page_may_link_here_and_do_nothing_else(string site, string mode, string dest, string method, int? status) =>
        Assert.Equal(status, Judge(Fine with { FetchSite = site, FetchMode = mode, FetchDest = dest, Method = method })?.Status);

    [Theory]
    [InlineData("application/x-www-form-urlencoded", 415)]
    [InlineData("multipart/form-data; boundary=x", 415)]
    [InlineData("Text/Plain;charset=utf-8", 415)]
    [InlineData("application/json", null)]
    [InlineData("application/zip", null)]
    [InlineData(null, null)]
    public void The_api_takes_no_content_that_a_form_can_send_unless_with_a_key(string? type, int? status)
    {
        Assert.Equal(status, Judge(Fine with { Method = "POST", ContentType = type })?.Status);
        Assert.Null(Judge(Fine with { Method = "POST", ContentType = type, HasKey = true }));
        Assert.Null(Judge(Fine with { Method = "POST", ContentType = type, IsApi = false }));
    }

    [Fact]
    public void A_change_with_a_session_shows_that_a_page_of_ours_made_it()
    {
        var change = Fine with { Method = "DELETE", HasSession = true };
        Assert.Equal(403, Judge(change)?.Status);
        Assert.Null(Judge(change with { FetchSite = "same-origin" }));
        Assert.Null(Judge(change with { Origin = "http://127.0.0.1:5280" }));
        Assert.Equal(403, Judge(change with { FetchSite = "none" })?.Status);
        Assert.Null(Judge(change with { HasKey = true }));
        Assert.Null(Judge(change with { Method = "GET" }));
    }

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1", null, true)]
    [InlineData("::1", "::1", null, true)]
    [InlineData("::ffff:127.0.0.1", "::ffff:127.0.0.1", null, true)]
    [InlineData("10.0.0.7", "10.0.0.7", null, false)]
    [InlineData("10.0.0.7", "10.0.0.9", null, false)]
    [InlineData("127.0.0.1", "10.0.0.9", null, false)]
    [InlineData("127.0.0.1", "127.0.0.1", "X-Forwarded-For", false)]
    [InlineData("127.0.0.1", "127.0.0.1", "Forwarded", false)]
    [InlineData("127.0.0.1", "127.0.0.1", "Via", false)]
    public void Only_a_connection_within_the_machine_without_a_proxy_needs_no_key(string here, string there, string? header, bool local)
    {
        var connected = Connected.Of(Between(here, there, header), new());
        Assert.Equal(new(local, IsPastProxy: false), connected);
    }

    [Theory]
    [InlineData("127.0.0.1", false)]
    [InlineData("172.18.0.9", false)]
    [InlineData("::ffff:172.18.0.9", false)]
    [InlineData("172.19.0.9", true)]
    [InlineData("2001:db8::1", true)]
    public void Behind_a_proxy_nobody_is_local_and_who_comes_past_it_is_told_apart(string there, bool past)
    {
        var settings = new WebSettings { BehindProxy = true, Proxies = [IPNetwork.Parse("172.18.0.0/16")] };
        Assert.Equal(new(IsLocal: false, past), Connected.Of(Between("127.0.0.1", there, "X-Forwarded-For"), settings));
    }

    [Theory]
    [InlineData("/", "/")]
    [InlineData("/campaigns/c1?view=wall#x", "/campaigns/c1?view=wall#x")]
    [InlineData("//evil.example", "/")]
    [InlineData("/\\evil.example", "/")]
    [InlineData("/a\\..\\evil", "/")]
    [InlineData("/\t/evil.example", "/")]
    [InlineData("https://evil.example/", "/")]
    [InlineData("javascript:alert(1)", "/")]
    [InlineData("campaigns", "/")]
    [InlineData("", "/")]
    [InlineData(null, "/")]
    public void After_sign_in_nobody_is_sent_elsewhere(string? url, string to) => Assert.Equal(to, SignIn.Local(url));

    private static DefaultHttpContext Between(string here, string there, string? header)
    {
        var context = new DefaultHttpContext();
        context.Connection.LocalIpAddress = IPAddress.Parse(here);
        context.Connection.RemoteIpAddress = IPAddress.Parse(there);
        if (header is not null) context.Request.Headers[header] = "203.0.113.7";
        return context;
    }
}
