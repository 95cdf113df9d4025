using Dfu.Grains;
using Dfu.Protocol.Errors;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Orleans.Configuration;

namespace Dfu.Client;

/// <summary>The cluster could not be connected to.</summary>
internal sealed class ClusterConnectionException(string message, Exception cause) : Exception(message, cause);

/// <summary>An Orleans client of its own, beside any that the program has; made with the first call.</summary>
internal sealed class ClusterConnection : IAsyncDisposable
{
    private readonly FleetClientOptions _options;
    private readonly ILoggerFactory? _loggers;
    private readonly SemaphoreSlim _gate = new(1);
    private ServiceProvider? _services;

    public ClusterConnection(FleetClientOptions options, ILoggerFactory? loggers)
    {
        if (options.ConnectionString is null == (options.Gateways.Count == 0))
            throw new DfuException(DfuError.InvalidArgument, "give either the cluster's connection string or the addresses of its gateways");
        (_options, _loggers) = (options, loggers);
        Place = options.ConnectionString is { } text ? Server(text) : string.Join(", ", options.Gateways);
    }

    /// <summary>For people.</summary>
    public string Place { get; }

    /// <exception cref="ClusterConnectionException">No member answers.</exception>
    public async Task<IGrainFactory> GrainsAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            _services ??= await ConnectAsync(cancellationToken);
            return _services.GetRequiredService<IClusterClient>();
        }
        finally
        {
            _gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _gate.WaitAsync();
        try
        {
            if (_services is null) return;
            foreach (var service in _services.GetServices<IHostedService>().Reverse()) await service.StopAsync(CancellationToken.None);
            await _services.DisposeAsync();
            _services = null;
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task<ServiceProvider> ConnectAsync(CancellationToken cancellationToken)
    {
        var collection = new ServiceCollection();
        collection.AddLogging();
        if (_loggers is not null) collection.AddSingleton(_loggers);
        collection.AddOrleansClient(Configure);
        var services = collection.BuildServiceProvider();
        try
        {
            foreach (var service in services.GetServices<IHostedService>()) await service.StartAsync(cancellationToken);
            return services;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            await services.DisposeAsync();
            cancellationToken.ThrowIfCancellationRequested();
            throw new ClusterConnectionException(e.Message, e);
        }
    }

    private void Configure(IClientBuilder client)
    {
        client.AddActivityPropagation();
        client.Configure<ClusterOptions>(static options => (options.ClusterId, options.ServiceId) = (ClusterNames.Cluster, ClusterNames.Service));

        // A member that was killed is out of the list of gateways within seconds.
        client.Configure<GatewayOptions>(static options => options.GatewayListRefreshPeriod = TimeSpan.FromSeconds(5));
        if (_options.ConnectionString is { } text) client.UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = ("Npgsql", text));
        else client.UseStaticClustering([.. _options.Gateways]);
    }

    private static string Server(string connection)
    {
        try
        {
            var given = new NpgsqlConnectionStringBuilder(connection);
            return $"{given.Host}:{given.Port}";
        }
        catch (ArgumentException e)
        {
            throw new DfuException(DfuError.InvalidArgument, $"the connection string cannot be understood: {e.Message}", e);
        }
    }
}
