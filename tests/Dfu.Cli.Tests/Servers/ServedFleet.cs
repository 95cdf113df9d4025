using System.Net;
using System.Text.Json;
using Dfu.Cli.Tests.Commands;
using Dfu.Silo.Adapters;
using Dfu.Silo.Serve;

namespace Dfu.Cli.Tests.Servers;

/// <summary>What <c>dfu serve</c> runs, in this process, in a folder of its own; and commands to it.</summary>
public class ServedFleet : IAsyncLifetime, IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    public string Folder { get; } = Directory.CreateTempSubdirectory("dfu-served-").FullName;

    public string this[string name] => Path.Combine(Folder, name);

    public IPEndPoint Gateway { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        var ready = new TaskCompletionSource<IPEndPoint>(TaskCreationOptions.RunContinuationsAsynchronously);
        _running = FleetServer.RunAsync(
            With(new()
            {
                Name = "station-1",
                DataDirectory = this["data"],
                Adapters = AdapterSpec.ParseAll(["sim:devices=6,time-scale=20"]),
                Ready = ready.SetResult,
            }),
            TimeProvider.System,
            _stop.Token);
        if (await Task.WhenAny(ready.Task, _running) == _running) throw new InvalidOperationException("the server ended", _running.Exception);
        Gateway = await ready.Task;
    }

    /// <summary>A command to this server, found by its data directory.</summary>
    internal Task<Played> RunAsync(params string[] arguments) => Played.RunAsync([.. arguments, "--data-dir", this["data"]]);

    /// <summary>Returns when a campaign's state is this, by its word.</summary>
    internal async Task BecomesAsync(string campaign, string state)
    {
        for (var left = 300; ; left--)
        {
            var shown = await RunAsync("campaign", "show", campaign, "--json");
            using var document = JsonDocument.Parse(shown.Output);
            var now = document.RootElement.GetProperty("campaign").GetProperty("state").GetString();
            if (now == state) return;
            if (left == 0) throw new TimeoutException($"{campaign} is {now}, not {state}");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }

    /// <summary>As the server does when it is told to.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _running;
    }

    public async Task DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(Folder, true);
    }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual ServerSettings With(ServerSettings settings) => settings;

    protected virtual void Dispose(bool disposing) => _stop.Dispose();
}
