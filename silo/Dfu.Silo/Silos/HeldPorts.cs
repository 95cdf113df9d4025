using System.Net;
using System.Net.Sockets;
using Dfu.Protocol.Errors;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Dfu.Silo.Silos;

/// <summary>
/// The ports of a silo, taken before it is made and never let go: Orleans listens on the very sockets that are held here. Its own listeners
/// would share their port with any other that does.
/// </summary>
internal sealed class HeldPorts : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<IPEndPoint, Socket> _held = [];

    /// <summary>Takes a port for this silo alone.</summary>
    /// <param name="port">0 takes a free one.</param>
    /// <exception cref="DfuException">ListenFailed: the port is taken, or the address is not this host's.</exception>
    public IPEndPoint Hold(IPAddress address, int port)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            // A member that lost its network without a word is found out although nothing is sent to it; accepted sockets inherit this.
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.Bind(new IPEndPoint(address, port));
            socket.Listen();
            var endpoint = (IPEndPoint)socket.LocalEndPoint!;
            lock (_gate) _held.Add(endpoint, socket);
            return endpoint;
        }
        catch (SocketException failure)
        {
            socket.Dispose();
            var where = port == 0 ? $"{address}" : $"{new IPEndPoint(address, port)}";
            throw new DfuException(DfuError.ListenFailed, $"{where}: {failure.Message}", failure);
        }
    }

    /// <summary>Has Orleans listen on what is held.</summary>
    public void GiveTo(IServiceCollection services)
    {
        var own = services.Where(static service => service.IsKeyedService && service.ServiceType == typeof(IConnectionListenerFactory)).ToArray();
        if (own.Length == 0) throw new InvalidOperationException("this Orleans makes its listeners in a way that is not known here");
        foreach (var listener in own)
        {
            services.Remove(listener);
            services.AddKeyedSingleton<IConnectionListenerFactory>(listener.ServiceKey, (provider, _) => new SocketTransportFactory(
                Options.Create(new SocketTransportOptions { CreateBoundListenSocket = Take }),
                provider.GetRequiredService<ILoggerFactory>()));
        }
    }

    /// <summary>Lets go of what no listener took.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var socket in _held.Values) socket.Dispose();
            _held.Clear();
        }
    }

    private Socket Take(EndPoint endpoint)
    {
        lock (_gate)
            return _held.Remove((IPEndPoint)endpoint, out var socket) ? socket : throw new InvalidOperationException($"{endpoint} is not held");
    }
}
