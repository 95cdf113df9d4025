using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Dfu.Api;
using Dfu.Cli.Access;
using Dfu.Fleet.AccessKeys;
using Dfu.Protocol.Errors;

namespace Dfu.Cli.Tests.Access;

public sealed class LoginTests : IDisposable
{
    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("dfu-home-");
    private readonly StringWriter _out = new();
    private readonly StringWriter _error = new();
    private readonly HttpListener _server = new();
    private readonly Uri _url;

    public LoginTests()
    {
        using var port = new TcpListener(IPAddress.Loopback, 0);
        port.Start();
        _url = new($"http://{port.LocalEndpoint}/");
        port.Stop();
        _server.Prefixes.Add(_url.ToString());
        _server.Start();
    }

    private KeptKeys Keys => new(Path.Combine(_home.FullName, "dfu"));

    public void Dispose()
    {
        _server.Close();
        _home.Delete(true);
    }

    [Fact]
    public async Task A_key_from_standard_input_is_checked_and_kept_and_never_shown()
    {
        var (id, secret) = AccessSecret.Make();
        var seen = AnswerAsync(HttpStatusCode.OK, new ApiCaller($"Anna (key {id})", AccessRole.Operator, id, null));
        Assert.Equal(ExitCode.Succeeded, await LoginAsync($"  {secret}\n"));
        Assert.Equal(($"/api/v1/me", $"Bearer {secret}"), await seen);
        Assert.Equal(secret, Keys.For(_url));
        Assert.Contains($"you are Anna (key {id})", _error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(secret[13..], _error.ToString() + _out, StringComparison.Ordinal);

        Assert.Equal(ExitCode.Succeeded, await LoginCommand.Logout(Terminal(), Keys).Parse(["--server", _url.ToString()]).InvokeAsync());
        Assert.Null(Keys.For(_url));
    }

    [Fact]
    public async Task A_key_that_the_server_refuses_is_not_kept()
    {
        var problem = new ApiProblem("about:blank", "The server does not take the access key.", 401, "there is no such access key", "keyRefused", "Make one.");
        var seen = AnswerAsync(HttpStatusCode.Unauthorized, problem, ApiHeaders.Problem);
        var refused = await Assert.ThrowsAsync<DfuException>(() => LoginAsync(AccessSecret.Make().Secret));
        await seen;
        Assert.Equal(DfuError.KeyRefused, refused.Error);
        Assert.Null(Keys.For(_url));
    }

    [Theory]
    [InlineData("")]
    [InlineData("password")]
    [InlineData("dfu_abcdefgh_short")]
    public async Task What_is_no_key_is_not_even_sent(string typed)
    {
        var refused = await Assert.ThrowsAsync<DfuException>(() => LoginAsync(typed));
        Assert.Equal(DfuError.KeyRefused, refused.Error);
        Assert.Contains("begins with dfu_", refused.Message, StringComparison.Ordinal);
    }

    private Terminal Terminal() => new() { Out = _out, Error = _error, OutConsole = Cli.Terminal.Plain(_out), ErrorConsole = Cli.Terminal.Plain(_error) };

    private Task<int> LoginAsync(string typed) => LoginCommand.Login(Terminal(), Keys, new StringReader(typed)).Parse(["--server", _url.ToString()])
        .InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });

    /// <returns>What was asked for, and by whom.</returns>
    private async Task<(string? Path, string? Authorization)> AnswerAsync<T>(HttpStatusCode status, T answer, string type = "application/json")
    {
        var context = await _server.GetContextAsync();
        context.Response.StatusCode = (int)status;
        context.Response.ContentType = type;
        context.Response.Close(JsonSerializer.SerializeToUtf8Bytes(answer, ApiJson.Options), willBlock: true);
        return (context.Request.Url?.AbsolutePath, context.Request.Headers["Authorization"]);
    }
}
