using System.Collections.Immutable;
using Dfu.Fleet.Audit;
using Dfu.Simulation.Hosts;

namespace Dfu.Simulation.Storage;

/// <summary>Who changed what, kept in the database.</summary>
internal sealed class AuditTrail(Cluster cluster)
{
    private readonly Dictionary<string, AuditEntry> _entries = [];

    public IReadOnlyCollection<AuditEntry> Entries => _entries.Values;

    public async Task AppendAsync(HostProcess from, ImmutableArray<AuditEntry> entries)
    {
        await cluster.Database.ReadAsync(from, "audit");
        foreach (var entry in entries) _entries.TryAdd(entry.Id, entry);
    }
}
