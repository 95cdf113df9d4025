using System.Collections.Immutable;
using Dfu.Fleet.Audit;
using Dfu.Fleet.Peers;
using Orleans.Concurrency;

namespace Dfu.Grains;

/// <summary>Who changed what and when; one, key 0. What was added stays.</summary>
[Alias("dfu.audit")]
public interface IAuditGrain : IGrainWithIntegerKey
{
    /// <inheritdoc cref="IAuditPeer.AppendAsync"/>
    [Alias("Append")]
    Task AppendAsync(ImmutableArray<AuditEntry> entries);

    /// <summary>Entries about one subject, or all of them, newest first.</summary>
    /// <param name="subject">Null is all.</param>
    /// <param name="most">At most so many, 1 to 10,000; what is outside counts as the nearer of them.</param>
    /// <exception cref="InvalidDataException">A page is gone or was changed.</exception>
    [Alias("Read"), AlwaysInterleave]
    Task<ImmutableArray<AuditEntry>> ReadAsync(string? subject, int most);
}
