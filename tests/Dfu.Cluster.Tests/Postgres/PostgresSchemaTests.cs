using System.Net;
using System.Net.Sockets;
using Dfu.Client;
using Dfu.Cluster.Tests.Client;
using Dfu.Cluster.Tests.Storage;
using Dfu.Cluster.Tests.Support;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;
using Dfu.Silo.Storage.Postgres;

namespace Dfu.Cluster.Tests.Postgres;

[Collection(PostgresServer.Collection)]
public sealed class PostgresSchemaTests(PostgresServer server)
{
    private static readonly CancellationToken None = CancellationToken.None;

    private static async Task<DfuException> RefusalAsync(Func<Task> work, DfuError error, params string[] words)
    {
        var refused = await Assert.ThrowsAsync<DfuException>(work);
        Assert.Equal(error, refused.Error);
        Assert.All(words, word => Assert.Contains(word, refused.Message, StringComparison.Ordinal));
        Assert.DoesNotContain(PostgresServer.Password, refused.Message, StringComparison.Ordinal);
        return refused;
    }

    private static async Task<long> TablesAsync(string database) =>
        (long)(await PostgresServer.ExecuteAsync(database, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"))!;

    [PostgresFact]
    public async Task An_empty_database_is_refused_with_the_command_that_helps_and_accepted_after_it()
    {
        var database = await server.CreateDatabaseAsync();
        await RefusalAsync(
            () => PostgresSchema.CheckAsync(database, None),
            DfuError.DatabaseNotInitialized,
            "dfu db init --connection \"Host=127.0.0.1;",
            $"Port={server.Port}");
        Assert.Equal(PostgresSchemaResult.Created, await PostgresSchema.InitAsync(database, None));
        await PostgresSchema.CheckAsync(database, None);
    }

    [PostgresFact]
    public async Task The_tables_of_a_preview_are_refused_by_name()
    {
        var database = await server.CreateDatabaseAsync();
        await PostgresServer.ExecuteAsync(database, "CREATE TABLE dfu_schema (version integer)");
        await RefusalAsync(() => PostgresSchema.CheckAsync(database, None), DfuError.DatabaseForeign, "preview");
        await RefusalAsync(() => PostgresSchema.InitAsync(database, None), DfuError.DatabaseForeign, "preview");
    }

    [PostgresFact]
    public async Task Tables_that_are_there_are_left_alone()
    {
        var database = await server.CreateDatabaseAsync();
        await PostgresSchema.InitAsync(database, None);
        await PostgresServer.ExecuteAsync(database, "INSERT INTO dfu_cluster (cluster) VALUES ('kept')");
        Assert.Equal(PostgresSchemaResult.AlreadyThere, await PostgresSchema.InitAsync(database, None));
        Assert.Equal("kept", await PostgresServer.ExecuteAsync(database, "SELECT cluster FROM dfu_cluster"));
    }

    [PostgresFact]
    public async Task Of_several_that_make_the_tables_at_once_one_does()
    {
        var database = await server.CreateDatabaseAsync();
        var results = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => PostgresSchema.InitAsync(database, None)));
        Assert.Equal(1, results.Count(result => result == PostgresSchemaResult.Created));
        await PostgresSchema.CheckAsync(database, None);
        Assert.Equal(3L, await PostgresServer.ExecuteAsync(database, "SELECT count(*) FROM dfu_step"));
    }

    [PostgresFact]
    public async Task Making_the_tables_half_way_makes_none()
    {
        var database = await server.CreateDatabaseAsync();
        await PostgresServer.ExecuteAsync(database, "CREATE TABLE dfu_reminder (theirs integer)");
        await RefusalAsync(() => PostgresSchema.InitAsync(database, None), DfuError.DatabaseUnavailable, "dfu_reminder");
        Assert.Equal(1, await TablesAsync(database));
    }

    [PostgresFact]
    public async Task The_tables_of_a_newer_version_are_refused()
    {
        var database = await server.CreateDatabaseAsync();
        await PostgresSchema.InitAsync(database, None);
        await PostgresServer.ExecuteAsync(database, "INSERT INTO dfu_step (scriptname, applied) VALUES ('9999-later.sql', now())");
        await RefusalAsync(
            () => PostgresSchema.CheckAsync(database, None), DfuError.DatabaseForeign, "newer version", "9999-later.sql", "schema 9999", "up to 3");
        await RefusalAsync(() => PostgresSchema.InitAsync(database, None), DfuError.DatabaseForeign, "newer version", "9999-later.sql", "use that version");
    }

    /// <summary>The states, query texts and steps of <c>schema-1.sql</c> (see Storage/Released), in a database of their own.</summary>
    private async Task<string> OlderAsync()
    {
        var database = await server.CreateDatabaseAsync();
        await PostgresServer.ExecuteAsync(database, await File.ReadAllTextAsync(ReleasedDatabases.File("schema-1.sql")));
        return database;
    }

    private static Task<object?> TextAsync(string database, string query) =>
        PostgresServer.ExecuteAsync(database, $"SELECT querytext FROM orleansquery WHERE querykey = '{query}'");

    [PostgresFact]
    public async Task The_tables_of_an_older_version_are_refused_until_the_missing_steps_are_taken()
    {
        var database = await OlderAsync();
        await RefusalAsync(
            () => PostgresSchema.CheckAsync(database, None),
            DfuError.DatabaseNotInitialized,
            "has schema 2 of an older version, and this one needs 3",
            "dfu db init");
        Assert.Equal(PostgresSchemaResult.Upgraded, await PostgresSchema.InitAsync(database, None));
        await PostgresSchema.CheckAsync(database, None);
        Assert.Equal(PostgresSchemaResult.AlreadyThere, await PostgresSchema.InitAsync(database, None));
        Assert.Equal(3L, await PostgresServer.ExecuteAsync(database, "SELECT count(*) FROM dfu_step"));
        Assert.Equal(true, await PostgresServer.ExecuteAsync(database, "SELECT to_regclass('dfu_state_cleared') IS NOT NULL"));
    }

    [PostgresFact]
    public async Task An_upgrade_renews_the_queries_and_keeps_every_row()
    {
        const string Rows = "SELECT md5(string_agg(s::text, '|' ORDER BY s::text)) FROM dfu_state s";
        var (database, other) = (await OlderAsync(), await server.CreateDatabaseAsync());
        await PostgresSchema.InitAsync(other, None);
        await PostgresServer.ExecuteAsync(database, "UPDATE orleansquery SET querytext = 'SELECT 1' WHERE querykey = 'WriteToStorageKey'");
        await PostgresServer.ExecuteAsync(database, "INSERT INTO orleansquery VALUES ('OfLongAgoKey', 'SELECT 1')");
        var before = await PostgresServer.ExecuteAsync(database, Rows);
        await PostgresSchema.InitAsync(database, None);
        const string All = "SELECT md5(string_agg(q::text, '|' ORDER BY q::text)) FROM orleansquery q";
        Assert.Equal(await PostgresServer.ExecuteAsync(other, All), await PostgresServer.ExecuteAsync(database, All));
        Assert.Equal(await TextAsync(other, "WriteToStorageKey"), await TextAsync(database, "WriteToStorageKey"));
        Assert.Equal(before, await PostgresServer.ExecuteAsync(database, Rows));
        Assert.Equal(1L, await PostgresServer.ExecuteAsync(database, "SELECT count(*) FROM dfu_reminder"));
    }

    [PostgresFact]
    public async Task An_upgrade_that_fails_leaves_the_older_tables_as_they_were()
    {
        var database = await OlderAsync();
        await PostgresServer.ExecuteAsync(database, "CREATE TABLE dfu_state_cleared (theirs integer)");
        await RefusalAsync(() => PostgresSchema.InitAsync(database, None), DfuError.DatabaseUnavailable, "dfu_state_cleared");
        Assert.Equal(2L, await PostgresServer.ExecuteAsync(database, "SELECT count(*) FROM dfu_step"));
        await RefusalAsync(() => PostgresSchema.CheckAsync(database, None), DfuError.DatabaseNotInitialized, "has schema 2");
    }

    [PostgresFact]
    public async Task A_campaign_that_an_older_version_left_unfinished_goes_on_after_the_upgrade()
    {
        var database = await OlderAsync();
        await PostgresSchema.InitAsync(database, None);
        await using var member = await Server.StartAsync(database, "member", "sim:devices=3,seed=7,time-scale=20");
        await using var client = new FleetClient(new() { ConnectionString = database });
        var campaigns = await client.CampaignsAsync(None);
        Assert.Equal([true, false], campaigns.Select(campaign => campaign.Finished));
        await using var campaign = await client.FollowAsync(campaigns[1].Campaign, None);
        var over = await campaign.WaitAsync(None).Soon();
        Assert.Equal(CampaignOutcome.Succeeded, over.Outcome);
        Assert.All(over.Devices, device => Assert.Equal(DeviceOutcome.Updated, device.Outcome));
    }

    [PostgresFact]
    public async Task Rows_of_states_that_were_cleared_long_ago_are_deleted()
    {
        var database = await server.CreateDatabaseAsync();
        await PostgresSchema.InitAsync(database, None);
        await PostgresServer.ExecuteAsync(
            database,
            """
            INSERT INTO dfu_state (service, name, n0, n1, key, version, changed, payload) VALUES
            ('dfu', 'device', 0, 0, 'cleared long ago', 2, now() - interval '2 days', NULL),
            ('dfu', 'device', 0, 0, 'just cleared', 2, now(), NULL),
            ('dfu', 'device', 0, 0, 'old', 1, now() - interval '2 days', 'x')
            """);
        await PostgresSchema.GiveBackAsync(database, None);
        Assert.Equal("just cleared, old", await PostgresServer.ExecuteAsync(database, "SELECT string_agg(key, ', ' ORDER BY key) FROM dfu_state"));
    }

    [PostgresFact]
    public async Task The_tables_of_another_Orleans_application_are_refused_and_left_alone()
    {
        var database = await server.CreateDatabaseAsync();
        await PostgresServer.ExecuteAsync(database, "CREATE TABLE OrleansQuery (QueryKey text, QueryText text)");
        await RefusalAsync(() => PostgresSchema.InitAsync(database, None), DfuError.DatabaseForeign, "another Orleans application");
        await RefusalAsync(() => PostgresSchema.CheckAsync(database, None), DfuError.DatabaseNotInitialized);
        Assert.Equal(1, await TablesAsync(database));
    }

    [PostgresFact]
    public async Task What_the_server_refuses_is_said_plainly()
    {
        await RefusalAsync(
            () => PostgresSchema.CheckAsync(server.ConnectionTo("nowhere"), None),
            DfuError.DatabaseUnavailable,
            "there is no database 'nowhere'",
            "createdb");
        await RefusalAsync(
            () => PostgresSchema.CheckAsync(server.ConnectionTo("postgres", password: "wrong"), None),
            DfuError.DatabaseUnavailable,
            "refuses the login 'dfu'");
        await RefusalAsync(
            () => PostgresSchema.InitAsync(server.ConnectionTo("postgres", user: "nobody"), None),
            DfuError.DatabaseUnavailable,
            "refuses the login 'nobody'");

        var database = await server.CreateDatabaseAsync();
        var name = new Npgsql.NpgsqlConnectionStringBuilder(database).Database!;
        await PostgresServer.ExecuteAsync(database, $"CREATE ROLE reader_{name} LOGIN PASSWORD '{PostgresServer.Password}'");
        await PostgresServer.ExecuteAsync(database, "REVOKE CREATE ON SCHEMA public FROM public");
        await RefusalAsync(
            () => PostgresSchema.InitAsync(server.ConnectionTo(name, $"reader_{name}"), None),
            DfuError.DatabaseUnavailable,
            $"the login 'reader_{name}' may not");
    }

    [Fact]
    public async Task A_server_out_of_reach_is_said_plainly()
    {
        using var nobody = new TcpListener(IPAddress.Loopback, 0);
        nobody.Start();
        var port = ((IPEndPoint)nobody.LocalEndpoint).Port;
        nobody.Stop();
        var connection = $"Host=127.0.0.1;Port={port};Database=dfu;Username=dfu;Password={PostgresServer.Password}";
        await RefusalAsync(
            () => PostgresSchema.CheckAsync(connection, None),
            DfuError.DatabaseUnavailable,
            $"the database server 127.0.0.1:{port} cannot be reached");
        await RefusalAsync(() => PostgresSchema.InitAsync(connection, None), DfuError.DatabaseUnavailable, "cannot be reached");
    }

    [Theory]
    [InlineData("postgres://dfu@db/dfu", "cannot be understood")]
    [InlineData("Host=db;Port=many", "cannot be understood")]
    [InlineData("Database=dfu", "names no Host")]
    public Task A_connection_string_that_is_none_is_an_invalid_argument(string text, string why) =>
        RefusalAsync(() => PostgresSchema.CheckAsync(text, None), DfuError.InvalidArgument, why);
}
