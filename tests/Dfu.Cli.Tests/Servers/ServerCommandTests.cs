using System.Net;
using System.Net.Sockets;
using Dfu.Cli.Tests.Commands;

namespace Dfu.Cli.Tests.Servers;

/// <summary>Commands to a server over HTTP, in this process, to a server in this process.</summary>
public sealed class ServerCommandTests(ServedWeb fleet) : IClassFixture<ServedWeb>
{
    [Fact]
    public async Task Commands_say_over_http_what_they_say_over_the_gateway()
    {
        PackageMaker.Write(fleet["p.zip"], 8192);
        var kept = await fleet.AtAsync("package", "upload", fleet["p.zip"]);
        Assert.Matches("^[0-9a-f]{64}\n$", kept.Output);
        var created = await fleet.AtAsync("campaign", "create", fleet["p.zip"], "--all", "--count", "6", "--title", "Web", "--watch");
        Assert.True(created.Code == 0, string.Join('\n', created.Error));
        Assert.Contains("All 6 devices are updated", created.Output, StringComparison.Ordinal);
        var drained = await fleet.AtAsync("adapter", "drain", "station-1");
        Assert.True(drained.Code == 0, string.Join('\n', drained.Error));
        Assert.Equal(0, (await fleet.RunAsync("adapter", "resume", "station-1")).Code);

        var device = (await fleet.RunAsync("campaign", "report", "web")).Output.Split('\n')[1].Split(',')[0];
        foreach (var words in new[]
        {
            "campaign list", "campaign list --json", "campaign show web", "campaign show last --json", "campaign show web --devices", "campaign watch web",
            "campaign report web", "campaign report web --format junit", "campaign resume web", "campaign show nothing",
            "device list", "device list --json", $"device show {device}", $"device show {device} --json", $"device history {device}", "device show nobody",
            "adapter list", "adapter list --json", "adapter show nothing", "audit", "audit --json", "package list", "package list --json",
            "package delete 0", "access list", "access revoke nobody",
        })
        {
            var (over, gateway) = (await fleet.AtAsync(words.Split(' ')), await fleet.RunAsync(words.Split(' ')));
            Assert.True(Text(over) == Text(gateway), $"{words}\n{Text(over)}\n{Text(gateway)}");
            Assert.Equal(gateway.Code, over.Code);
        }

        Assert.Equal("", (await fleet.AtAsync("access", "list")).Output);
    }

    [Fact]
    public async Task A_server_flashes_and_tells_who_is_on_the_air()
    {
        var heard = await fleet.AtAsync("scan");
        Assert.True(heard.Code == 0, string.Join('\n', heard.Error));
        var lines = heard.Output.TrimEnd().Split('\n').Length; // who was just updated may be heard by both of its addresses
        Assert.InRange(lines, 6, 12);
        Assert.Equal($"dfu: {lines} devices on the air", heard.Error[^1]);
        var nobody = await fleet.AtAsync("scan", "--name", "Nobody");
        Assert.Equal(1, nobody.Code);
        Assert.StartsWith("dfu: no device named 'Nobody' is heard now; heard: ", Assert.Single(nobody.Error), StringComparison.Ordinal);

        PackageMaker.Write(fleet["flash.zip"], 4096);
        var flashed = await fleet.AtAsync("flash", fleet["flash.zip"], "--all", "--count", "6", "--report", fleet["r.csv"]);
        Assert.True(flashed.Code == 0, string.Join('\n', flashed.Error));
        Assert.Contains("All 6 devices are updated", flashed.Output, StringComparison.Ordinal);
        Assert.Equal(7, File.ReadAllLines(fleet["r.csv"]).Length);
    }

    [Fact]
    public async Task A_server_says_whether_it_is_ready_and_a_folder_without_one_is_said()
    {
        var health = await fleet.RunAsync("health");
        Assert.True((0, "ready\n") == (health.Code, health.Output), $"{health.Output}{string.Join('\n', health.Error)}");
        var nobody = await Played.RunAsync("health", "--data-dir", fleet["nothing"]);
        Assert.Equal(4, nobody.Code);
        Assert.StartsWith("dfu: no server with a console or API runs on the data directory ", Assert.Single(nobody.Error), StringComparison.Ordinal);
        Assert.EndsWith("(serverUnreachable)", nobody.Error[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_is_asked_by_an_address_for_a_server_that_has_a_name_takes_no_other()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        Directory.CreateDirectory(fleet["named"]);
        var url = $"http://localhost:{((IPEndPoint)server.LocalEndpoint).Port}/";
        await File.WriteAllTextAsync(
            Path.Combine(fleet["named"], "server.json"), $$"""{"name":"named","gateway":"127.0.0.1:1","process":1,"url":"{{url}}"}""");
        var asking = Played.RunAsync("health", "--data-dir", fleet["named"]);
        using var client = await server.AcceptTcpClientAsync();
        await using var stream = client.GetStream();
        using var reader = new StreamReader(stream);
        var head = new List<string>();
        while (await reader.ReadLineAsync() is { Length: > 0 } line) head.Add(line);
        await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"u8.ToArray());
        Assert.Equal(0, (await asking).Code);
        Assert.Contains("Host: 127.0.0.1", head);
    }

    [Fact]
    public async Task Where_no_server_of_ours_is_that_is_said_in_one_line()
    {
        using var closed = new TcpListener(IPAddress.Loopback, 0);
        closed.Start();
        var nobody = $"http://127.0.0.1:{((IPEndPoint)closed.LocalEndpoint).Port}";
        closed.Stop();
        await RefusedAsync(4, $"dfu: no server answers at {nobody} - ", "campaign", "list", "--server", nobody);
        await RefusedAsync(4, "is no dfu server, or an older one: ", "campaign", "list", "--server", $"{fleet.Url}elsewhere");
        await RefusedAsync(4, "the certificate of https://", "audit", "--server", fleet.Url.ToString().Replace("http:", "https:", StringComparison.Ordinal));
        await RefusedAsync(2, "nothing.pem cannot be read", "audit", "--server", "https://127.0.0.1:1", "--server-ca", fleet["nothing.pem"]);
    }

    [Theory]
    [InlineData("campaign list --server http://a --gateway b:1", "give only one of --server, --gateway, --connection and --data-dir")]
    [InlineData("campaign list --server http://a --data-dir b", "give only one of --server, --gateway, --connection and --data-dir")]
    [InlineData("campaign list --data-dir b --server-ca c.pem", "--server-ca goes with --server")]
    [InlineData("campaign list --server ftp://a", "'ftp://a' is not an address such as http://127.0.0.1:5280")]
    [InlineData("flash p.zip --all --count 1 --server http://a --adapter sim:", "--adapter and --server are given both")]
    [InlineData("flash p.zip --all --count 1 --server http://a --data-dir b", "--data-dir and --server are given both")]
    [InlineData("flash p.zip --all --count 1", "no radio is given")]
    [InlineData("scan --server-ca c.pem --adapter sim:", "--server-ca goes with --server")]
    [InlineData("scan", "no radio is given")]
    public Task What_contradicts_itself_is_refused(string words, string said) => RefusedAsync(2, said, words.Split(' '));

    private static string Text(Played played) => played.Output + string.Join('\n', played.Error);

    private static async Task RefusedAsync(int code, string said, params string[] arguments)
    {
        var refused = await Played.RunAsync(arguments);
        Assert.True(refused.Code == code, string.Join('\n', refused.Error));
        Assert.Contains(said, Assert.Single(refused.Error), StringComparison.Ordinal);
    }
}
