using System.Net;
using System.Net.Sockets;
using Dfu.Adapters.Bridge.Server;
using Dfu.Adapters.Simulated;
using Dfu.Adapters.Simulated.Time;
using Dfu.Protocol.Errors;

namespace Dfu.Silo.Simulation;

/// <summary>Virtual devices in a process of their own, served over the bridge: what <c>dfu simulate</c> runs.</summary>
public sealed class Simulator : IAsyncDisposable
{
    private readonly SimulatedAir _air;
    private readonly DeviceStore? _store;
    private readonly List<BridgeServer> _servers = [];
    private readonly IReadOnlyList<IPEndPoint> _listen;
    private readonly TimeProvider _real;

    /// <param name="listen">Each is an address of its own onto the same devices; port 0 takes a free one.</param>
    /// <param name="stateDirectory">Where the devices' flash and counts survive this process; null keeps nothing.</param>
    /// <exception cref="DfuException">DataDirectoryInUse or DataDirectoryUnusable.</exception>
    public Simulator(SimulationSettings settings, IReadOnlyList<IPEndPoint> listen, string? stateDirectory, TimeProvider real)
    {
        (_listen, _real) = (listen, real);
        _air = new SimulatedAir(settings.TimeScale == 1 ? real : new ScaledTime(settings.TimeScale, real), settings.Link, settings.Seed);
        var options = Enumerable.Range(0, settings.Devices).Select(settings.Device);
        if (stateDirectory is null)
        {
            foreach (var device in options) _air.Add(device);
        }
        else
        {
            _store = DeviceStore.Open(stateDirectory, _air, options, real);
        }
    }

    /// <returns>The addresses in force, in the order they were given.</returns>
    /// <exception cref="DfuException">ListenFailed.</exception>
    public async Task<IReadOnlyList<IPEndPoint>> StartAsync(CancellationToken cancellationToken)
    {
        var bound = new List<IPEndPoint>();
        for (var i = 0; i < _listen.Count; i++)
        {
            var radios = new RadioPool(_air, $"simulated{i + 1}");
            var server = new BridgeServer(radios.OpenAsync, _listen[i], _real);
            try
            {
                bound.Add(await server.StartAsync(cancellationToken));
            }
            catch (SocketException failure)
            {
                throw new DfuException(DfuError.ListenFailed, $"{_listen[i]}: {failure.Message}", failure);
            }

            _servers.Add(server);
        }

        return bound;
    }

    /// <summary>Serves until told to stop.</summary>
    /// <exception cref="DfuException">DataDirectoryUnusable when the devices' state can no longer be written.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
        var saving = (_store is null ? null : DeviceStore.RunAsync(stop)) ?? Task.Delay(Timeout.InfiniteTimeSpan, _real, stop);
        try
        {
            await saving;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers) await server.DisposeAsync();
        _store?.Dispose();
        _air.Dispose();
    }
}
