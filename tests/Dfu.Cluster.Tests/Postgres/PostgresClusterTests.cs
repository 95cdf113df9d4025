using System.Globalization;
using System.Net;
using Dfu.Cluster.Tests.Children;
using Dfu.Cluster.Tests.Storage;
using Dfu.Cluster.Tests.Support;
using Dfu.Grains.Storage;
using Dfu.Silo.Storage.Postgres;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Storage;
using Xunit.Abstractions;

namespace Dfu.Cluster.Tests.Postgres;

/// <summary>Orleans' own providers over our tables.</summary>
[Collection(PostgresServer.Collection)]
public sealed class PostgresClusterTests(PostgresServer server, ITestOutputHelper output)
{
    private async Task<string> InitializedAsync()
    {
        var connection = await server.CreateDatabaseAsync();
        await PostgresSchema.InitAsync(connection, CancellationToken.None);
        return connection;
    }

    private static Task<IHost> StartAsync(string connection, string name = "one") =>
        LocalSilo.StartAsync(name, silo => silo.UsePostgresCluster(connection, StorageNames.State));

    /// <summary>Without a silo that runs: it would look after its members at the same time.</summary>
    private async Task<IMembershipTable> MembershipAsync()
    {
        var connection = await InitializedAsync();
        using var silo = LocalSilo.Build("one", builder => builder.UsePostgresCluster(connection, StorageNames.State));
        var table = Get<IMembershipTable>(silo);
        await table.InitializeMembershipTableAsync(true, default);
        await table.InitializeMembershipTableAsync(true, default);
        return table;
    }

    private static T Get<T>(IHost host)
        where T : notnull => host.Services.GetRequiredService<T>();

    [PostgresFact]
    public async Task Grain_storage_keeps_what_grains_rely_on()
    {
        var connection = await InitializedAsync();
        using var silo = await StartAsync(connection);
        var storage = silo.Services.GetRequiredKeyedService<IGrainStorage>(StorageNames.State);
        await GrainStorageContract.WhatWasNeverWrittenIsEmptyAsync(storage);
        await GrainStorageContract.WhatIsWrittenComesBackAsync(storage);
        await GrainStorageContract.StatesOfOtherNamesAndGrainsAreTheirOwnAsync(storage);
        await GrainStorageContract.ASecondActivationCannotWriteOverTheFirstAsync(storage);
        await GrainStorageContract.OfManyFirstWritesOneIsDoneAsync(storage);
        await GrainStorageContract.AClearedStateIsGoneAndItsETagNeverValidAgainAsync(storage);
        await silo.StopAsync();
    }

    [PostgresFact]
    public async Task The_database_holds_the_document_itself()
    {
        var connection = await InitializedAsync();
        using var silo = await StartAsync(connection);
        await Get<IGrainFactory>(silo).GetGrain<IDocumentGrain>("a").WriteAsync("""{"v":1,"offset":4096}""");
        Assert.Equal(
            "4096",
            await PostgresServer.ExecuteAsync(connection, "SELECT convert_from(payload, 'UTF8')::jsonb ->> 'offset' FROM dfu_state WHERE name = 'document'"));
        await silo.StopAsync();
    }

    [PostgresFact]
    public async Task Members_change_only_from_the_version_that_was_read()
    {
        var table = await MembershipAsync();
        var before = await table.ReadAllAsync(default);
        Assert.Empty(before.Members);

        var now = new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);
        var voter = SiloAddress.New(IPAddress.Loopback, 8, 1);
        var entry = new MembershipEntry
        {
            SiloAddress = SiloAddress.New(IPAddress.Loopback, 9, 1),
            SiloName = "other",
            HostName = "host",
            Status = SiloStatus.Joining,
            ProxyPort = 7,
            StartTime = now,
            IAmAliveTime = now,
        };
        Assert.False(await table.InsertRowAsync(entry, new TableVersion(before.Version.Version, "77"), default));
        Assert.True(await table.InsertRowAsync(entry, before.Version.Next(), default));
        Assert.False(await table.InsertRowAsync(entry, before.Version.Next(), default));
        var after = await table.ReadAllAsync(default);
        Assert.False(await table.InsertRowAsync(entry, after.Version.Next(), default));
        Assert.Equal(before.Version.Version + 1, after.Version.Version);
        var etag = Assert.Single(after.Members).Item2;

        entry.Status = SiloStatus.Dead;
        entry.AddSuspector(voter, now);
        Assert.False(await table.UpdateRowAsync(entry, etag, before.Version.Next(), default));
        Assert.True(await table.UpdateRowAsync(entry, etag, after.Version.Next(), default));
        await table.UpdateIAmAliveAsync(new MembershipEntry { SiloAddress = entry.SiloAddress, IAmAliveTime = now.AddSeconds(5) }, default);
        var read = Assert.Single((await table.ReadRowAsync(entry.SiloAddress, default)).Members).Item1;
        Assert.Equal(
            (entry.SiloAddress, "other", "host", SiloStatus.Dead, 7, now, now.AddSeconds(5)),
            (read.SiloAddress, read.SiloName, read.HostName, read.Status, read.ProxyPort, read.StartTime, read.IAmAliveTime));
        Assert.Equal((voter, now), Assert.Single(read.SuspectTimes!.Select(vote => (vote.Item1, vote.Item2))));

        var nobody = SiloAddress.New(IPAddress.Loopback, 10, 1);
        Assert.Empty((await table.ReadRowAsync(nobody, default)).Members);
        await table.CleanupDefunctSiloEntriesAsync(new DateTimeOffset(now.AddSeconds(5)), default);
        Assert.Single((await table.ReadAllAsync(default)).Members);
        await table.CleanupDefunctSiloEntriesAsync(new DateTimeOffset(now.AddSeconds(6)), default);
        Assert.Empty((await table.ReadAllAsync(default)).Members);
    }

    [PostgresFact]
    public async Task Of_many_that_join_at_once_one_does_and_the_others_read_again()
    {
        var table = await MembershipAsync();
        var version = (await table.ReadAllAsync(default)).Version.Next();
        var now = new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);
        var joined = await Task.WhenAll(Enumerable.Range(1, 12).Select(port => table.InsertRowAsync(
            new MembershipEntry
            {
                SiloAddress = SiloAddress.New(IPAddress.Loopback, port, 1),
                SiloName = $"{port}",
                HostName = "h",
                Status = SiloStatus.Dead,
                StartTime = now,
                IAmAliveTime = now,
            },
            version,
            default)));
        Assert.Equal(1, joined.Count(done => done));
        Assert.Single((await table.ReadAllAsync(default)).Members);
    }

    [PostgresFact]
    public async Task Reminders_are_kept_and_found_by_grain_and_by_range()
    {
        var connection = await InitializedAsync();
        using var silo = await StartAsync(connection);
        var table = Get<IReminderTable>(silo);
        var start = new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);
        var grains = Enumerable.Range(0, 20).Select(n => Stored.Grain($"r{n}")).ToArray();
        var entries = grains.Select(
            grain => new ReminderEntry { GrainId = grain, ReminderName = "wake", StartAt = start, Period = TimeSpan.FromDays(40) }).ToArray();
        var etags = new List<string>();
        foreach (var entry in entries) etags.Add((await table.UpsertRow(entry))!);

        var read = (await table.ReadRow(grains[3], "wake"))!;
        Assert.Equal((grains[3], "wake", start, TimeSpan.FromDays(40), etags[3]), (read.GrainId, read.ReminderName, read.StartAt, read.Period, read.ETag));
        Assert.Null(await table.ReadRow(grains[3], "other"));
        Assert.Single((await table.ReadRows(grains[3])).Reminders);

        // Every range of the ring has those after its begin up to its end, also the one over zero.
        var hashes = grains.Select(grain => grain.GetUniformHashCode()).Order().ToArray();
        for (var i = 0; i < hashes.Length; i++)
        {
            var (begin, end) = (hashes[i], hashes[(i + 7) % hashes.Length]);
            var expected = grains.Where(grain => begin < end
                ? grain.GetUniformHashCode() > begin && grain.GetUniformHashCode() <= end
                : grain.GetUniformHashCode() > begin || grain.GetUniformHashCode() <= end);
            Assert.Equal(expected.Order(), (await table.ReadRows(begin, end)).Reminders.Select(reminder => reminder.GrainId).Order());
        }

        var again = (await table.UpsertRow(entries[3]))!;
        Assert.NotEqual(etags[3], again);
        Assert.False(await table.RemoveRow(grains[3], "wake", etags[3]));
        Assert.True(await table.RemoveRow(grains[3], "wake", again));
        Assert.Null(await table.ReadRow(grains[3], "wake"));
        await silo.StopAsync();
    }

    [PostgresFact]
    public async Task A_killed_member_is_out_and_its_grains_answer_elsewhere_with_their_state()
    {
        var connection = await InitializedAsync();
        using var silo = await StartAsync(connection);
        using var child = ChildProcess.Start(PostgresSilo.Role, connection, "two");
        Assert.Equal("ready", await child.LineAsync());
        var grains = Enumerable.Range(0, 40).Select(n => Get<IGrainFactory>(silo).GetGrain<IDocumentGrain>($"k{n}")).ToArray();
        foreach (var (n, grain) in grains.Index()) await grain.WriteAsync(n.ToString(CultureInfo.InvariantCulture));
        var there = (await Task.WhenAll(grains.Select(grain => grain.SiloAsync()))).Count(name => name == "two");
        Assert.InRange(there, 1, grains.Length - 1);

        var killed = TimeProvider.System.GetTimestamp();
        await child.KillAsync();
        var answers = await Task.WhenAll(grains.Select(ReadUntilAnsweredAsync));
        var outage = TimeProvider.System.GetElapsedTime(killed);
        Assert.Equal(Enumerable.Range(0, grains.Length).Select(n => $"{n}"), answers);
        Assert.All(await Task.WhenAll(grains.Select(grain => grain.SiloAsync())), name => Assert.Equal("one", name));
        output.WriteLine($"outage: {outage}");
        await silo.StopAsync();
    }

    [PostgresFact]
    public async Task Members_that_died_together_do_not_keep_the_next_ones_out()
    {
        var connection = await InitializedAsync();
        ChildProcess[] members = [.. new[] { "one", "two", "three" }.Select(name => ChildProcess.Start(PostgresSilo.Role, connection, name))];
        foreach (var member in members) Assert.Equal("ready", await member.LineAsync());
        foreach (var member in members) await member.KillAsync();
        foreach (var member in members) member.Dispose();

        var start = TimeProvider.System.GetTimestamp();
        using var silo = await StartAsync(connection);
        output.WriteLine($"all dead: {TimeProvider.System.GetElapsedTime(start)}");
        var alive = (await Get<IMembershipTable>(silo).ReadAllAsync(default)).Members.Where(member => member.Item1.Status == SiloStatus.Active);
        Assert.Equal(Get<ILocalSiloDetails>(silo).SiloAddress, Assert.Single(alive).Item1.SiloAddress);
        await silo.StopAsync();
    }

    [PostgresFact]
    public async Task A_member_that_was_killed_joins_again_under_its_name()
    {
        var connection = await InitializedAsync();
        using var silo = await StartAsync(connection);
        using var first = ChildProcess.Start(PostgresSilo.Role, connection, "two");
        Assert.Equal("ready", await first.LineAsync());
        await first.KillAsync();
        var killed = TimeProvider.System.GetTimestamp();
        using var second = ChildProcess.Start(PostgresSilo.Role, connection, "two");
        Assert.Equal("ready", await second.LineAsync());
        output.WriteLine($"rejoin: {TimeProvider.System.GetElapsedTime(killed)}");
        await silo.StopAsync();
    }

    private static async Task<string> ReadUntilAnsweredAsync(IDocumentGrain grain)
    {
        while (true)
        {
            try
            {
                return await grain.ReadAsync();
            }
            catch (Exception e) when (e is OrleansException or TimeoutException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }
        }
    }
}
