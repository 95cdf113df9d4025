using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;

namespace Dfu.Cluster.Tests.Support;

/// <summary>A silo in this process on free ports of the loopback.</summary>
internal static class LocalSilo
{
    public static IHost Build(string name, Action<ISiloBuilder> configure) => new HostBuilder().UseOrleans(silo =>
    {
        var (port, gateway) = FreePorts();
        silo.Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = ("test", "test"));
        silo.Configure<SiloOptions>(options => options.SiloName = name);
        silo.ConfigureEndpoints(IPAddress.Loopback, port, gateway);
        configure(silo);
    }).Build();

    public static async Task<IHost> StartAsync(string name, Action<ISiloBuilder> configure)
    {
        var host = Build(name, configure);
        try
        {
            await host.StartAsync();
            return host;
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }

    /// <summary>Alone, with storage of the test's choice.</summary>
    public static Task<IHost> StartAloneAsync(Action<ISiloBuilder> configure) => StartAsync("alone", silo =>
    {
        var (port, gateway) = FreePorts();
        silo.UseLocalhostClustering(port, gateway, serviceId: "test", clusterId: "test");
        configure(silo);
    });

    private static (int First, int Second) FreePorts()
    {
        using TcpListener one = new(IPAddress.Loopback, 0), other = new(IPAddress.Loopback, 0);
        one.Start();
        other.Start();
        return (((IPEndPoint)one.LocalEndpoint).Port, ((IPEndPoint)other.LocalEndpoint).Port);
    }
}
