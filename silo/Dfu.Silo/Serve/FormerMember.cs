using System.Net;
using System.Net.Sockets;
using Dfu.Protocol.Errors;
using Dfu.Silo.Silos;
using Microsoft.Extensions.Logging;

namespace Dfu.Silo.Serve;

/// <summary>A member that was killed stays in the table of members until others miss it, which nobody does when it was the last.</summary>
/// <param name="own">Where the new member of the name listens: nobody else does.</param>
internal sealed class FormerMember(IMembershipTable table, IPEndPoint own, ILogger log, TimeProvider time)
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(0.5);

    /// <summary>Strikes out entries of this name whose process is gone.</summary>
    /// <exception cref="DfuException">MemberInUse.</exception>
    public async Task BuryAsync(string name, CancellationToken cancellationToken)
    {
        await table.InitializeMembershipTableAsync(true, cancellationToken);
        for (var changed = true; changed;)
        {
            changed = false;
            var members = await table.ReadAllAsync(cancellationToken);
            foreach (var (entry, etag) in members.Members)
            {
                if (entry.SiloName != name || entry.Status is SiloStatus.Dead or SiloStatus.None) continue;
                var endpoint = entry.SiloAddress.Endpoint;
                if (!endpoint.Equals(own) && await AnswersAsync(endpoint, cancellationToken) && await LivesAsync(entry, cancellationToken))
                    throw new DfuException(DfuError.MemberInUse, $"the member '{name}' is alive at {endpoint}");
                log.FormerMemberBuried(name, endpoint);
                entry.Status = SiloStatus.Dead;
                changed = true;

                // Somebody else may have changed the table meanwhile: look again.
                await table.UpdateRowAsync(entry, etag, members.Version.Next(), cancellationToken);
                break;
            }
        }
    }

    private async Task<bool> AnswersAsync(IPEndPoint endpoint, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(ConnectTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            using var client = new TcpClient(endpoint.AddressFamily);
            await client.ConnectAsync(endpoint, either.Token);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return true; // nobody refuses: its host may only be slow, and its signs of life tell
        }
    }

    /// <summary>
    /// What answers may be another program that has the port now. The member itself writes signs of life: one that differs from the last
    /// shows that it lives, whatever the two hosts' clocks say.
    /// </summary>
    private async Task<bool> LivesAsync(MembershipEntry known, CancellationToken cancellationToken)
    {
        // A member that is still joining writes none, and has so long to join.
        var atMost = known.Status == SiloStatus.Active ? MemberTimes.Silent : MemberTimes.Join;
        var begin = time.GetTimestamp();
        log.FormerMemberAsked(known.SiloName, known.SiloAddress.Endpoint, atMost.TotalSeconds);
        while (time.GetElapsedTime(begin) < atMost)
        {
            await Task.Delay(LookAgain, time, cancellationToken);
            var now = (await table.ReadRowAsync(known.SiloAddress, cancellationToken)).Members is [var (entry, _), ..] ? entry : null;
            if (now is null || now.Status == SiloStatus.Dead) return false;
            if (now.IAmAliveTime != known.IAmAliveTime || now.Status != known.Status) return true;
        }

        return false;
    }
}
