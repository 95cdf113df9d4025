using System.Security.Cryptography;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Silo.Storage;
using Microsoft.Data.Sqlite;

namespace Dfu.Silo.Tests.Storage;

public sealed class SqliteFleetStoreTests : IDisposable
{
    private static readonly DateTimeOffset T0 = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    private static CampaignState Campaign(string id) => new() { Id = id, PackageId = new string('a', 64), Targets = "all", CreatedAt = T0, ImageSizes = [1000], HwVersion = 52 };

    private void Sql(string text)
    {
        using var connection = new SqliteConnection($"Data Source={_directory.File("fleet.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = text;
        command.ExecuteNonQuery();
    }

    private DfuError RefusalOfOpening() => Assert.Throws<DfuException>(() => SqliteFleetStore.Open(_directory.Path)).Error;

    [Fact]
    public async Task The_directory_of_another_engine_is_refused_by_name()
    {
        await SqliteFleetStore.Open(_directory.Path).DisposeAsync();
        Sql("UPDATE meta SET value = 'dfu-cluster' WHERE key = 'engine'");
        var refused = Assert.Throws<DfuException>(() => SqliteFleetStore.Open(_directory.Path));
        Assert.Equal(DfuError.DataDirectoryForeign, refused.Error);
        Assert.Contains("dfu-cluster", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_database_of_another_program_is_refused_and_left_as_it_was()
    {
        Sql("CREATE TABLE theirs (x INTEGER)");
        var before = File.ReadAllBytes(Path.Combine(_directory.Path, "fleet.db"));
        Assert.Equal(DfuError.DataDirectoryForeign, RefusalOfOpening());
        Assert.Equal(before, File.ReadAllBytes(Path.Combine(_directory.Path, "fleet.db")));
    }

    [Fact]
    public async Task The_schema_of_a_newer_program_is_refused()
    {
        await SqliteFleetStore.Open(_directory.Path).DisposeAsync();
        Sql("UPDATE meta SET value = '2' WHERE key = 'schema'");
        Assert.Equal(DfuError.DataDirectoryForeign, RefusalOfOpening());
    }

    [Fact]
    public async Task The_state_of_a_newer_program_is_refused()
    {
        await using var store = SqliteFleetStore.Open(_directory.Path);
        await store.BeginAsync(Campaign("one") with { Version = CampaignState.CurrentVersion + 1 }, [], CancellationToken.None);
        Assert.Equal(DfuError.DataDirectoryForeign, (await Assert.ThrowsAsync<DfuException>(() => store.LoadAsync(CancellationToken.None))).Error);
    }

    [Fact]
    public void A_damaged_database_is_refused_and_left_as_it_is()
    {
        var bytes = RandomNumberGenerator.GetBytes(8192);
        File.WriteAllBytes(_directory.File("fleet.db"), bytes);
        Assert.Equal(DfuError.DataDirectoryUnusable, RefusalOfOpening());
        Assert.Equal(bytes, File.ReadAllBytes(_directory.File("fleet.db")));
    }

    [Fact]
    public void A_directory_that_cannot_be_made_is_unusable()
    {
        File.WriteAllText(_directory.File("file"), "");
        Assert.Equal(DfuError.DataDirectoryUnusable, Assert.Throws<DfuException>(() => SqliteFleetStore.Open(_directory.File("file/below"))).Error);
    }

    [Fact]
    public async Task A_save_that_fails_half_way_changes_nothing()
    {
        await using var store = SqliteFleetStore.Open(_directory.Path);
        await store.BeginAsync(Campaign("one"), [DeviceState.New(new(1), [1000], T0)], CancellationToken.None);
        Sql("CREATE TRIGGER full BEFORE INSERT ON history BEGIN SELECT RAISE(ABORT, 'no room'); END");
        var changes = new FleetChanges
        {
            Devices = [DeviceState.New(new(1), [1000], T0) with { Attempt = 9 }],
            History = [new(T0, "one", null, "campaign", "x")],
        };
        Assert.Equal(DfuError.DataDirectoryUnusable, (await Assert.ThrowsAsync<DfuException>(() => store.SaveAsync(changes, CancellationToken.None))).Error);
        Assert.Equal(0, Assert.Single((await store.LoadAsync(CancellationToken.None))!.Devices).Attempt);
        Sql("DROP TRIGGER full");
        await store.SaveAsync(changes, CancellationToken.None);
        Assert.Equal(9, Assert.Single((await store.LoadAsync(CancellationToken.None))!.Devices).Attempt);
    }

    [Fact]
    public async Task A_package_that_is_not_what_its_id_says_is_not_stored_and_a_damaged_one_not_returned()
    {
        await using var store = SqliteFleetStore.Open(_directory.Path);
        byte[] file = [1, 2, 3];
        var id = Convert.ToHexStringLower(SHA256.HashData(file));
        var wrong = await Assert.ThrowsAsync<DfuException>(() => store.SavePackageAsync(new string('0', 64), file, CancellationToken.None));
        Assert.Equal(DfuError.InvalidArgument, wrong.Error);
        await Assert.ThrowsAsync<DfuException>(() => store.SavePackageAsync("../../evil", file, CancellationToken.None));

        await store.SavePackageAsync(id, file, CancellationToken.None);
        var path = Assert.Single(Directory.GetFiles(_directory.File("packages")));
        Assert.Equal(id + ".zip", Path.GetFileName(path));
        File.WriteAllBytes(path, [1, 2]);
        Assert.Null(await store.LoadPackageAsync(id, CancellationToken.None));
        await store.SavePackageAsync(id, file, CancellationToken.None);
        Assert.Equal(file, (await store.LoadPackageAsync(id, CancellationToken.None))!.Value.ToArray());
    }

    [Fact]
    public void The_ledger_grows_with_its_devices_and_survives_without_being_closed()
    {
        var path = _directory.File("ledger");
        using var first = MappedTrafficLedger.Open(path);
        first.Begin("one");
        for (var n = 1; n <= 2500; n++) first.Slot(new((ulong)n)).Sent(0, 0, n);

        // A copy of the file while it is mapped is what a killed process leaves behind.
        var left = _directory.File("left");
        using (var from = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite))
        using (var to = File.Create(left)) from.CopyTo(to);
        using var second = MappedTrafficLedger.Open(left);
        second.Begin("one");
        Assert.All(Enumerable.Range(1, 2500), n => Assert.Equal(n, second.Slot(new((ulong)n)).Read().Sent));
    }

    [Fact]
    public void A_ledger_of_another_kind_or_cut_short_is_begun_again()
    {
        var path = _directory.File("ledger");
        File.WriteAllText(path, "something else");
        using var ledger = MappedTrafficLedger.Open(path);
        ledger.Begin("one");
        Assert.Equal(default, ledger.Slot(new(1)).Read());
        ledger.Slot(new(1)).Sent(0, 0, 5);
        Assert.Equal(5, ledger.Slot(new(1)).Read().Sent);
    }

    [Fact]
    public void Counts_can_still_be_read_after_the_ledger_was_closed()
    {
        var ledger = MappedTrafficLedger.Open(_directory.File("ledger"));
        ledger.Begin("one");
        var slot = ledger.Slot(new BluetoothAddress(1));
        slot.Sent(0, 0, 5);
        ledger.Dispose();
        slot.Sent(0, 5, 5);
        Assert.Equal(new DeviceTraffic(10, 10), slot.Read());
    }
}
