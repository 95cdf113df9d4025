using System.Net;
using System.Net.Sockets;
using Dfu.Cli.Servers;
using Dfu.Protocol.Errors;

namespace Dfu.Cli.Tests.Servers;

public sealed class ServerPlaceTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("dfu-place-").FullName;

    public void Dispose() => Directory.Delete(_folder, true);

    [Theory]
    [InlineData("127.0.0.1:41873", "127.0.0.1", 41873)]
    [InlineData("station-1:80", "station-1", 80)]
    [InlineData("[::1]:9", "::1", 9)]
    public void A_gateway_is_a_host_and_a_port(string text, string host, int port)
    {
        Assert.True(ServerPlace.TryParse(text, out var gateway));
        Assert.Equal((host, port), (gateway.Host, gateway.Port));
    }

    [Theory]
    [InlineData("")]
    [InlineData("station-1")]
    [InlineData(":80")]
    [InlineData("::1")]
    [InlineData("a b:80")]
    [InlineData("station-1:0")]
    [InlineData("station-1:99999")]
    [InlineData("station-1:-1")]
    [InlineData("http://station-1:80")]
    public void Anything_else_is_none(string text) => Assert.False(ServerPlace.TryParse(text, out _));

    [Fact]
    public void The_environment_names_gateways_by_commas()
    {
        Assert.Null(ServerPlace.OfEnvironment(" "));
        Assert.Equal(["a:1", "b:2"], ServerPlace.OfEnvironment("a:1, b:2,")!.Gateways.Select(gateway => $"{gateway.Host}:{gateway.Port}"));
        var refused = Assert.Throws<DfuException>(() => ServerPlace.OfEnvironment("a:1,b"));
        Assert.Equal((DfuError.InvalidArgument, "DFU_GATEWAY: 'b' is not HOST:PORT"), (refused.Error, refused.Message));
    }

    [Fact]
    public void A_folder_without_a_server_says_how_to_start_one()
    {
        File.WriteAllText(Path.Combine(_folder, "server.json"), "no json");
        foreach (var folder in new[] { _folder, Path.Combine(_folder, "nothing") })
        {
            var refused = Assert.Throws<DfuException>(() => ServerPlace.OfDirectory(folder, "--data-dir"));
            Assert.Equal((DfuError.ServerUnreachable, $"no server runs on the data directory {folder} (--data-dir)"), (refused.Error, refused.Message));
            Assert.Contains("dfu serve", refused.Remedy, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_server_that_was_killed_is_told_from_one_that_runs()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var gateway = (IPEndPoint)listener.LocalEndpoint;
        Announce(_folder, gateway);
        Assert.Equal([gateway], await ServerPlace.OfDirectory(_folder, "").AnsweringAsync(TimeProvider.System, default));

        listener.Stop();
        var refused = await Assert.ThrowsAsync<DfuException>(() => ServerPlace.OfDirectory(_folder, "").AnsweringAsync(TimeProvider.System, default));
        Assert.Equal(
            (DfuError.ServerUnreachable, $"the server 'station-1' (process 4711) that was at {gateway} has ended without saying so"),
            (refused.Error, refused.Message));
    }

    [Fact]
    public async Task A_member_of_a_cluster_is_found_in_the_usual_folder()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Announce(Directory.CreateDirectory(Path.Combine(_folder, "server-station-1")).FullName, (IPEndPoint)listener.LocalEndpoint);
        Assert.Equal([(IPEndPoint)listener.LocalEndpoint], await ServerPlace.OfDirectory(_folder, "").AnsweringAsync(TimeProvider.System, default));
    }

    private static void Announce(string folder, IPEndPoint gateway) =>
        File.WriteAllText(Path.Combine(folder, "server.json"), $$"""{"name":"station-1","gateway":"{{gateway}}","process":4711}""");
}
