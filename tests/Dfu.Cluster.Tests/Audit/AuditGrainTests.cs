using Dfu.Cluster.Tests.Harness;
using System.Collections.Immutable;
using Dfu.Cluster.Tests.Devices;
using Dfu.Cluster.Tests.Support;
using Dfu.Fleet.Audit;
using Dfu.Grains;
using Dfu.Grains.Storage;
using Dfu.Silo.Storage;
using Dfu.Silo.Storage.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace Dfu.Cluster.Tests.Audit;

public sealed class AuditGrainTests : OneSiloTest
{
    private IAuditGrain Audit => Cluster.Client.GetGrain<IAuditGrain>(0);

    private AuditEntry Entry(int number, string subject = "c1") =>
        new($"change-{number}", Time.GetUtcNow(), "anna@line-3", "campaignPaused", subject, $"the {number}th time");

    private ImmutableArray<AuditEntry> Entries(int first, int count) => [.. Enumerable.Range(first, count).Select(n => Entry(n))];

    private static IEnumerable<string> Newest(int last, int first = 0) => Enumerable.Range(first, last - first + 1).Reverse().Select(n => $"change-{n}");

    private async Task<IEnumerable<string>> IdsAsync() => (await Audit.ReadAsync(null, 10_000).Soon()).Select(entry => entry.Id);

    [Fact]
    public async Task Entries_are_read_newest_first_of_one_subject_or_all_and_no_more_than_asked_for()
    {
        Assert.Empty(await Audit.ReadAsync(null, 10).Soon());
        for (var n = 0; n < 600; n++) await Audit.AppendAsync([Entry(n, n % 3 == 0 ? "station-1/bluez:usb-1-1.2" : "c1")]).Soon();
        Assert.Equal(Newest(599), await IdsAsync());
        Assert.Equal(Newest(599, 590), (await Audit.ReadAsync(null, 10)).Select(entry => entry.Id));
        Assert.Equal(["change-597", "change-594"], (await Audit.ReadAsync("STATION-1/bluez:usb-1-1.2", 2)).Select(entry => entry.Id));
        Assert.Equal(200, (await Audit.ReadAsync("station-1/bluez:usb-1-1.2", 10_000)).Length);
        Assert.Equal(Entry(599), (await Audit.ReadAsync(null, 0)).Single());
        Assert.Empty(await Audit.ReadAsync("c2", 10));
    }

    [Fact]
    public async Task What_is_told_again_is_there_once_however_late_it_is_told()
    {
        var late = Entry(7);
        await Audit.AppendAsync([late, Entry(8), late]).Soon();
        await Audit.AppendAsync([late]).Soon();
        Assert.Equal(["change-8", "change-7"], await IdsAsync());
        await Audit.AppendAsync(Entries(1000, 600)).Soon();
        for (var day = 0; day < 10; day++)
        {
            Time.Advance(TimeSpan.FromDays(1));
            await Audit.AppendAsync(Entries(10_000 * (day + 1), 256)).Soon();
        }

        await Cluster.DeactivateAsync(Audit).Soon();
        await Audit.AppendAsync([late, Entry(9)]).Soon();
        Assert.Equal(1, (await IdsAsync()).Count(id => id == late.Id));
        Assert.Equal("change-9", (await IdsAsync()).First());
    }

    [Fact]
    public async Task A_process_killed_anywhere_loses_nothing_that_was_acknowledged_and_what_is_told_again_is_there_once()
    {
        await Audit.AppendAsync(Entries(0, 250)).Soon();
        var (told, deaths) = (250, 0);
        foreach (var size in new[] { 20, 1, 700 })
        {
            for (var changes = 0; ; changes++)
            {
                Storage.Left = changes;
                var died = await Audit.AppendAsync(Entries(told, size)).Soon().ContinueWith(static append => append.IsFaulted, TaskScheduler.Default);
                Storage.Left = int.MaxValue;
                if (died)
                {
                    deaths++;
                    await ForgetMemoryAsync();
                    Assert.Equal(Newest(told - 1), await IdsAsync());
                    continue;
                }

                told += size;
                Assert.Equal(Newest(told - 1), await IdsAsync());
                break;
            }
        }

        Assert.Equal(5, deaths);
    }

    [Fact]
    public async Task Ten_thousand_entries_are_kept_in_small_documents_and_two_callers_at_once_lose_none()
    {
        async Task TellAsync(int first)
        {
            for (var n = first; n < 10_000; n += 200) await Audit.AppendAsync(Entries(n, 100)).Soon();
        }

        await Task.WhenAll(TellAsync(0), TellAsync(100), TellAsync(100));
        Assert.Equal(Newest(9999).Order(StringComparer.Ordinal), (await IdsAsync()).Order(StringComparer.Ordinal));
        var pages = Storage.Rows.Where(row => row.StartsWith("audit-page", StringComparison.Ordinal)).Select(row => row.Split(' ')).ToArray();
        Assert.Equal(10_000 / AuditPage.Size, pages.Length);
        Assert.All(pages, page => Assert.InRange(Storage.Json(page[0], page[1]).Length, 1, 64 * 1024));
        Assert.InRange(Storage.Json("audit", "0").Length, 1, 64 * 1024);
    }

    [Fact]
    public async Task A_page_that_somebody_has_changed_is_not_read_as_if_nothing_had_been()
    {
        await Audit.AppendAsync(Entries(0, 300)).Soon();
        var page = Storage.Rows.Single(row => row.StartsWith("audit-page", StringComparison.Ordinal)).Split(' ');
        Storage.Put(page[0], page[1], Storage.Json(page[0], page[1]).Replace("anna", "otto", StringComparison.Ordinal));
        Assert.Equal(44, (await Audit.ReadAsync(null, 44).Soon()).Length);
        var changed = await Assert.ThrowsAsync<InvalidDataException>(() => Audit.ReadAsync(null, 45).Soon());
        Assert.Contains("is not as it was written", changed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Long_texts_are_cut_and_entries_without_an_id_refused()
    {
        await Audit.AppendAsync([Entry(1) with { By = new('b', 5000), Detail = new('d', 5000) }]).Soon();
        var entry = Assert.Single(await Audit.ReadAsync(null, 10));
        Assert.Equal((200, 1000, '…'), (entry.By.Length, entry.Detail.Length, entry.Detail[^1]));
        await Assert.ThrowsAsync<ArgumentException>(() => Audit.AppendAsync([Entry(2), Entry(3) with { Id = "" }]).Soon());
        Assert.Single(await Audit.ReadAsync(null, 10));
    }

    [Fact]
    public async Task It_outlives_the_process_in_SQLite()
    {
        using var directory = new TemporaryDirectory();
        for (var start = 0; start < 2; start++)
        {
            using var storage = SqliteGrainStorage.Open(directory.Path);
            using var silo = await LocalSilo.StartAloneAsync(builder =>
            {
                builder.AddGrainStorage(StorageNames.State, storage);
                builder.Services.AddSingleton(Given.Host(Time));
            });
            var audit = silo.Services.GetRequiredService<IGrainFactory>().GetGrain<IAuditGrain>(0);
            await audit.AppendAsync(Entries(start * 400, 400)).Soon();
            Assert.Equal(Newest((start * 400) + 399), (await audit.ReadAsync(null, 10_000).Soon()).Select(entry => entry.Id));
            await silo.StopAsync();
        }
    }

    /// <summary>As a process that starts again has none.</summary>
    private async Task ForgetMemoryAsync()
    {
        if (await Cluster.Client.GetGrain<IManagementGrain>(0).GetActivationAddress(Audit) is not null) await Cluster.DeactivateAsync(Audit).Soon();
    }
}
