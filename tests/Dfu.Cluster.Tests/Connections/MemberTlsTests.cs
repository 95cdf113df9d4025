using Dfu.Client;
using Dfu.Cluster.Tests.Client;
using Dfu.Cluster.Tests.Postgres;
using Dfu.Cluster.Tests.Support;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Grains.Connections;
using Dfu.Protocol.Errors;
using Dfu.Silo.Storage.Postgres;
using Microsoft.Extensions.Logging;
using static Dfu.Cluster.Tests.Client.Requests;

namespace Dfu.Cluster.Tests.Connections;

/// <summary>Members of a cluster among each other.</summary>
[Collection(PostgresServer.Collection)]
public sealed class MemberTlsTests(PostgresServer database) : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly Authorities _files = new();

    public void Dispose() => _files.Dispose();

    private async Task<string> InitializedAsync()
    {
        var connection = await database.CreateDatabaseAsync();
        await PostgresSchema.InitAsync(connection, None);
        return connection;
    }

    private static Task<Server> StartAsync(string connection, string name, TlsFiles? tls, TimeProvider? time = null, params string[] adapters) =>
        Server.StartAsync(connection, name, settings => settings with { Tls = tls }, time ?? TimeProvider.System, adapters);

    [PostgresFact]
    public async Task Members_with_certificates_of_one_authority_are_one_fleet()
    {
        var connection = await InitializedAsync();
        await using var north = await StartAsync(connection, "north", _files.North, null, "sim:devices=3,time-scale=20");
        await using var south = await StartAsync(connection, "south", _files.South, null, "sim:devices=3,time-scale=20,seed=2");
        await using var client = new FleetClient(new() { ConnectionString = connection, Tls = _files.Client });
        await using var campaign = await client.StartAsync(All(6), None);
        var view = await campaign.WaitAsync(None).Soon();
        Assert.Equal((CampaignOutcome.Succeeded, 6), (view.Outcome, view.Devices.Count(static device => device.Outcome == DeviceOutcome.Updated)));
        Assert.Equal(["north", "south"], view.Devices.Select(static device => device.Adapter!.Split('/')[0]).Distinct().Order(StringComparer.Ordinal));
        north.KeptNobodyOut();
        south.KeptNobodyOut();
    }

    [PostgresFact]
    public async Task A_member_of_another_cluster_is_refused_and_told_why_and_so_is_the_one_that_refuses()
    {
        var connection = await InitializedAsync();
        await using var north = await StartAsync(connection, "north", _files.North);
        var refuses = await RefusedAsync(connection, _files.StrangeMember);
        Assert.Contains($"its certificate 'north' is not signed by the authority in {_files.StrangeMember.Authority}", refuses, StringComparison.Ordinal);

        var refused = await RefusedAsync(connection, _files.TrustingStrangeMember);
        Assert.StartsWith("the member 'north' at 127.0.0.1:", refused, StringComparison.Ordinal);
        Assert.Contains("does not accept our certificate", refused, StringComparison.Ordinal);
        await north.ToldAsync($"refused a connection from 127.0.0.1: its certificate 'north' is not signed by the authority in {_files.North.Authority}");
    }

    [PostgresFact]
    public async Task A_member_whose_certificate_has_expired_is_refused()
    {
        var connection = await InitializedAsync();
        await using var north = await StartAsync(connection, "north", _files.North);
        Assert.Contains(
            "does not accept our certificate", await RefusedAsync(connection, _files.OldMember, Authorities.Behind), StringComparison.Ordinal);
        await north.ToldAsync("refused a connection from 127.0.0.1: its certificate 'old' has expired on ");
    }

    [PostgresFact]
    public async Task A_member_whose_certificate_expired_while_it_ran_is_refused_by_the_next()
    {
        var connection = await InitializedAsync();
        await using var old = await StartAsync(connection, "old", _files.OldMember, Authorities.Behind);
        Assert.Contains("its certificate 'old' has expired on ", await RefusedAsync(connection, _files.North), StringComparison.Ordinal);
    }

    [PostgresFact]
    public async Task A_member_without_certificates_is_refused_by_those_that_have_some()
    {
        var connection = await InitializedAsync();
        await using var north = await StartAsync(connection, "north", _files.North);
        Assert.Contains("it asks for a certificate of its cluster, and none was given", await RefusedAsync(connection, null), StringComparison.Ordinal);
        await north.ToldAsync("refused a connection from 127.0.0.1: it has no certificate of this cluster, or does not speak TLS");
    }

    [PostgresFact]
    public async Task A_member_with_certificates_does_not_join_those_without()
    {
        var connection = await InitializedAsync();
        await using var north = await StartAsync(connection, "north", null);
        Assert.Contains("it does not speak TLS", await RefusedAsync(connection, _files.South), StringComparison.Ordinal);
    }

    [PostgresFact]
    public async Task A_programs_certificate_makes_no_member()
    {
        var connection = await InitializedAsync();
        await using var north = await Server.StartAsync(
            connection, "north", settings => settings with { Tls = _files.North, LogLevel = LogLevel.Information }, TimeProvider.System);
        var line = north.Said.Single(line => line.Contains(" is a member of its cluster at ", StringComparison.Ordinal));
        var silo = System.Net.IPEndPoint.Parse(line.Split(" at ")[1].Split(',')[0]);
        using var program = ClusterTls.Load(_files.Client, TlsRole.Client, TimeProvider.System);
        Assert.Null(await TlsProbe.WhyNotAsync(north.Gateway, program, TimeProvider.System, None));
        Assert.Contains("does not accept", await TlsProbe.WhyNotAsync(silo, program, TimeProvider.System, None), StringComparison.Ordinal);
        await north.ToldAsync("may not be used for this by its extended key usage");
    }

    private static async Task<string> RefusedAsync(string connection, TlsFiles? tls, TimeProvider? time = null)
    {
        var refusal = await Assert.ThrowsAsync<DfuException>(() => StartAsync(connection, "late", tls, time).Soon());
        Assert.True(refusal.Error == DfuError.CertificateRefused, $"{refusal.Error}: {refusal.Message}");
        return refusal.Message;
    }
}
