using Dfu.Fleet;
using Dfu.Protocol.Errors;

namespace Dfu.Silo.Hosting;

/// <summary>What carries out the one campaign of a process; each edition has its own.</summary>
internal interface IStationEngine : IAsyncDisposable
{
    /// <summary>What it is, for people who watch; empty when there is nothing to say.</summary>
    string Note { get; }

    /// <summary>Does what takes time and needs no radio; <see cref="RunAsync"/> does it otherwise.</summary>
    Task PrepareAsync(CancellationToken stop);

    /// <summary>The latest view, null before the first; callable from any thread.</summary>
    CampaignView? Snapshot();

    /// <summary>Runs the campaign until every device has its outcome, or until told to stop; then everything is saved and no link is open.</summary>
    /// <exception cref="DfuException">CampaignConflict, AdapterNotFound, AdapterInUse, DataDirectoryUnusable.</exception>
    Task<CampaignView> RunAsync(CampaignRequest request, CancellationToken stop);
}
