using Dfu.Adapters;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Retention;
using Dfu.Silo.Adapters;
using Dfu.Silo.Storage.Files;
using Dfu.Silo.Telemetry;
using Microsoft.Extensions.Logging;
using Orleans.Storage;

namespace Dfu.Silo.Flash;

/// <summary>What one <c>dfu flash</c> works with.</summary>
public sealed record FlashSettings
{
    public required string DataDirectory { get; init; }
    public required IReadOnlyList<AdapterSpec> Adapters { get; init; }

    /// <summary>How long what is over is kept, where the operator says so.</summary>
    public RetentionWish Retention { get; init; } = new();

    /// <summary>Bytes that package files in the data directory may take; null is 512 MiB.</summary>
    public long? CacheSize { get; init; }

    /// <summary>From which level on <see cref="Say"/> is told; None, the default, is never.</summary>
    public LogLevel LogLevel { get; init; } = LogLevel.None;

    /// <summary>Where what is logged is exported; null nowhere.</summary>
    public TelemetryExport? Telemetry { get; init; }

    /// <summary>What the station's storage is put behind, for who wants to see it stall.</summary>
    internal Func<IGrainStorage, IGrainStorage> Storage { get; init; } = static storage => storage;

    /// <summary>Gets a line for what is logged, and when there is something else an operator should know.</summary>
    public Action<string> Say { get; init; } = static _ => { };
}

/// <summary>One campaign with everything it needs: its data directory, its adapters, its silo.</summary>
public sealed class FlashRun : IAsyncDisposable
{
    private readonly DataDirectory _directory;
    private readonly ProcessAdapters _adapters;
    private readonly CampaignSilo _silo;
    private readonly LineLog _log;

    private FlashRun(DataDirectory directory, ProcessAdapters adapters, CampaignSilo silo, LineLog log) =>
        (_directory, _adapters, _silo, _log) = (directory, adapters, silo, log);

    /// <summary>Takes the data directory and the adapters; nothing is sent yet.</summary>
    /// <exception cref="Dfu.Protocol.Errors.DfuException">DataDirectoryInUse, DataDirectoryForeign, DataDirectoryUnusable or AdapterInUse.</exception>
    public static async Task<FlashRun> OpenAsync(FlashSettings settings, TimeProvider time)
    {
        var directory = DataDirectory.Open(settings.DataDirectory, time);
        var adapters = new ProcessAdapters(time);
        var log = new LineLog(settings.Say, settings.LogLevel, time, settings.Telemetry);
        try
        {
            var sources = new List<IAdapterSource>();
            foreach (var spec in settings.Adapters) sources.AddRange(spec.Open(adapters));
            return new FlashRun(directory, adapters, CampaignSilo.Open(directory.Path, sources, settings, log, time), log);
        }
        catch
        {
            await adapters.DisposeAsync();
            directory.Dispose();
            log.Dispose();
            throw;
        }
    }

    /// <summary>The latest view, null before the first; callable from any thread.</summary>
    public CampaignView? Snapshot() => _silo.Snapshot();

    /// <summary>Runs the campaign until every device has its outcome, or until told to stop; then everything is saved.</summary>
    /// <exception cref="Dfu.Protocol.Errors.DfuException">CampaignConflict, AdapterNotFound, AdapterInUse, DataDirectoryUnusable.</exception>
    public Task<CampaignView> RunAsync(CampaignRequest request, CancellationToken stop) => _silo.RunAsync(request, stop);

    public async ValueTask DisposeAsync()
    {
        await _silo.DisposeAsync();
        await _adapters.DisposeAsync();
        _directory.Dispose();
        _log.Dispose();
    }
}
