using Dfu.Cluster.Tests.Children;
using Dfu.Cluster.Tests.Client;
using Dfu.Cluster.Tests.Support;
using Dfu.Protocol.Errors;
using Dfu.Silo.Storage.Postgres;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Dfu.Cluster.Tests.Postgres;

/// <summary>The password comes from where no other user can read it, and goes nowhere.</summary>
[Collection(PostgresServer.Collection)]
public sealed class PasswordTests(PostgresServer database) : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    private async Task<string> InitializedAsync()
    {
        var connection = await database.CreateDatabaseAsync();
        await PostgresSchema.InitAsync(connection, CancellationToken.None);
        return connection;
    }

    [PostgresFact]
    public async Task A_member_takes_its_password_from_the_environment_or_a_password_file()
    {
        var connection = new NpgsqlConnectionStringBuilder(await InitializedAsync()) { Password = null }.ToString();
        Assert.DoesNotContain(PostgresServer.Password, connection, StringComparison.Ordinal);
        var file = _directory.File("pgpass");
        await File.WriteAllTextAsync(file, $"127.0.0.1:{database.Port}:*:{PostgresServer.User}:{PostgresServer.Password}\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        (string, string)[] nothing = [("HOME", _directory.Path), ("PGPASSFILE", ""), ("PGPASSWORD", "")];
        Assert.StartsWith("ready ", await StartAsync([("PGPASSWORD", PostgresServer.Password)]), StringComparison.Ordinal);
        Assert.StartsWith("ready ", await StartAsync([.. nothing[..1], ("PGPASSFILE", file)]), StringComparison.Ordinal);
        Assert.StartsWith(nameof(DfuError.DatabaseUnavailable), await StartAsync(nothing), StringComparison.Ordinal);

        async Task<string> StartAsync((string, string)[] environment)
        {
            using var member = ChildProcess.StartWith(environment, ServerProcess.Role, "member", _directory.File("data"), connection, "", "0");
            var line = await member.LineAsync();
            await member.KillAsync();
            return line;
        }
    }

    [PostgresFact]
    public async Task No_line_of_a_log_and_no_refusal_holds_the_password()
    {
        var connection = await InitializedAsync();
        await using (var member = await Server.StartAsync(
            connection, "member", static settings => settings with { LogLevel = LogLevel.Trace }, TimeProvider.System))
        {
            await using var client = member.Client();
            Assert.Empty(await client.CampaignsAsync(CancellationToken.None));
            Assert.NotEmpty(member.Said);
            Assert.DoesNotContain(member.Said, static line => line.Contains(PostgresServer.Password, StringComparison.Ordinal));
        }

        var stranger = connection.Replace(";Username=dfu", ";Username=nobody", StringComparison.Ordinal);
        foreach (var wrong in new[] { stranger, connection + ";Databse=x", connection + ";x" })
        {
            var refusal = await Assert.ThrowsAsync<DfuException>(() => PostgresSchema.CheckAsync(wrong, CancellationToken.None));
            Assert.DoesNotContain(PostgresServer.Password, $"{refusal.Message}", StringComparison.Ordinal);
        }
    }
}
