using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Dfu.Adapters.Bridge.Server;
using Dfu.Adapters.Simulated;
using Dfu.Adapters.Simulated.Time;
using Dfu.Protocol.Errors;
using Dfu.Silo.Storage.Files;
using Dfu.Silo.Telemetry;
using Microsoft.Extensions.Logging;

namespace Dfu.Silo.Simulation;

/// <summary>Virtual devices in a process of their own, served over the bridge: what <c>dfu simulate</c> runs.</summary>
public sealed class Simulator : IAsyncDisposable
{
    private static readonly TimeSpan SaveEvery = TimeSpan.FromSeconds(0.5);
    private readonly List<BridgeServer> _servers = [];
    private readonly IReadOnlyList<IPEndPoint> _listen;
    private readonly TimeProvider _real;
    private readonly SimulatedAir _air;
    private readonly SimulationSettings _settings;
    private readonly TimeProvider _airTime;
    private readonly List<AdapterPool> _pools = [];
    private readonly DataDirectory? _directory;
    private readonly StateDirectory? _state;
    private LineLog? _log;

    /// <param name="listen">Each is an address of its own onto the same devices; port 0 takes a free one.</param>
    /// <param name="state">Where the devices' flash and counts outlive this process; null keeps nothing.</param>
    /// <exception cref="DfuException">DataDirectoryInUse or DataDirectoryUnusable.</exception>
    public Simulator(SimulationSettings settings, IReadOnlyList<IPEndPoint> listen, string? state, TimeProvider real)
    {
        (_listen, _real, _settings) = (listen, real, settings);
        _airTime = settings.TimeScale == 1 ? real : new ScaledTime(settings.TimeScale, real);
        _air = new SimulatedAir(_airTime, settings.Link, settings.Seed);
        try
        {
            if (state is not null)
            {
                _directory = DataDirectory.Open(state, real);
                _state = new StateDirectory(_directory.Path);
            }

            settings.Populate(_air, Add);
        }
        catch
        {
            _directory?.Dispose();
            _air.Dispose();
            throw;
        }
    }

    /// <summary>When which radios are dead.</summary>
    public IReadOnlyList<Outage> Outages { get; init; } = [];

    /// <summary>From which level on <see cref="Say"/> is told.</summary>
    public LogLevel LogLevel { get; init; } = LogLevel.Warning;

    /// <summary>Gets a line for what is logged.</summary>
    public Action<string> Say { get; init; } = static _ => { };

    /// <returns>The addresses in force, in the order they were given.</returns>
    /// <exception cref="DfuException">ListenFailed.</exception>
    public async Task<IReadOnlyList<IPEndPoint>> StartAsync(CancellationToken cancellationToken)
    {
        _log = new(Say, LogLevel, _real);
        Save();
        var bound = new List<IPEndPoint>();
        for (var i = 0; i < _listen.Count; i++)
        {
            _pools.Add(new AdapterPool(_air, $"simulated{i + 1}", _settings.Adapter));
            var server = new BridgeServer(_pools[i].OpenAsync, _listen[i], _real);
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

        _log.Host.Simulates(string.Join(' ', bound));
        return bound;
    }

    /// <summary>Serves until told to stop, then ends every link in order and writes the devices' state once more.</summary>
    /// <exception cref="DfuException">DataDirectoryUnusable: the state can no longer be written.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var others = Outages.Select(outage => DieAsync(outage, ended.Token)).Append(_settings.ArriveAsync(Add, _airTime, ended.Token)).ToArray();
        using var timer = new PeriodicTimer(SaveEvery, _real);
        try
        {
            while (await timer.WaitForNextTickAsync(stop))
            {
                Save();
                foreach (var failed in others.Where(static other => other.IsFaulted)) await failed;
            }
        }
        catch (OperationCanceledException)
        {
            foreach (var server in _servers) await server.StopAsync();
            Save();
        }
        finally
        {
            ended.Cancel();
            await Task.WhenAll(others).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers) await server.DisposeAsync();
        _air.Dispose();
        _directory?.Dispose();
        _log?.Dispose();
    }

    private void Add(VirtualDeviceOptions options)
    {
        if (_state is null)
        {
            _air.Add(options);
            return;
        }

        try
        {
            _state.Add(_air, options);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new DfuException(DfuError.DataDirectoryUnusable, $"the state of {options.ApplicationAddress} cannot be read: {failure.Message}", failure);
        }
    }

    private async Task DieAsync(Outage outage, CancellationToken cancellationToken)
    {
        await Task.Delay(outage.From, _real, cancellationToken);
        _pools[outage.Stream - 1].Kill();
        await Task.Delay(outage.To - outage.From, _real, cancellationToken);
        _pools[outage.Stream - 1].Revive();
    }

    private void Save()
    {
        try
        {
            _state?.Save(_air);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new DfuException(DfuError.DataDirectoryUnusable, $"the state of the devices cannot be written: {failure.Message}", failure);
        }
    }
}
