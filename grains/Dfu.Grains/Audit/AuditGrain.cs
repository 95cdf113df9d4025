using System.Collections.Immutable;
using Dfu.Fleet;
using Dfu.Fleet.Audit;
using Dfu.Fleet.Storage;
using Dfu.Grains.Storage;
using Dfu.Grains.Turns;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Storage;

namespace Dfu.Grains.Audit;

/// <summary>Keeps the trail. Nothing of it is ever changed or deleted, by retention neither.</summary>
/// <remarks>A full page is stored before the head that names it: a crash in between leaves a page that nobody names, and the head as it was.</remarks>
internal sealed class AuditGrain(
    FleetHost host,
    [PersistentState("audit", StorageNames.State)] IPersistentState<StoredDocument> state,
    [FromKeyedServices(StorageNames.State)] IGrainStorage storage,
    ILogger<AuditGrain> logger) : Grain, IAuditGrain
{
    private const int MostRead = 10_000;
    private readonly AuditPages _pages = new(storage);
    private DocumentStore<AuditHead> _heads = null!;
    private AuditHead _head = new();

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _heads = new(new GrainActivation(GrainContext, "the audit", GrainFactory, host, logger), new GrainDocument(state));
        if (_heads.Read() is { } stored) _head = stored;
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _heads.LastTry = true;
        return Task.CompletedTask;
    }

    public async Task AppendAsync(ImmutableArray<AuditEntry> entries)
    {
        var known = _head.Entries.Select(static entry => entry.Id).ToHashSet(StringComparer.Ordinal);
        var fresh = entries.Select(static entry => entry.Bounded()).Where(entry => known.Add(entry.Id)).ToList();
        fresh = await _pages.MissingAsync(fresh, _head.Last);
        if (fresh.Count == 0) return;
        var (next, full) = _head.With([.. fresh], host.Wall.GetUtcNow());
        foreach (var (name, json) in full) await _pages.WriteAsync(name, json);
        await _heads.SaveAsync(next);
        _head = next;
    }

    public async Task<ImmutableArray<AuditEntry>> ReadAsync(string? subject, int most)
    {
        most = Math.Clamp(most, 1, MostRead);
        var found = ImmutableArray.CreateBuilder<AuditEntry>();
        var (entries, previous) = (_head.Entries, _head.Last);
        while (true)
        {
            for (var i = entries.Length - 1; i >= 0 && found.Count < most; i--)
            {
                if (subject is null || entries[i].Subject.Equals(subject, StringComparison.OrdinalIgnoreCase)) found.Add(entries[i]);
            }

            if (previous is null || found.Count == most) return found.ToImmutable();
            var page = await _pages.PageAsync(previous);
            (entries, previous) = (page.Entries, page.Previous);
        }
    }
}
