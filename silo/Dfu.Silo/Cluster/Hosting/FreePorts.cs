using System.Net;
using System.Net.Sockets;

namespace Dfu.Silo.Cluster.Hosting;

internal static class FreePorts
{
    /// <summary>Ports nobody listens on at this moment, all different.</summary>
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
        finally
        {
            foreach (var listener in held) listener.Dispose();
        }
    }
}
