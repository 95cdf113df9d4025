using Dfu.Adapters;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet;
using Dfu.Silo.Cluster.Hosting;

namespace Dfu.Silo.Hosting;

/// <summary>What one station works with.</summary>
public sealed record StationSettings
{
    /// <summary>Where state is kept when nobody says.</summary>
    /// <exception cref="Dfu.Protocol.Errors.DfuException">DataDirectoryUnusable: there is no home folder.</exception>
    public static string DefaultDataDirectory => Hosting.DataDirectory.Default;

    public required string DataDirectory { get; init; }
    public required IReadOnlyList<AdapterSpec> Adapters { get; init; }
    public FleetPolicy Policy { get; init; } = new();
}

/// <summary>One campaign with everything it needs: its data directory, its radios, its silo.</summary>
public sealed class Station : IAsyncDisposable
{
    private readonly DataDirectory _directory;
    private readonly ProcessRadios _radios;
    private readonly SiloEngine _engine;

    private Station(DataDirectory directory, ProcessRadios radios, SiloEngine engine) => (_directory, _radios, _engine) = (directory, radios, engine);

    /// <summary>Takes the data directory and the radios; nothing is sent yet.</summary>
    /// <exception cref="Dfu.Protocol.Errors.DfuException">DataDirectoryInUse, DataDirectoryForeign, DataDirectoryUnusable or AdapterInUse.</exception>
    public static async Task<Station> OpenAsync(StationSettings settings, TimeProvider time)
    {
        var directory = Hosting.DataDirectory.Open(settings.DataDirectory, time);
        var radios = new ProcessRadios(time);
        try
        {
            var sources = new List<IAdapterSource>();
            foreach (var spec in settings.Adapters) sources.AddRange(spec.Open(radios));
            return new Station(directory, radios, SiloEngine.Open(directory.Path, sources, settings.Policy, time));
        }
        catch
        {
            await radios.DisposeAsync();
            directory.Dispose();
            throw;
        }
    }

    /// <summary>The latest view, null before the first; callable from any thread.</summary>
    public CampaignView? Snapshot() => _engine.Snapshot();

    /// <summary>Runs the campaign until every device has its outcome, or until told to stop; then everything is saved.</summary>
    /// <exception cref="Dfu.Protocol.Errors.DfuException">CampaignConflict, AdapterNotFound, AdapterInUse, DataDirectoryUnusable.</exception>
    public Task<CampaignView> RunAsync(CampaignRequest request, CancellationToken stop) => _engine.RunAsync(request, stop);

    public async ValueTask DisposeAsync()
    {
        await _engine.DisposeAsync();
        await _radios.DisposeAsync();
        _directory.Dispose();
    }
}
