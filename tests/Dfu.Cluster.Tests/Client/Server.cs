using System.Collections.Concurrent;
using System.Net;
using Dfu.Client;
using Dfu.Cluster.Tests.Support;
using Dfu.Grains.Connections;
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

    private Server(
        string? connection, string name, string[] adapters, Func<ServerSettings, ServerSettings> with, TimeProvider time, out Task<IPEndPoint> ready)
    {
        var gateway = new TaskCompletionSource<IPEndPoint>(TaskCreationOptions.RunContinuationsAsynchronously);
        ready = gateway.Task;
        _running = FleetServer.RunAsync(
            with(new()
            {
                Name = name,
                DataDirectory = _directory.Path,
                Adapters = AdapterSpec.ParseAll(adapters),
                Connection = connection,
                Ready = gateway.SetResult,
                Say = Said.Enqueue,
            }),
            time,
            _stop.Token);
    }

    public IPEndPoint Gateway { get; private set; } = null!;

    /// <summary>What its operator was told.</summary>
    public ConcurrentQueue<string> Said { get; } = [];

    /// <param name="connection">PostgreSQL; null serves alone.</param>
    public static Task<Server> StartAsync(string? connection, string name, params string[] adapters) =>
        StartAsync(connection, name, static settings => settings, TimeProvider.System, adapters);

    /// <param name="with">Other settings than the usual ones.</param>
    public static async Task<Server> StartAsync(
        string? connection, string name, Func<ServerSettings, ServerSettings> with, TimeProvider time, params string[] adapters)
    {
        var server = new Server(connection, name, adapters, with, time, out var ready);
        if (await Task.WhenAny(ready, server._running).WaitAsync(LongestStart, TimeProvider.System) != ready) await server.DisposeAsync();
        server.Gateway = await ready;
        return server;
    }

    public FleetClient Client(TlsFiles? tls = null, TimeProvider? time = null)
    {
        var options = new FleetClientOptions { ViewEvery = TimeSpan.FromSeconds(0.1), Tls = tls };
        options.Gateways.Add(Gateway);
        return new(options, time);
    }

    /// <summary>Returns when its operator was told this.</summary>
    public async Task ToldAsync(string text)
    {
        var begin = TimeProvider.System.GetTimestamp();
        while (!Said.Any(line => line.Contains(text, StringComparison.Ordinal)))
        {
            if (TimeProvider.System.GetElapsedTime(begin) > LongestStart) Assert.Fail($"not told: {text}\n{string.Join('\n', Said)}");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }

    /// <summary>Fails with what its operator was told of somebody who is refused. That something is slow may be told.</summary>
    public void KeptNobodyOut()
    {
        var told = Said.Where(static line => line.Contains("refused a connection", StringComparison.Ordinal)
            || line.Contains("cannot talk to", StringComparison.Ordinal));
        Assert.True(!told.Any(), string.Join('\n', told));
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
