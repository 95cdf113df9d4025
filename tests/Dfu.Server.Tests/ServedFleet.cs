using System.Collections.Concurrent;
using Dfu.Fleet.Access;
using Dfu.Grains;
using Dfu.Server.Hosting;
using Dfu.Silo.Adapters;
using Dfu.Silo.Serve;

namespace Dfu.Server.Tests;

/// <summary>What <c>dfu serve</c> runs, in this process: a silo with a virtual farm, and its web server on a free port of this machine.</summary>
public sealed class ServedFleet : IAsyncDisposable
{
    /// <summary>Two adapters and six devices in application mode, which take a small package in a tenth of a second each.</summary>
    public const string Farm = "sim:adapters=2,devices=6,mode=app,time-scale=50,seed=7";

    private static readonly TimeSpan LongestStart = TimeSpan.FromSeconds(60);
    private readonly DirectoryInfo? _owned;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;
    private FleetWeb? _web;
    private ServedSilo? _silo;

    private ServedFleet(
        string? directory, string farm, Func<WebSettings, WebSettings> web, Func<ServerSettings, ServerSettings> with, out Task ready)
    {
        _owned = directory is null ? Directory.CreateTempSubdirectory("dfu-served-") : null;
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        ready = started.Task;
        _running = FleetServer.RunAsync(
            with(new()
            {
                Name = "station",
                DataDirectory = directory ?? _owned!.FullName,
                Adapters = AdapterSpec.ParseAll([farm]),
                Beside = async (silo, stop) =>
                {
                    _silo = silo;
                    return _web = await FleetWeb.StartAsync(web(new() { Urls = [new("http://127.0.0.1:0")] }), silo, TimeProvider.System, stop);
                },
                Ready = _ => started.SetResult(),
                Say = Said.Enqueue,
            }),
            TimeProvider.System,
            _stop.Token);
    }

    public Uri Url => _web!.Urls[0];

    internal FleetWeb Web => _web!;

    public ServedSilo Silo => _silo!;

    /// <summary>The fleet without HTTP, to see what became of it.</summary>
    public IFleetServer Fleet => new GrainServer(Silo.Grains, TimeProvider.System);

    /// <summary>What the server's operator was told.</summary>
    public ConcurrentQueue<string> Said { get; } = [];

    /// <summary>Without cookies, and without following redirections.</summary>
    public HttpClient Http { get; private set; } = null!;

    /// <param name="farm">As <c>--adapter</c> takes it.</param>
    /// <param name="directory">Keeps the fleet over a restart; null is one that goes with the server.</param>
    /// <param name="with">Other settings of the silo than the usual ones.</param>
    public static async Task<ServedFleet> StartAsync(
        string farm = Farm,
        Func<WebSettings, WebSettings>? web = null,
        string? directory = null,
        Func<ServerSettings, ServerSettings>? with = null)
    {
        var served = new ServedFleet(directory, farm, web ?? (static settings => settings), with ?? (static settings => settings), out var ready);
        if (await Task.WhenAny(ready, served._running).WaitAsync(LongestStart, TimeProvider.System) != ready) await served.DisposeAsync();
        await ready;
        served.Http = new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = served.Url };
        return served;
    }

    /// <summary>Ends when the server has stopped.</summary>
    public Task Running => _running;

    /// <summary>Tells it to stop, as a signal would, and does not wait for that.</summary>
    public void Stop() => _stop.Cancel();

    /// <summary>Stops as a signal would stop it.</summary>
    public async ValueTask DisposeAsync()
    {
        Http?.Dispose();
        await _stop.CancelAsync();
        try
        {
            await _running;
        }
        finally
        {
            _stop.Dispose();
            _owned?.Delete(true);
        }
    }
}

/// <summary>One server for all tests of <see cref="Name"/>: what they do must not be in each other's way.</summary>
public sealed class SharedFleet : IAsyncLifetime
{
    public const string Name = "served fleet";

    public ServedFleet Served { get; private set; } = null!;

    public async Task InitializeAsync() => Served = await ServedFleet.StartAsync();

    public async Task DisposeAsync() => await Served.DisposeAsync();
}

[CollectionDefinition(SharedFleet.Name)]
public sealed class SharedFleetCollection : ICollectionFixture<SharedFleet>;
