using System.Net.Sockets;
using Dfu.Silo.Silos;
using Microsoft.Extensions.Options;
using Npgsql;
using Orleans.Configuration;

namespace Dfu.Silo.Storage.Postgres;

/// <summary>Holds a silo back while the table still shows members as alive that are not there any more.</summary>
/// <remarks>
/// A silo that joins must reach every active member, and with a quorum of them gone nobody but itself can vote them out. It may only do
/// that for members that were silent for long, and Orleans (10.4) looks for those when the silo starts, not while it waits. So the wait
/// comes first. It ends early for members that answer, and after the time in which a dead one would have become silent for long.
/// </remarks>
internal sealed class PostgresArrival(
    PostgresConnection database,
    IOptions<ClusterOptions> cluster,
    TimeProvider time) : ILifecycleParticipant<ISiloLifecycle>
{
    internal static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.5);
    internal static readonly TimeSpan Answer = TimeSpan.FromSeconds(1);

    public void Participate(ISiloLifecycle observer) => observer.Subscribe(nameof(PostgresArrival), ServiceLifecycleStage.First, WaitAsync);

    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        while (time.GetElapsedTime(start) <= MemberTimes.Silent + Pause
            && await AnyIsMissingAsync(cancellationToken))
            await Task.Delay(Pause, time, cancellationToken);
    }

    private async Task<bool> AnyIsMissingAsync(CancellationToken cancellationToken)
    {
        var members = await database.WithAsync(connection => ActiveAsync(connection, cancellationToken), cancellationToken);
        return (await Task.WhenAll(members.Select(member => AnswersAsync(member.Address, member.Port, cancellationToken)))).Contains(false);
    }

    private async Task<List<(string Address, int Port)>> ActiveAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        // 3 is SiloStatus.Active.
        await using var command = new NpgsqlCommand("SELECT address, port FROM dfu_member WHERE cluster = $1 AND status = 3 AND alive >= $2", connection);
        command.Parameters.Add(new NpgsqlParameter { Value = cluster.Value.ClusterId });
        command.Parameters.Add(new NpgsqlParameter { Value = time.GetUtcNow().UtcDateTime - MemberTimes.Silent });
        var members = new List<(string, int)>();
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken)) members.Add((rows.GetString(0), rows.GetInt32(1)));
        return members;
    }

    private async Task<bool> AnswersAsync(string address, int port, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(Answer, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(address, port, either.Token);
            return true;
        }
        catch (Exception e) when (e is SocketException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return false;
        }
    }
}
