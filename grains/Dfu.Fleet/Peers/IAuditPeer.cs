using System.Collections.Immutable;
using Dfu.Fleet.Audit;

namespace Dfu.Fleet.Peers;

/// <summary>Who changed what and when, as those call it who change something.</summary>
public interface IAuditPeer
{
    /// <summary>Adds entries, unless they are there already. Durable when it returns.</summary>
    /// <exception cref="ArgumentException">An entry has no id, or one of more than 200 characters.</exception>
    Task AppendAsync(ImmutableArray<AuditEntry> entries);
}
