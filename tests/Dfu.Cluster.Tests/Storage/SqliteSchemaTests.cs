using Dfu.Cluster.Tests.Support;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;
using Dfu.Silo.Adapters;
using Dfu.Silo.Flash;
using Dfu.Silo.Storage.Sqlite;
using Microsoft.Data.Sqlite;
using static Dfu.Cluster.Tests.Storage.Stored;

namespace Dfu.Cluster.Tests.Storage;

/// <summary>The way from the schema of an older program to this one's.</summary>
public sealed class SqliteSchemaTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public SqliteSchemaTests() => File.Copy(ReleasedDatabases.File("schema-1.db"), Database);

    private string Database => _directory.File(SqliteDatabase.FileName);

    private string Backup => Database + ".schema-1.backup";

    public void Dispose() => _directory.Dispose();

    private static object? Sql(string file, string text)
    {
        using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = text;
        return command.ExecuteScalar();
    }

    private static object? Rows(string file) => Sql(
        file, "SELECT group_concat(name || grain || etag || hex(payload), '|') FROM (SELECT * FROM grain_state ORDER BY name, grain)");

    [Fact]
    public void An_older_file_is_brought_up_to_date_with_every_row_and_kept_as_it_was_beside_it()
    {
        var before = Rows(Database);
        using (var storage = SqliteGrainStorage.Open(_directory.Path))
        {
            Assert.Equal(new SqliteUpgrade(Database, 1, 2, Backup), storage.Upgraded);
            Assert.Contains(Backup, storage.Upgraded!.ToString(), StringComparison.Ordinal);
        }

        Assert.Equal((2L, 2L, before), (Sql(Database, "PRAGMA user_version"), Sql(Database, "PRAGMA auto_vacuum"), Rows(Database)));
        Assert.Equal((1L, 0L, before), (Sql(Backup, "PRAGMA user_version"), Sql(Backup, "PRAGMA auto_vacuum"), Rows(Backup)));
        Assert.Equal("delete", Sql(Backup, "PRAGMA journal_mode"));
        using var again = SqliteGrainStorage.Open(_directory.Path);
        Assert.Null(again.Upgraded);
    }

    [Fact]
    public async Task What_an_older_program_left_unfinished_goes_on_after_the_upgrade()
    {
        var file = (byte[])Sql(Database, "SELECT payload FROM grain_state WHERE name = 'package'")!;
        var request = new CampaignRequest
        {
            Package = PackageReader.Read(file, publicKey: null),
            PackageFile = file,
            Targets = new() { Addresses = [Address("D3:84:53:D7:00:04"), Address("D3:84:53:D7:00:06")] },
        };
        var said = new List<string>();
        var settings = new FlashSettings
        {
            DataDirectory = _directory.Path,
            Adapters = AdapterSpec.ParseAll(["sim:devices=4,seed=7,time-scale=20"]),
            Say = said.Add,
        };
        await using var run = await FlashRun.OpenAsync(settings, TimeProvider.System);
        Assert.Contains(Backup, Assert.Single(said), StringComparison.Ordinal);
        var view = await run.RunAsync(request, CancellationToken.None).Soon();
        Assert.Equal((true, CampaignOutcome.Succeeded), (view.GoesOn, view.Outcome));
        Assert.All(view.Devices, device => Assert.Equal(DeviceOutcome.Updated, device.Outcome));

        // One attempt was before the upgrade, and its bytes count: the second device had been sent 12288.
        Assert.All(view.Devices, device => Assert.Equal(2, device.Attempts));
        Assert.All(view.Devices, device => Assert.True(device.BytesSent >= 24576 + 12288, $"{device.Application}: {device.BytesSent}"));
    }

    [Fact]
    public void A_step_that_fails_changes_nothing_and_the_file_can_be_upgraded_later()
    {
        var before = Rows(Database);
        var broken = new SqliteSchema([.. SqliteSchema.Current.Steps, new("", "CREATE TABLE half (x); SELECT * FROM missing")]);
        Assert.Equal(DfuError.DataDirectoryUnusable, Assert.Throws<DfuException>(() => SqliteGrainStorage.Open(_directory.Path, broken)).Error);
        Assert.Equal((1L, before), (Sql(Database, "PRAGMA user_version"), Rows(Database)));
        Assert.Equal(0L, Sql(Database, "SELECT count(*) FROM sqlite_master WHERE name = 'half'"));
        using var storage = SqliteGrainStorage.Open(_directory.Path);
        Assert.Equal(2, storage.Upgraded!.To);
    }

    [Fact]
    public void All_missing_steps_are_taken_at_once_and_only_the_last_backup_stays()
    {
        using (var first = SqliteGrainStorage.Open(_directory.Path)) Assert.NotNull(first.Upgraded);
        var later = new SqliteSchema([.. SqliteSchema.Current.Steps, new("", "CREATE TABLE third (x)"), new("", "CREATE TABLE fourth (x)")]);
        using (var storage = SqliteGrainStorage.Open(_directory.Path, later))
            Assert.Equal(new SqliteUpgrade(Database, 2, 4, Database + ".schema-2.backup"), storage.Upgraded);
        Assert.Equal(2L, Sql(Database, "SELECT count(*) FROM sqlite_master WHERE name IN ('third', 'fourth')"));
        Assert.Equal([Database + ".schema-2.backup"], Directory.GetFiles(_directory.Path, "*.backup"));
    }

    [Fact]
    public void An_older_program_refuses_a_newer_schema_and_names_both_and_the_remedy()
    {
        using (SqliteGrainStorage.Open(_directory.Path)) { }
        var before = Rows(Database);
        var refused = Assert.Throws<DfuException>(() => SqliteGrainStorage.Open(_directory.Path, new SqliteSchema([])));
        Assert.Equal(DfuError.DataDirectoryForeign, refused.Error);
        Assert.Equal(
            $"{Database} has schema 2, and this program knows schemas up to 1: use the version that it is of, or a later one; "
                + $"{Backup} is what it was before its upgrade, and 'dfu restore --force' puts it in its place",
            refused.Message);
        Assert.Equal(before, Rows(Database));

        File.Move(Backup, Database, overwrite: true);
        using var former = SqliteGrainStorage.Open(_directory.Path, new SqliteSchema([]));
        Assert.Null(former.Upgraded);
    }

    [Fact]
    public void What_a_killed_process_left_unfinished_is_swept()
    {
        File.WriteAllText(Backup + ".0123.part", "half");
        using var storage = SqliteGrainStorage.Open(_directory.Path);
        Assert.Empty(Directory.GetFiles(_directory.Path, "*.part"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Deleted_states_give_their_room_back(bool upgraded)
    {
        if (!upgraded) File.Delete(Database);
        using (var storage = SqliteGrainStorage.Open(_directory.Path))
        {
            var held = new Held<Dfu.Grains.Storage.StoredFile>(new() { Bytes = new byte[8 << 20] });
            await storage.WriteAsync("large", held);
            await storage.ClearStateAsync("test", Grain("large"), held);
            await storage.GiveBackAsync(CancellationToken.None);
            await storage.WriteAsync("after", Document("{}"));
        }

        Assert.InRange(new FileInfo(Database).Length, 1, 200_000);
        Assert.Equal(0L, Sql(Database, "PRAGMA freelist_count"));
    }

    private static BluetoothAddress Address(string text) => BluetoothAddress.TryParse(text, out var address) ? address : throw new ArgumentException(text);
}
