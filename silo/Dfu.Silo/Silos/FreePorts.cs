using System.Net;
using System.Net.Sockets;
using Dfu.Protocol.Errors;

namespace Dfu.Silo.Silos;

internal static class FreePorts
{
    /// <summary>Orleans' listeners share their port with any other that does: that a port is taken must be found out before.</summary>
    /// <exception cref="DfuException">ListenFailed.</exception>
    public static void Check(IPAddress address, int port)
    {
        try
        {
            using var listener = new TcpListener(address, port);
            listener.Start();
        }
        catch (SocketException failure)
        {
            throw new DfuException(DfuError.ListenFailed, $"{new IPEndPoint(address, port)}: {failure.Message}", failure);
        }
    }

    /// <summary>Ports nobody listens on at this moment, all different.</summary>
    /// <exception cref="DfuException">ListenFailed: the address is not this host's.</exception>
    public static int[] Take(IPAddress address, int count)
    {
        var held = new List<TcpListener>();
        try
        {
            for (var i = 0; i < count; i++)
            {
                var listener = new TcpListener(address, 0);
                held.Add(listener);
                listener.Start();
            }

            return [.. held.Select(static listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        }
        catch (SocketException failure)
        {
            throw new DfuException(DfuError.ListenFailed, $"{address}: {failure.Message}", failure);
        }
        finally
        {
            foreach (var listener in held) listener.Dispose();
        }
    }
}
