using System.Net.Sockets;
using System.Text.Json;

namespace Dfu.Cli.Dashboards;

/// <summary>What the process that runs a dashboard writes down for the others of this user.</summary>
/// <param name="Process">Its number.</param>
internal sealed record RunningDashboard(int Process, DashboardAddress Address)
{
    /// <summary>The one that is written down; null when none is, or when nobody listens there: then it is that of a process which was killed.</summary>
    public static async Task<RunningDashboard?> FindAsync(string file, CancellationToken cancellationToken)
    {
        try
        {
            var read = JsonSerializer.Deserialize<RunningDashboard>(await File.ReadAllBytesAsync(file, cancellationToken));
            if (read is not { Address: { Page: not null, OtlpHttp: not null, OtlpGrpc: not null } } running) return null;
            using var caller = new TcpClient();
            await caller.ConnectAsync(running.Address.Page.Host, running.Address.Page.Port, cancellationToken);
            return running;
        }
        catch (Exception none) when (none is IOException or UnauthorizedAccessException or JsonException or SocketException)
        {
            return null;
        }
    }

    /// <summary>Whole or not at all, for others read it meanwhile.</summary>
    public void Write(string file)
    {
        File.WriteAllBytes(file + ".part", JsonSerializer.SerializeToUtf8Bytes(this));
        File.Move(file + ".part", file, overwrite: true);
    }
}
