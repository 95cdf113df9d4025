using System.Net.Sockets;
using Dfu.Cluster.Tests.Client;
using Dfu.Cluster.Tests.Support;
using Dfu.Fleet.Campaigns;
using Dfu.Grains.Connections;
using Dfu.Protocol.Errors;
using Microsoft.Extensions.Logging;
using static Dfu.Cluster.Tests.Client.Requests;

namespace Dfu.Cluster.Tests.Connections;

/// <summary>Programs and a server by its address: who has a certificate of its cluster is let in, and who has not is told why, at both ends.</summary>
public sealed class ClientTlsTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly Authorities _files = new();

    public void Dispose() => _files.Dispose();

    private static Task<Server> StartAsync(TlsFiles? tls, TimeProvider? time = null, params string[] adapters) =>
        Server.StartAsync(null, "north", settings => settings with { Tls = tls }, time ?? TimeProvider.System, adapters);

    [Fact]
    public async Task A_program_with_a_certificate_of_the_cluster_runs_a_campaign()
    {
        await using var server = await StartAsync(_files.North, null, "sim:devices=2,time-scale=20");
        await using var client = server.Client(_files.Client);
        await using var campaign = await client.StartAsync(All(2), None);
        Assert.Equal(CampaignOutcome.Succeeded, (await campaign.WaitAsync(None).Soon()).Outcome);
        Assert.Empty(server.Said);
    }

    [Fact]
    public async Task A_program_of_another_cluster_refuses_the_server()
    {
        await using var server = await StartAsync(_files.North);
        var refusal = await RefusedAsync(server, _files.Stranger);
        Assert.Equal(
            $"the member at {server.Gateway} cannot be talked to: its certificate 'north' is not signed by the authority in {_files.Stranger.Authority}",
            refusal);
    }

    [Fact]
    public async Task A_program_of_another_cluster_is_refused_by_the_server()
    {
        await using var server = await StartAsync(_files.North);
        var refusal = await RefusedAsync(server, _files.TrustingStranger);
        Assert.Contains("does not accept our certificate", refusal, StringComparison.Ordinal);
        await server.ToldAsync(
            $"warning: refused a connection from 127.0.0.1: its certificate 'client' is not signed by the authority in {_files.North.Authority}");
    }

    [Fact]
    public async Task A_program_whose_certificate_has_expired_is_refused_by_the_server()
    {
        await using var server = await StartAsync(_files.North);
        var refusal = await RefusedAsync(server, _files.OldClient, Authorities.Behind);
        Assert.Contains("does not accept our certificate", refusal, StringComparison.Ordinal);
        await server.ToldAsync("refused a connection from 127.0.0.1: its certificate 'client' has expired on ");
    }

    [Fact]
    public async Task A_server_whose_certificate_has_expired_is_refused_by_a_program()
    {
        await using var server = await StartAsync(_files.OldMember, Authorities.Behind);
        var refusal = await RefusedAsync(server, _files.Client);
        Assert.StartsWith(
            $"the member at {server.Gateway} cannot be talked to: its certificate 'old' has expired on ", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_without_certificates_is_refused_and_told_that_it_needs_one()
    {
        await using var server = await StartAsync(_files.North);
        var refusal = await RefusedAsync(server, null);
        Assert.Equal($"the member at {server.Gateway} cannot be talked to: it asks for a certificate of its cluster, and none was given", refusal);
        await server.ToldAsync("warning: refused a connection from 127.0.0.1: it has no certificate of this cluster, or does not speak TLS");
    }

    [Fact]
    public async Task A_program_with_certificates_refuses_a_server_without()
    {
        await using var server = await StartAsync(null);
        var refusal = await RefusedAsync(server, _files.Client);
        Assert.Equal(
            $"the member at {server.Gateway} cannot be talked to: it does not speak TLS: it was given no certificates, or is another program", refusal);
    }

    [Fact]
    public async Task Strangers_who_send_anything_do_not_keep_the_cluster_out()
    {
        await using var server = await StartAsync(_files.North);
        for (var stranger = 0; stranger < 20; stranger++)
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(server.Gateway);
            await socket.GetStream().WriteAsync(new byte[] { 0x47, 0x45, 0x54, 0x20, 0x2F, 0x0D, 0x0A, 0x0D, 0x0A });
            await Record.ExceptionAsync(async () => await socket.GetStream().ReadExactlyAsync(new byte[100])); // until the server lets go
        }

        await using var client = server.Client(_files.Client);
        Assert.Empty(await client.CampaignsAsync(None));
        await server.ToldAsync("refused a connection from 127.0.0.1");
        Assert.InRange(server.Said.Count, 1, 2); // a line for each way to fail, not for each stranger
    }

    [Fact]
    public async Task Whoever_goes_away_in_the_handshake_is_not_said_to_be_refused()
    {
        await using var server = await Server.StartAsync(
            null, "north", settings => settings with { Tls = _files.North, LogLevel = LogLevel.Debug }, TimeProvider.System);
        using (var socket = new TcpClient())
        {
            await socket.ConnectAsync(server.Gateway);
            await socket.GetStream().WriteAsync(new byte[] { 0x16, 0x03, 0x01, 0x02, 0x00, 0x01 }); // the first bytes of a ClientHello
            socket.LingerState = new(enable: true, seconds: 0); // so that it is reset
        }

        await server.ToldAsync("debug: a connection from 127.0.0.1 ended before its TLS handshake was done");
        server.KeptNobodyOut();
    }

    private static async Task<string> RefusedAsync(Server server, TlsFiles? tls, TimeProvider? time = null)
    {
        await using var client = server.Client(tls, time);
        var refusal = await Assert.ThrowsAsync<DfuException>(() => client.CampaignsAsync(None).Soon());
        Assert.True(refusal.Error == DfuError.CertificateRefused, $"{refusal.Error}: {refusal.Message}\n{string.Join('\n', server.Said)}");
        return refusal.Message;
    }
}
