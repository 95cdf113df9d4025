using System.Net;
using Dfu.Grains;
using Dfu.Grains.Connections;
using Dfu.Protocol.Errors;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Orleans.Configuration;
using Orleans.Messaging;

namespace Dfu.Client;

/// <summary>The cluster could not be connected to.</summary>
internal sealed class ClusterConnectionException(string message, Exception cause) : Exception(message, cause);

/// <summary>An Orleans client of its own, beside any that the program has; made with the first call.</summary>
internal sealed class ClusterConnection : IAsyncDisposable
{
    /// <summary>Of so many members that do not answer, one is asked after the other why.</summary>
    private const int MostAsked = 3;
    private readonly FleetClientOptions _options;
    private readonly TimeProvider _time;
    private readonly ILoggerFactory? _loggers;
    private readonly SemaphoreSlim _gate = new(1);
    private readonly ClusterTls? _tls;
    private ServiceProvider? _services;
    private bool _disposed;

    public ClusterConnection(FleetClientOptions options, TimeProvider time, ILoggerFactory? loggers)
    {
        if (options.ConnectionString is null == (options.Gateways.Count == 0))
            throw new DfuException(DfuError.InvalidArgument, "give either the cluster's connection string or the addresses of its gateways");
        (_options, _time, _loggers) = (options, time, loggers);
        _tls = options.Tls is { } files ? ClusterTls.Load(files, TlsRole.Client, time) : null;
        Place = options.ConnectionString is { } text ? Server(text) : string.Join(", ", options.Gateways);
    }

    /// <summary>For people: the gateways, or the database's server.</summary>
    public string Place { get; }

    /// <summary>What to tell the caller of an outage.</summary>
    public DfuException Explain(Exception outage)
    {
        for (var cause = outage; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case PostgresException { SqlState: PostgresErrorCodes.UndefinedTable }:
                    return new(DfuError.DatabaseNotInitialized, $"the database at {Place} has no tables of a cluster", outage);
                case PostgresException refusal:
                    return new(DfuError.DatabaseUnavailable, $"the cluster's database at {Place} refuses: {refusal.MessageText}", outage);
                case NpgsqlException failure:
                    return new(
                        DfuError.DatabaseUnavailable,
                        $"the cluster's database at {Place} cannot be reached: {(failure.InnerException ?? failure).Message}",
                        outage);
            }
        }

        return new(
            DfuError.ServerUnreachable,
            _options.ConnectionString is null ? $"no member of the cluster answers at {Place}" : $"no member of the cluster in the database at {Place} answers",
            outage);
    }

    /// <summary>A login, database or table that is not there does not come with time.</summary>
    public static bool IsHopeless(Exception outage)
    {
        for (var cause = outage; cause is not null; cause = cause.InnerException)
        {
            if (cause is PostgresException refusal) return refusal.SqlState[..2] is "28" or "3D" or "42";
        }

        return false;
    }

    /// <exception cref="ClusterConnectionException">No member answers.</exception>
    public async Task<IGrainFactory> GrainsAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(FleetClient));
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
            _disposed = true;
            if (_services is null)
            {
                _tls?.Dispose();
                return;
            }

            foreach (var service in _services.GetServices<IHostedService>().Reverse()) await service.StopAsync(CancellationToken.None);
            await _services.DisposeAsync();
            _services = null;
            _tls?.Dispose();
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

        // Orleans alone would wait for minutes for a gateway that takes the connection and says nothing.
        using var late = new CancellationTokenSource(_options.ConnectFor, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            foreach (var service in services.GetServices<IHostedService>()) await service.StartAsync(either.Token);
            return services;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            var refusal = cancellationToken.IsCancellationRequested ? null : await RefusalAsync(services, e, cancellationToken);
            await services.DisposeAsync();
            cancellationToken.ThrowIfCancellationRequested();
            throw refusal ?? (Exception)new ClusterConnectionException(e.Message, e);
        }
    }

    /// <summary>Whether it is the certificates that keep members and us apart: Orleans only says that nobody answers. It does not come with time.</summary>
    private async Task<DfuException?> RefusalAsync(ServiceProvider services, Exception outage, CancellationToken cancellationToken)
    {
        IList<Uri> gateways;
        try
        {
            gateways = await services.GetRequiredService<IGatewayListProvider>().GetGateways();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return null; // the outage says what is wrong with the database
        }

        foreach (var gateway in gateways.Take(MostAsked).Select(static uri => new IPEndPoint(IPAddress.Parse(uri.DnsSafeHost), uri.Port)))
        {
            if (await TlsProbe.WhyNotAsync(gateway, _tls, _time, cancellationToken) is { } why)
                return new(DfuError.CertificateRefused, $"the member at {gateway} cannot be talked to: {why}", outage);
        }

        return null;
    }

    private void Configure(IClientBuilder client)
    {
        client.AddActivityPropagation();
        client.Configure<ClusterOptions>(static options => (options.ClusterId, options.ServiceId) = (ClusterNames.Cluster, ClusterNames.Service));

        // A member that was killed is out of the list of gateways within seconds, and what it was asked is asked again.
        client.Configure<GatewayOptions>(static options => options.GatewayListRefreshPeriod = TimeSpan.FromSeconds(2));
        client.Configure<ClientMessagingOptions>(static options => options.ResponseTimeout = TimeSpan.FromSeconds(10));
        if (_tls is not null) client.UseClusterTls(_tls);
        if (_options.ConnectionString is { } text) client.UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = ("Npgsql", text));
        else client.UseStaticClustering([.. _options.Gateways]);
    }

    private static string Server(string connection)
    {
        try
        {
            var given = new NpgsqlConnectionStringBuilder(connection);
            if (string.IsNullOrWhiteSpace(given.Host)) throw new DfuException(DfuError.InvalidArgument, "the connection string names no Host");
            return string.Join(", ", given.Host.Split(',').Select(host => host.Contains(':', StringComparison.Ordinal) ? host : $"{host}:{given.Port}"));
        }
        catch (Exception e) when (e is ArgumentException or FormatException or KeyNotFoundException or InvalidCastException or OverflowException)
        {
            // Not what: it may be the end of a password that holds a semicolon.
            throw new DfuException(DfuError.InvalidArgument, "the connection string cannot be understood; a password with ; or = in it is put in quotes", e);
        }
    }
}
