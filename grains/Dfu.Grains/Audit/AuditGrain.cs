using System.Collections.Immutable;
using Dfu.Fleet;
using Dfu.Fleet.Audit;
using Dfu.Fleet.Shells.Audit;
using Dfu.Grains.Storage;
using Dfu.Grains.Turns;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Storage;

namespace Dfu.Grains.Audit;

/// <summary>Carries an <see cref="AuditActivation"/>.</summary>
internal sealed class AuditGrain(
    FleetHost host,
    [FromKeyedServices(StorageNames.State)] IGrainStorage storage,
    ILogger<AuditGrain> logger) : Grain, IAuditGrain
{
    private AuditActivation? _audit;

    private AuditActivation Audit => _audit!;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var activation = new GrainActivation(GrainContext, "the audit", GrainFactory, host, logger);
        _audit = new(activation, new GrainDocument(storage, "audit", this.GetGrainId()), new KeyedDocuments(storage, "audit-page"));
        return _audit.BeginAsync();
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _audit?.Leave();
        return Task.CompletedTask;
    }

    public Task AppendAsync(ImmutableArray<AuditEntry> entries) => Audit.AppendAsync(entries);

    public Task<ImmutableArray<AuditEntry>> ReadAsync(string? subject, int most) => Audit.ReadAsync(subject, most);
}
