using System.Net;
using System.Net.Sockets;
using Dfu.Protocol.Errors;
using Dfu.Silo.Storage.Postgres;
using Npgsql;

namespace Dfu.Silo.Serve;

/// <summary>By which address the other members of a cluster reach this machine, as long as nobody says.</summary>
internal static class ClusterAddress
{
    /// <summary>The address this machine reaches the database by: loopback when the database is here, and so all members are.</summary>
    /// <exception cref="DfuException">DatabaseUnavailable, or InvalidArgument for a connection string that is none.</exception>
    public static async Task<IPAddress> FindAsync(string connection, CancellationToken cancellationToken)
    {
        var servers = PostgresHosts.Of(new NpgsqlConnectionStringBuilder(new PostgresConnection(connection).Text));
        SocketException? failure = null;
        foreach (var (host, port) in servers)
        {
            if (host.StartsWith('/')) return IPAddress.Loopback;
            try
            {
                return await TowardsAsync(host, port, cancellationToken);
            }
            catch (SocketException e)
            {
                // A standby's address does as well: they are in the same network.
                failure ??= e;
            }
        }

        var (first, at) = servers[0];
        throw new DfuException(DfuError.DatabaseUnavailable, $"the database server {first}:{at} cannot be reached: {failure!.Message}", failure);
    }

    private static async Task<IPAddress> TowardsAsync(string host, int port, CancellationToken cancellationToken)
    {
        var addresses = await Dns.GetHostAddressesAsync(host, cancellationToken);
        var server = addresses.FirstOrDefault(static address => address.AddressFamily == AddressFamily.InterNetwork) ?? addresses[0];
        if (IPAddress.IsLoopback(server)) return IPAddress.Loopback;

        // Connecting a datagram socket sends nothing; it picks the address by the routes.
        using var socket = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(server, port, cancellationToken);
        return ((IPEndPoint)socket.LocalEndPoint!).Address;
    }
}
