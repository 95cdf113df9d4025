using Dfu.Cluster.Tests.Children;
using Dfu.Cluster.Tests.Postgres;
using Dfu.Cluster.Tests.Support;
using Dfu.Silo.Storage.Postgres;

namespace Dfu.Cluster.Tests.Silos;

[Collection(PostgresServer.Collection)]
public sealed class DeadMemberTests(PostgresServer database) : IDisposable
{
    private const string VoteOut = "UPDATE dfu_cluster SET version = version + 1; UPDATE dfu_member SET status = 6";
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    /// <summary>As it is for a member that was stopped, and goes on when the others have its devices.</summary>
    [PostgresFact]
    public async Task A_member_that_was_voted_out_says_so_in_one_line_and_ends_as_one_whose_machine_lacks_something()
    {
        var connection = await database.CreateDatabaseAsync();
        await PostgresSchema.InitAsync(connection, CancellationToken.None);
        using var member = ChildProcess.Start(ServerProcess.Role, "member", _directory.Path, connection, "", "0");
        Assert.StartsWith("ready ", await member.LineAsync(), StringComparison.Ordinal);
        await PostgresServer.ExecuteAsync(connection, VoteOut);
        var (code, said) = await member.EndedAsync();
        Assert.Equal(4, code);
        Assert.Contains("the others have voted this member out while it did not answer: it ends at once", said[^1], StringComparison.Ordinal);
        Assert.DoesNotContain("SiloAddress=", said[^1], StringComparison.Ordinal);
    }
}
