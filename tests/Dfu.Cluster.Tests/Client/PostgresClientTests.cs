using Dfu.Client;
using Dfu.Cluster.Tests.Children;
using Dfu.Cluster.Tests.Postgres;
using Dfu.Cluster.Tests.Support;
using Dfu.Fleet.Campaigns;
using Dfu.Protocol.Errors;
using Dfu.Silo.Storage.Postgres;
using Npgsql;
using Xunit.Abstractions;
using static Dfu.Cluster.Tests.Client.Requests;

namespace Dfu.Cluster.Tests.Client;

/// <summary>A client of members that are found in the cluster's database.</summary>
[Collection(PostgresServer.Collection)]
public sealed class PostgresClientTests(PostgresServer database, ITestOutputHelper output) : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    private async Task<string> InitializedAsync()
    {
        var connection = await database.CreateDatabaseAsync();
        await PostgresSchema.InitAsync(connection, None);
        return connection;
    }

    private static FleetClient Client(string connection, double retrySeconds = 30) =>
        new(new() { ConnectionString = connection, RetryFor = TimeSpan.FromSeconds(retrySeconds), ViewEvery = TimeSpan.FromSeconds(0.1) });

    private ChildProcess Member(string name, string connection, string adapter = "") =>
        ChildProcess.Start(ServerProcess.Role, name, _directory.File(name), connection, adapter, "0");

    [PostgresFact]
    public async Task A_campaign_runs_on_members_that_the_database_knows()
    {
        var connection = await InitializedAsync();
        await using var server = await Server.StartAsync(connection, "member", "sim:devices=3,time-scale=20");
        await using var client = Client(connection);
        await using var campaign = await client.StartAsync(All(3), None);
        Assert.Equal(CampaignOutcome.Succeeded, (await campaign.WaitAsync(None).Soon()).Outcome);
        Assert.Equal(campaign.Campaign, Assert.Single(await client.CampaignsAsync(None)).Campaign);
    }

    [PostgresFact]
    public async Task A_client_whose_member_is_killed_goes_on_with_another()
    {
        var connection = await InitializedAsync();
        using var first = Member("first", connection);
        Assert.StartsWith("ready ", await first.LineAsync(), StringComparison.Ordinal);
        await using var client = Client(connection);
        Assert.Empty(await client.CampaignsAsync(None));

        // The client has only met the first.
        using var second = Member("second", connection, "sim:devices=2,time-scale=20");
        Assert.StartsWith("ready ", await second.LineAsync(), StringComparison.Ordinal);
        await first.KillAsync();
        var killed = TimeProvider.System.GetTimestamp();
        Assert.Empty(await client.CampaignsAsync(None).Soon());
        var outage = TimeProvider.System.GetElapsedTime(killed);
        output.WriteLine($"outage: {outage}");
        await using var campaign = await client.StartAsync(All(2), None);
        Assert.Equal(CampaignOutcome.Succeeded, (await campaign.WaitAsync(None).Soon()).Outcome);
    }

    [PostgresFact]
    public async Task What_is_wrong_with_the_database_is_said_in_one_sentence_in_bounded_time()
    {
        var empty = await database.CreateDatabaseAsync();
        var initialized = await InitializedAsync();
        var host = $"127.0.0.1:{database.Port}";
        await RefusedAsync(
            DfuError.DatabaseUnavailable,
            "the cluster's database at 127.0.0.1:1 cannot be reached: Connection refused",
            "Host=127.0.0.1;Port=1;Username=dfu");
        await RefusedAsync(
            DfuError.DatabaseUnavailable,
            $"the cluster's database at {host} refuses: password authentication failed for user \"dfu\"",
            database.ConnectionTo("postgres", password: "wrong"));
        await RefusedAsync(
            DfuError.DatabaseUnavailable,
            $"the cluster's database at {host} refuses: database \"nowhere\" does not exist",
            database.ConnectionTo("nowhere"));
        await RefusedAsync(DfuError.DatabaseNotInitialized, $"the database at {host} has no tables of a cluster", empty);
        await RefusedAsync(DfuError.ServerUnreachable, $"no member of the cluster in the database at {host} answers", initialized);
    }

    [PostgresFact]
    public async Task A_member_that_was_killed_is_struck_out_when_one_of_its_name_starts()
    {
        var connection = await InitializedAsync();
        using (var first = Member("only", connection))
        {
            Assert.StartsWith("ready ", await first.LineAsync(), StringComparison.Ordinal);
            await first.KillAsync();
        }

        Assert.Equal(["Active"], await StatusesAsync(connection));
        var begin = TimeProvider.System.GetTimestamp();
        await using (var second = await Server.StartAsync(connection, "only"))
        {
            var restart = TimeProvider.System.GetElapsedTime(begin);
            output.WriteLine($"restart: {restart}");
            Assert.Equal(["Active", "Dead"], await StatusesAsync(connection));
        }
    }

    [PostgresFact]
    public async Task A_member_whose_name_another_living_one_has_is_refused()
    {
        var connection = await InitializedAsync();
        await using var first = await Server.StartAsync(connection, "only");
        var refusal = await Assert.ThrowsAsync<DfuException>(() => Server.StartAsync(connection, "only"));
        Assert.Equal(DfuError.MemberInUse, refusal.Error);
        Assert.StartsWith("the member 'only' is alive at 127.0.0.1:", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(["Active"], await StatusesAsync(connection));
    }

    private static async Task RefusedAsync(DfuError error, string detail, string connection)
    {
        await using var client = Client(connection, retrySeconds: 1);
        var refusal = await Assert.ThrowsAsync<DfuException>(() => client.CampaignsAsync(None));
        Assert.Equal((error, detail), (refusal.Error, refusal.Message));
    }

    /// <summary>Of all members the table has, in the order of their names.</summary>
    private static async Task<string[]> StatusesAsync(string connection)
    {
        await using var source = NpgsqlDataSource.Create(connection + ";Pooling=false");
        await using var command = source.CreateCommand("SELECT status FROM dfu_member");
        await using var rows = await command.ExecuteReaderAsync();
        var found = new List<string>();
        while (await rows.ReadAsync()) found.Add(((SiloStatus)rows.GetInt32(0)).ToString());
        return [.. found.Order(StringComparer.Ordinal)];
    }
}
