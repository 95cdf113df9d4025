using System.Collections.Immutable;
using Dfu.Fleet.Audit;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Storage;
using Dfu.Fleet.Turns;

namespace Dfu.Fleet.Shells.Audit;

/// <summary>Keeps the trail. Nothing of it is ever changed or deleted, by retention neither.</summary>
/// <remarks>
/// Entries come one call after another; the trail is read meanwhile. A full page is stored before the head that names it: a crash in between leaves
/// a page that nobody names, and the head as it was.
/// </remarks>
internal sealed class AuditActivation(IActivation activation, IDocument state, IDocuments pages) : IAuditPeer
{
    private const int MostRead = 10_000;
    private readonly AuditPages _pages = new(pages);
    private readonly DocumentStore<AuditHead> _heads = new(activation, state);
    private AuditHead _head = new();

    /// <summary>Begins with what is stored.</summary>
    public async Task BeginAsync() => _head = await _heads.ReadAsync() ?? _head;

    public void Leave() => _heads.LastTry = true;

    public async Task AppendAsync(ImmutableArray<AuditEntry> entries)
    {
        var known = _head.Entries.Select(static entry => entry.Id).ToHashSet(StringComparer.Ordinal);
        var fresh = entries.Select(static entry => entry.Bounded()).Where(entry => known.Add(entry.Id)).ToList();
        fresh = await _pages.MissingAsync(fresh, _head.Last);
        if (fresh.Count == 0) return;
        var (next, full) = _head.With([.. fresh], activation.Host.Wall.GetUtcNow());
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
