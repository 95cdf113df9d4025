using Microsoft.Data.Sqlite;

namespace Dfu.Cli.Tests.Commands;

public sealed class BackupCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("dfu-backup-").FullName;

    private string Data => Path.Combine(_folder, "data");

    private string Copy => Path.Combine(_folder, "fleet.backup");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task What_is_in_a_copy_is_said_and_what_follows_from_putting_it_back()
    {
        MakeDatabase();
        var made = await Played.RunAsync("backup", Copy, "--data-dir", Data);
        Assert.Equal((0, $"{Copy}: 12.0 KiB, 1 campaign, schema 2, checked\n"), (made.Code, made.Output));
        Assert.Empty(made.Error);

        Directory.Delete(Data, true);
        var restored = await Played.RunAsync("restore", Copy, "--data-dir", Data);
        Assert.Equal((0, $"{Data}: 12.0 KiB, 1 campaign, schema 2, checked\n"), (restored.Code, restored.Output));
        Assert.Equal(
            "dfu: the fleet is as it was when the copy was made: campaigns that were paused or cancelled since then go on when the server starts, and "
                + "access keys that were revoked since then are in force",
            Assert.Single(restored.Error));
    }

    [Fact]
    public async Task What_would_replace_something_is_refused_in_one_line()
    {
        MakeDatabase();
        Assert.Equal(0, (await Played.RunAsync("backup", Copy, "--data-dir", Data)).Code);
        await RefusedAsync($"dfu: {Copy} is there already - Give --force to replace it (invalidArgument)", "backup", Copy, "--data-dir", Data);
        await RefusedAsync(
            $"dfu: {Data}/fleet.db is there already - Give --force to replace it (invalidArgument)", "restore", Copy, "--data-dir", Data);
        Assert.Equal(0, (await Played.RunAsync("backup", Copy, "--data-dir", Data, "--force")).Code);
        Assert.Equal(0, (await Played.RunAsync("restore", Copy, "--data-dir", Data, "--force")).Code);
        Assert.True(File.Exists(Path.Combine(Data, "fleet.db.replaced")));
    }

    [Fact]
    public async Task Where_there_is_nothing_to_copy_the_remedy_says_where_else_it_may_be()
    {
        await RefusedAsync(
            $"dfu: there is no fleet.db in {Data} - Give the server's data directory with --data-dir; of a cluster, pg_dump copies the database (notFound)",
            "backup", Copy, "--data-dir", Data);
        await RefusedAsync($"dfu: there is no file {Copy} - Give what 'dfu backup' has made (notFound)", "restore", Copy, "--data-dir", Data);
    }

    private static async Task RefusedAsync(string line, params string[] arguments)
    {
        var refused = await Played.RunAsync(arguments);
        Assert.Equal((ExitCode.Invalid, line), (refused.Code, Assert.Single(refused.Error)));
    }

    private void MakeDatabase()
    {
        Directory.CreateDirectory(Data);
        using var connection = new SqliteConnection($"Data Source={Path.Combine(Data, "fleet.db")};Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = """
            PRAGMA application_id = 0x64667501;
            PRAGMA user_version = 2;
            CREATE TABLE grain_state (name TEXT NOT NULL, grain TEXT NOT NULL, etag TEXT NOT NULL, payload ANY NOT NULL, PRIMARY KEY (name, grain)) STRICT;
            INSERT INTO grain_state VALUES ('campaign', 'campaign/1', '0123456789abcdef0123456789abcdef', '{}');
            """;
        command.ExecuteNonQuery();
    }
}
