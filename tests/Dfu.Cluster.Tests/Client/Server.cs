using System.Net;
using Dfu.Client;
using Dfu.Cluster.Tests.Support;
using Dfu.Silo.Adapters;
using Dfu.Silo.Serve;

namespace Dfu.Cluster.Tests.Client;

/// <summary>What <c>dfu serve</c> runs, in this process.</summary>
internal sealed class Server : IAsyncDisposable
{
    private static readonly TimeSpan LongestStart = TimeSpan.FromSeconds(60);
    private readonly TemporaryDirectory _directory = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    private Server(string? connection, string name, string[] adapters, out Task<IPEndPoint> ready)
    {
        var gateway = new TaskCompletionSource<IPEndPoint>(TaskCreationOptions.RunContinuationsAsynchronously);
        ready = gateway.Task;
        _running = FleetServer.RunAsync(
            new()
            {
                Name = name,
                DataDirectory = _directory.Path,
                Adapters = AdapterSpec.ParseAll(adapters),
                Connection = connection,
                Ready = gateway.SetResult,
            },
            TimeProvider.System,
            _stop.Token);
    }

    public IPEndPoint Gateway { get; private set; } = null!;

    /// <param name="connection">PostgreSQL; null serves alone.</param>
    public static async Task<Server> StartAsync(string? connection, string name, params string[] adapters)
    {
        var server = new Server(connection, name, adapters, out var ready);
        if (await Task.WhenAny(ready, server._running).WaitAsync(LongestStart, TimeProvider.System) != ready) await server.DisposeAsync();
        server.Gateway = await ready;
        return server;
    }

    public FleetClient Client()
    {
        var options = new FleetClientOptions { ViewEvery = TimeSpan.FromSeconds(0.1) };
        options.Gateways.Add(Gateway);
        return new(options);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        try
        {
            await _running;
        }
        finally
        {
            _stop.Dispose();
            _directory.Dispose();
        }
    }
}
