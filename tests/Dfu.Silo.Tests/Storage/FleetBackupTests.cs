using Dfu.Grains.Storage;
using Dfu.Protocol.Errors;
using Dfu.Silo.Storage.Files;
using Dfu.Silo.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace Dfu.Silo.Tests.Storage;

public sealed class FleetBackupTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    private string Data => _folder.File("data");

    private string Copy => _folder.File("fleet.backup");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_copy_is_of_one_moment_while_a_server_writes_and_nobody_waits_for_it()
    {
        using var storage = SqliteGrainStorage.Open(Data);
        for (var i = 0; i < 50; i++) await WriteAsync(storage, i);
        using var stop = new CancellationTokenSource();
        var writing = Task.Run(async () =>
        {
            var written = 50;
            while (!stop.IsCancellationRequested) await WriteAsync(storage, written++);
            return written;
        });
        var copies = Enumerable.Range(0, 5).Select(i => FleetBackup.Save(Data, _folder.File($"{i}.backup"), false)).ToList();
        await stop.CancelAsync();
        var all = await writing;
        Assert.All(copies, copy => Assert.InRange(copy.Campaigns, 50, all));
        Assert.Equal(copies.Select(copy => copy.Campaigns).Order(), copies.Select(copy => copy.Campaigns));
        for (var i = 0; i < copies.Count; i++) Assert.Equal(Enumerable.Range(0, (int)copies[i].Campaigns), Numbers(_folder.File($"{i}.backup")));
    }

    [Fact]
    public async Task A_copy_comes_back_into_an_empty_directory_and_only_its_owner_can_read_it()
    {
        await FillAsync(3);
        FleetBackup.Save(Data, Copy, false);
        Directory.Delete(Data, true);
        var restored = FleetBackup.Restore(Copy, Data, false, TimeProvider.System);
        Assert.Equal(3, restored.Campaigns);
        Assert.Equal([0, 1, 2], Numbers(Path.Combine(Data, "fleet.db")));
        if (OperatingSystem.IsWindows()) return;
        foreach (var file in new[] { Copy, Path.Combine(Data, "fleet.db") })
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Equal(["fleet.db", "lock"], Directory.GetFiles(Data).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task A_server_that_was_killed_left_a_log_and_what_is_in_it_is_copied_too()
    {
        await FillAsync(1);
        using (var killed = Connect(Path.Combine(Data, "fleet.db")))
        {
            Run(killed, "PRAGMA wal_autocheckpoint = 0");
            Run(killed, $"INSERT INTO grain_state VALUES ('campaign', '1', '{Guid.NewGuid():N}', '{{}}')");
            Directory.CreateDirectory(_folder.File("crashed"));
            foreach (var file in Directory.GetFiles(Data, "fleet.db*")) File.Copy(file, Path.Combine(_folder.File("crashed"), Path.GetFileName(file)));
        }

        Assert.Equal(2, FleetBackup.Save(_folder.File("crashed"), Copy, false).Campaigns);
    }

    [Fact]
    public async Task Neither_a_copy_nor_a_database_is_replaced_unless_that_is_said_and_then_the_database_is_kept()
    {
        await FillAsync(2);
        FleetBackup.Save(Data, Copy, false);
        await FillAsync(5);
        var again = Assert.Throws<DfuException>(() => FleetBackup.Save(Data, Copy, false));
        Assert.Equal((DfuError.InvalidArgument, $"{Copy} is there already"), (again.Error, again.Message));
        Assert.Equal(DfuError.InvalidArgument, Assert.Throws<DfuException>(() => FleetBackup.Restore(Copy, Data, false, TimeProvider.System)).Error);
        Assert.Equal(5, Numbers(Path.Combine(Data, "fleet.db")).Count);

        Assert.Equal(2, FleetBackup.Restore(Copy, Data, true, TimeProvider.System).Campaigns);
        Assert.Equal(2, Numbers(Path.Combine(Data, "fleet.db")).Count);
        Assert.Equal(5, Numbers(Path.Combine(Data, FleetBackup.ReplacedName)).Count);
    }

    [Fact]
    public async Task A_copy_never_takes_the_place_of_a_database_that_a_server_may_have_open()
    {
        await FillAsync(3);
        using (DataDirectory.Open(Data, TimeProvider.System))
        {
            Directory.CreateSymbolicLink(_folder.File("link"), Data);
            foreach (var name in new[] { "fleet.db", "fleet.db-wal", "fleet.db-shm" })
            {
                foreach (var (from, to) in new[] { (Data, Data), (Data, _folder.File("link")), (_folder.File("link"), Data) })
                {
                    var refused = Assert.Throws<DfuException>(() => FleetBackup.Save(from, Path.Combine(to, name), true));
                    Assert.Equal(DfuError.InvalidArgument, refused.Error);
                    Assert.EndsWith(" is the database of a data directory", refused.Message, StringComparison.Ordinal);
                }
            }
        }

        Directory.CreateDirectory(_folder.File("stick"));
        Assert.Equal(3, FleetBackup.Save(Data, Path.Combine(_folder.File("stick"), "fleet.db"), false).Campaigns);
    }

    [Fact]
    public async Task A_copy_needs_a_name_and_takes_no_devices_place()
    {
        await FillAsync(1);
        Assert.Equal(DfuError.InvalidArgument, Assert.Throws<DfuException>(() => FleetBackup.Save(Data, "", true)).Error);
        if (!Directory.Exists("/dev/pts")) return;

        // A folder, so that nothing is harmed should it not be refused.
        var refused = Assert.Throws<DfuException>(() => FleetBackup.Save(Data, "/dev/pts", true));
        Assert.Equal((DfuError.OutputNotWritten, "/dev/pts is a device, whose place a file may not take"), (refused.Error, refused.Message));
    }

    [Fact]
    public async Task A_restore_that_is_repeated_keeps_the_database_that_the_first_put_aside()
    {
        await FillAsync(2);
        FleetBackup.Save(Data, Copy, false);
        await FillAsync(5);
        FleetBackup.Restore(Copy, Data, true, TimeProvider.System);
        File.Delete(Path.Combine(Data, "fleet.db")); // as after a restore that was killed between its last two steps
        FleetBackup.Restore(Copy, Data, true, TimeProvider.System);
        Assert.Equal(5, Numbers(Path.Combine(Data, FleetBackup.ReplacedName)).Count);
    }

    [Fact]
    public async Task A_log_that_is_left_of_a_lost_database_does_not_get_into_the_copy()
    {
        await FillAsync(2);
        FleetBackup.Save(Data, Copy, false);
        using (var killed = Connect(Path.Combine(Data, "fleet.db")))
        {
            Run(killed, "PRAGMA wal_autocheckpoint = 0");
            Run(killed, "INSERT INTO grain_state VALUES ('campaign', '77', '0123456789abcdef0123456789abcdef', '{}')");
            Directory.CreateDirectory(_folder.File("rest"));
            File.Copy(Path.Combine(Data, "fleet.db-wal"), Path.Combine(_folder.File("rest"), "fleet.db-wal"));
        }

        FleetBackup.Restore(Copy, _folder.File("rest"), false, TimeProvider.System);
        Assert.Equal([0, 1], Numbers(Path.Combine(_folder.File("rest"), "fleet.db")));
    }

    [Fact]
    public async Task Nothing_is_restored_under_a_server_that_runs()
    {
        await FillAsync(1);
        FleetBackup.Save(Data, Copy, false);
        using var server = DataDirectory.Open(Data, TimeProvider.System);
        Assert.Equal(DfuError.DataDirectoryInUse, Assert.Throws<DfuException>(() => FleetBackup.Restore(Copy, Data, true, TimeProvider.System)).Error);
    }

    [Fact]
    public async Task What_is_damaged_foreign_or_of_a_newer_version_is_refused_and_the_database_stays()
    {
        await FillAsync(200);
        FleetBackup.Save(Data, Copy, false);
        var sound = File.ReadAllBytes(Copy);

        var damaged = (byte[])sound.Clone();
        damaged.AsSpan(damaged.Length / 2, 2048).Fill(0xA5);
        Refused(damaged, DfuError.DataDirectoryUnusable, "is damaged");
        Refused(sound.AsSpan(0, sound.Length / 3).ToArray(), DfuError.DataDirectoryUnusable, "damaged");
        var row = (byte[])sound.Clone();
        row[sound.AsSpan().LastIndexOf("xxxxxxxx"u8)] ^= 1;
        Refused(row, DfuError.DataDirectoryUnusable, "is not as it was written");
        Refused("no database at all"u8.ToArray(), DfuError.DataDirectoryUnusable, "damaged or no database");
        Refused([], DfuError.DataDirectoryUnusable, "has nothing of this program in it");

        File.WriteAllBytes(Copy, sound);
        using (var newer = Connect(Copy)) Run(newer, "PRAGMA user_version = 99");
        Refused(File.ReadAllBytes(Copy), DfuError.DataDirectoryForeign, "has schema 99");

        File.Delete(Copy);
        using (var other = Connect(Copy, SqliteOpenMode.ReadWriteCreate)) Run(other, "CREATE TABLE songs (name TEXT)");
        Refused(File.ReadAllBytes(Copy), DfuError.DataDirectoryForeign, "is a database of another program");
    }

    [Fact]
    public void Where_there_is_no_database_it_is_said_what_to_copy_instead()
    {
        var refused = Assert.Throws<DfuException>(() => FleetBackup.Save(Data, Copy, false));
        Assert.Equal(DfuError.NotFound, refused.Error);
        Assert.Contains("pg_dump", refused.Remedy, StringComparison.Ordinal);
        Assert.Equal(DfuError.NotFound, Assert.Throws<DfuException>(() => FleetBackup.Restore(Copy, Data, false, TimeProvider.System)).Error);
        Assert.False(Directory.Exists(Data));
    }

    private void Refused(byte[] copy, DfuError error, string why)
    {
        File.WriteAllBytes(Copy, copy);
        var refused = Assert.Throws<DfuException>(() => FleetBackup.Restore(Copy, Data, true, TimeProvider.System));
        Assert.Equal(error, refused.Error);
        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
        Assert.StartsWith(Copy, refused.Message, StringComparison.Ordinal);
        Assert.Equal(200, Numbers(Path.Combine(Data, "fleet.db")).Count);
        Assert.Empty(Directory.GetFiles(Data, "*.part*"));
    }

    private async Task FillAsync(int campaigns)
    {
        if (Directory.Exists(Data)) Directory.Delete(Data, true);
        using var storage = SqliteGrainStorage.Open(Data);
        for (var i = 0; i < campaigns; i++) await WriteAsync(storage, i);
    }

    private static Task WriteAsync(SqliteGrainStorage storage, int number) => storage.WriteStateAsync(
        "campaign",
        GrainId.Create("campaign", $"{number:000000}"),
        new GrainState<StoredDocument>(new StoredDocument { Json = $"{{\"number\":{number},\"text\":\"{new string('x', 500)}\"}}" }));

    private static List<int> Numbers(string file)
    {
        using var connection = Connect(file);
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT json_extract(payload, '$.number') FROM grain_state WHERE name = 'campaign' ORDER BY grain";
        using var rows = command.ExecuteReader();
        var numbers = new List<int>();
        while (rows.Read()) numbers.Add(rows.GetInt32(0));
        return numbers;
    }

    private static SqliteConnection Connect(string file, SqliteOpenMode mode = SqliteOpenMode.ReadWrite) => SqliteCopy.Open(file, mode);

    private static void Run(SqliteConnection connection, string text)
    {
        using var command = connection.CreateCommand();
        command.CommandText = text;
        command.ExecuteNonQuery();
    }
}
