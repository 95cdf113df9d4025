using System.Net;
using Dfu.Fleet;
using Dfu.Fleet.Peers;
using Dfu.Grains;
using Dfu.Grains.Adapters;
using Dfu.Grains.Connections;
using Dfu.Grains.Retention;
using Dfu.Protocol.Timing;
using Dfu.Silo.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

namespace Dfu.Silo.Silos;

/// <summary>What a silo is made of.</summary>
internal sealed record FleetSiloSettings
{
    public required FleetHost Host { get; init; }

    /// <summary>Silos of one cluster have the same.</summary>
    public required string ClusterId { get; init; }

    /// <summary>Says who the members are and where state is kept.</summary>
    public required Action<ISiloBuilder, IPEndPoint> Cluster { get; init; }

    /// <summary>Where other silos and clients reach this one, and nobody else does.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>0 takes a free one.</summary>
    public int SiloPort { get; init; }

    /// <summary>For clients; 0 takes a free one, null has none.</summary>
    public int? GatewayPort { get; init; }

    /// <summary>By which other silos and clients are told from strangers; null takes whoever connects.</summary>
    public ClusterTls? Tls { get; init; }

    /// <summary>Gets what Orleans and the grains log; null is nobody.</summary>
    public LineLog? Log { get; init; }
}

/// <summary>An Orleans silo in this process, with the grains of the fleet and the radios of this host.</summary>
internal sealed class FleetSilo : IAsyncDisposable
{
    /// <summary>How long attempts may take to report their end, and then the silo to leave its cluster.</summary>
    public static readonly TimeSpan AdapterStopTimeout = TimeSpan.FromSeconds(20);
    public static readonly TimeSpan SiloStopTimeout = TimeSpan.FromSeconds(10);

    /// <summary>The same when no grain can save any more, and then there is nothing to wait for.</summary>
    public static readonly TimeSpan BrokenStopTimeout = TimeSpan.FromSeconds(1);

    private readonly FleetSiloSettings _settings;
    private readonly IHost _host;
    private readonly HeldPorts _ports;
    private readonly TimeProvider _real;
    private bool _started;

    private FleetSilo(FleetSiloSettings settings, IHost host, HeldPorts ports, TimeProvider real) =>
        (_settings, _host, _ports, _real) = (settings, host, ports, real);

    public IServiceProvider Services => _host.Services;

    public IGrainFactory Grains => _host.Services.GetRequiredService<IGrainFactory>();

    public IEnumerable<IAdapterGrain> Adapters =>
        _settings.Host.Sources.Select(source => Grains.GetGrain<IAdapterGrain>(AdapterId.Of(_settings.Host.Silo, source.Id)));

    /// <summary>Other silos connect here.</summary>
    public IPEndPoint Endpoint => new(_settings.Address, _settings.SiloPort);

    /// <summary>Clients connect here; null when there is no gateway.</summary>
    public IPEndPoint? Gateway => _settings.GatewayPort is { } port ? new(_settings.Address, port) : null;

    /// <summary>Makes the silo; nothing runs yet.</summary>
    /// <exception cref="Dfu.Protocol.Errors.DfuException">ListenFailed: a port that was given is taken, or the address is not this host's.</exception>
    public static FleetSilo Build(FleetSiloSettings settings, TimeProvider real)
    {
        settings.Host.Times.Validate(settings.Host.Policy);
        var ports = new HeldPorts();
        try
        {
            settings = settings with
            {
                SiloPort = ports.Hold(settings.Address, settings.SiloPort).Port,
                GatewayPort = settings.GatewayPort is { } gateway ? ports.Hold(settings.Address, gateway).Port : null,
            };
            var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "dfu", DisableDefaults = true });
            builder.Services.AddSingleton<IHostLifetime, CallerLifetime>();
            builder.Logging.ClearProviders();
            builder.Logging.SetMinimumLevel(settings.Log?.Least ?? LogLevel.None);
            if (settings.Log is { } log) builder.Logging.AddProvider(log);
            builder.UseOrleans(silo => Configure(silo, settings, ports));
            return new FleetSilo(settings, builder.Build(), ports, real);
        }
        catch
        {
            ports.Dispose();
            throw;
        }
    }

    /// <summary>Returns when the silo is a member of its cluster; no radio is open yet.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (_started) return;
        await _host.StartAsync(cancellationToken);
        _started = true;
    }

    /// <summary>Opens the radios of a host that does not open them at the start.</summary>
    public void OpenAdapters() => _host.Services.GetRequiredService<AdapterWaker>().Start();

    /// <summary>How the first opening of a radio went, however long it takes.</summary>
    public static async Task<AdapterOpening> OpenedAsync(IAdapterGrain adapter)
    {
        while (true)
        {
            try
            {
                return await adapter.OpenedAsync();
            }
            catch (TimeoutException)
            {
                // A call has a time limit, an opening a longer one.
            }
        }
    }

    /// <inheritdoc cref="AdapterWaker.DrainAsync"/>
    public Task<int> DrainAsync(TimeSpan atMost, Action<int> waits) => _host.Services.GetRequiredService<AdapterWaker>().DrainAsync(atMost, waits);

    /// <summary>Radios first, so that every attempt reports its end; then the silo leaves its cluster.</summary>
    public async Task StopAsync(TimeSpan? timeout = null)
    {
        if (!_started) return;
        _started = false;
        await StopAdaptersAsync(AdapterStopTimeout);
        var limit = timeout ?? SiloStopTimeout;
        using var late = new CancellationTokenSource(limit, _real);
        await WithinAsync(_host.StopAsync(late.Token), limit + BrokenStopTimeout);
    }

    /// <summary>Interrupts every attempt and closes the radios.</summary>
    public async Task StopAdaptersAsync(TimeSpan timeout)
    {
        using var late = new CancellationTokenSource(timeout, _real);
        await _host.Services.GetRequiredService<AdapterWaker>().StopAsync(late.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        var disposing = Task.Run(async () =>
        {
            if (_host is IAsyncDisposable disposable) await disposable.DisposeAsync();
            else _host.Dispose();
        });

        await WithinAsync(disposing, BrokenStopTimeout);
        _ports.Dispose();
    }

    /// <summary>Orleans ends for minutes, whatever it is told, when what it wants to write to is gone. The caller ends the process after the silo.</summary>
    private async Task WithinAsync(Task ending, TimeSpan limit)
    {
        try
        {
            await ending.WithinAsync(limit, _real, CancellationToken.None);
        }
        catch (TimeoutException) when (!ending.IsCompleted)
        {
            // It goes on behind us.
        }
    }

    private static void Configure(ISiloBuilder silo, FleetSiloSettings settings, HeldPorts ports)
    {
        ports.GiveTo(silo.Services);
        var endpoint = new IPEndPoint(settings.Address, settings.SiloPort);
        silo.Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (settings.ClusterId, ClusterNames.Service));
        silo.Configure<SiloOptions>(options => options.SiloName = settings.Host.Silo);
        silo.Configure<EndpointOptions>(options =>
        {
            (options.AdvertisedIPAddress, options.SiloPort, options.GatewayPort) = (settings.Address, settings.SiloPort, settings.GatewayPort ?? 0);
            options.SiloListeningEndpoint = endpoint;
            if (settings.GatewayPort is { } gateway) options.GatewayListeningEndpoint = new(settings.Address, gateway);
        });
        settings.Cluster(silo, endpoint);
        if (settings.Tls is { } tls) silo.UseClusterTls(tls);
        silo.Services.AddSingleton(settings.Host);
        silo.Services.AddSingleton<IFatalErrorHandler, DeadMember>();
        silo.AddAdapterGrains();
        silo.Services.AddSingleton<RetentionHost>();
        silo.AddActivityPropagation();

        // Orleans' own default puts all grains where there is most room, so that a dead silo may take everything with it.
        silo.Services.AddSingleton<PlacementStrategy, RandomPlacement>();
    }

    /// <summary>The command has its own signals, and decides when the silo stops.</summary>
    private sealed class CallerLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
