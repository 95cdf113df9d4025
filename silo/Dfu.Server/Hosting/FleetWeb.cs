using System.Net;
using System.Net.Sockets;
using Dfu.Fleet.Access;
using Dfu.Grains;
using Dfu.Protocol.Errors;
using Dfu.Server.Api;
using Dfu.Server.Console;
using Dfu.Server.Health;
using Dfu.Server.Live;
using Dfu.Server.Security;
using Dfu.Silo.Serve;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Dfu.Server.Hosting;

/// <summary>The web server of a member: the HTTP API and the console, in the silo's process.</summary>
public sealed class FleetWeb : IServedBeside
{
    /// <summary>Requests under way may take so long to end when the member stops; event streams end at once.</summary>
    private static readonly TimeSpan LongestStop = TimeSpan.FromSeconds(5);

    private readonly WebApplication _app;

    private FleetWeb(WebApplication app) => _app = app;

    /// <summary>Where it listens, with the ports it took.</summary>
    public IReadOnlyList<Uri> Urls { get; private set; } = [];

    public Uri Url => Urls[0];

    internal IServiceProvider Services => _app.Services;

    /// <summary>Returns when it listens.</summary>
    /// <exception cref="DfuException">ListenFailed: a port that was given is taken, or the address is not this host's.</exception>
    public static async Task<FleetWeb> StartAsync(WebSettings settings, ServedSilo silo, TimeProvider time, CancellationToken cancellationToken)
    {
        Listening.Check(settings, Certificate(settings, silo));
        if (settings.Urls.Count > 0) return await StartAsync(settings, settings.Urls, silo, time, cancellationToken);
        try
        {
            return await StartAsync(settings, [Loopback(WebSettings.UsualPort)], silo, time, cancellationToken);
        }
        catch (DfuException e) when (e.Error == DfuError.ListenFailed)
        {
            return await StartAsync(settings, [Loopback(0)], silo, time, cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private static Uri Loopback(int port) => new UriBuilder(Uri.UriSchemeHttp, IPAddress.Loopback.ToString(), port).Uri;

    private static async Task<FleetWeb> StartAsync(
        WebSettings settings, IReadOnlyList<Uri> urls, ServedSilo silo, TimeProvider time, CancellationToken cancellationToken)
    {
        var app = Build(settings, urls, silo, time);
        var web = new FleetWeb(app);
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            await app.DisposeAsync();
            var cause = e.InnerException is AddressInUseException or SocketException ? e.InnerException.Message : e.Message;
            throw new DfuException(DfuError.ListenFailed, $"{string.Join(", ", urls)}: {cause.TrimEnd('.')}", e) { Remedy = "Give other addresses by --urls." };
        }

        var addresses = app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses;
        web.Urls = [.. addresses.Select(static address => Listening.Shown(new(address)))];
        settings.Listens(web.Urls[0]);
        return web;
    }

    private static WebCertificateFiles? Certificate(WebSettings settings, ServedSilo silo) =>
        settings.Certificate ?? (silo.Settings.Tls is { } own ? WebCertificateFiles.Of(own) : null);

    private static WebApplication Build(WebSettings settings, IReadOnlyList<Uri> urls, ServedSilo silo, TimeProvider time)
    {
        RequestSpans.Describe();
        var builder = WebApplication.CreateEmptyBuilder(new() { ApplicationName = typeof(FleetWeb).Assembly.GetName().Name });
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration();
        builder.Logging.ClearProviders();
        builder.Logging.SetMinimumLevel(silo.Least);
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning); // below that it writes query strings
        builder.Logging.AddFilter("Microsoft.AspNetCore.Antiforgery", LogLevel.None); // of cookies from before a restart, with a stack
        builder.Logging.AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error); // its files are this user's alone
        builder.Logging.AddProvider(silo.Log);
        builder.Environment.WebRootFileProvider = new EmbeddedFiles(typeof(FleetWeb).Assembly);
        var services = builder.Services;
        services.AddRouting();
        services.Configure<HostOptions>(static options => options.ShutdownTimeout = LongestStop);
        services.AddSingleton(settings);
        services.AddSingleton(silo);
        services.AddSingleton(time);
        services.AddSingleton(silo.Grains);
        services.AddSingleton<IFleetServer>(new GrainServer(silo.Grains, time));
        services.AddLiveFeeds();
        services.AddReadiness(silo, time);
        services.AddFleetSecurity(silo.DataDirectory);
        services.AddFleetApi();
        services.AddFleetConsole();
        if (settings.OrleansDashboard) OrleansDashboard.AddTo(services);

        if (Certificate(settings, silo) is { } files)
            services.AddSingleton(provider => new WebCertificate(files, time, provider.GetRequiredService<ILogger<WebCertificate>>()));
        services.AddOptions<KestrelServerOptions>().Configure<IServiceProvider>((options, provider) =>
            Listening.Set(options, urls, provider.GetService<WebCertificate>()));

        var app = builder.Build();
        app.UseRequestSpans();
        app.UseFleetBorder();
        app.UseStaticFiles();
        app.UseApiProblems();
        app.UseRouting();
        app.UseFleetSecurity();
        app.MapSignIn();
        app.MapHealth();
        app.MapFleetApi();
        app.MapFleetConsole();
        settings.Metrics?.Map(app);
        if (settings.OrleansDashboard) OrleansDashboard.Map(app);
        return app;
    }
}
