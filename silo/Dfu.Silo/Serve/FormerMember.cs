using System.Net;
using System.Net.Sockets;
using Dfu.Protocol.Errors;
using Dfu.Silo.Silos;
using Microsoft.Extensions.DependencyInjection;

namespace Dfu.Silo.Serve;

/// <summary>A member that was killed stays in the table of members until others miss it, which nobody does when it was the last.</summary>
internal static class FormerMember
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);

    /// <summary>Strikes out entries of this name whose process is gone.</summary>
    /// <exception cref="DfuException">MemberInUse.</exception>
    public static async Task BuryAsync(IServiceProvider services, string name, TimeProvider time, CancellationToken cancellationToken)
    {
        var table = services.GetRequiredService<IMembershipTable>();
        await table.InitializeMembershipTableAsync(true, cancellationToken);
        for (var changed = true; changed;)
        {
            changed = false;
            var members = await table.ReadAllAsync(cancellationToken);
            foreach (var (entry, etag) in members.Members)
            {
                if (entry.SiloName != name || entry.Status is SiloStatus.Dead or SiloStatus.None) continue;
                var endpoint = entry.SiloAddress.Endpoint;
                if (time.GetUtcNow() - entry.IAmAliveTime < MemberTimes.LongDead && await AnswersAsync(endpoint, time, cancellationToken))
                    throw new DfuException(DfuError.MemberInUse, $"the member '{name}' is alive at {endpoint}");
                entry.Status = SiloStatus.Dead;
                changed = true;

                // Somebody else may have changed the table meanwhile: look again.
                await table.UpdateRowAsync(entry, etag, members.Version.Next(), cancellationToken);
                break;
            }
        }
    }

    private static async Task<bool> AnswersAsync(IPEndPoint endpoint, TimeProvider time, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(ConnectTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(endpoint, either.Token);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
