using Dfu.Fleet;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Peers;
using Dfu.Grains;
using Dfu.Grains.Storage;
using Dfu.Protocol.Timing;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Orleans.Storage;

namespace Dfu.Server.Health;

/// <summary>Grains can be read: something is that nobody stores. And the data directory, which may be elsewhere, can be written.</summary>
internal sealed class StorageCheck(IGrainStorage storage, string dataDirectory, TimeProvider time) : IHealthCheck
{
    private const string Probe = "health";
    private static readonly GrainId Nothing = GrainId.Create("dfu.health", "0");
    private Task _reading = Task.CompletedTask;

    /// <remarks>Storage that hangs is asked once, however often readiness is.</remarks>
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (_reading.IsCompleted) _reading = LookAsync();
        try
        {
            await _reading.WithinAsync(Readiness.Longest, time, cancellationToken);
            return HealthCheckResult.Healthy("it answers");
        }
        catch (TimeoutException) when (!_reading.IsCompleted)
        {
            return HealthCheckResult.Unhealthy($"it has not answered within {Readiness.Longest.TotalSeconds:0} s");
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            Background.Overlook("read from storage", e); // who asks needs no key, and is not told of hosts and databases
            return HealthCheckResult.Unhealthy("it fails; the log says why");
        }
    }

    private async Task LookAsync()
    {
        await storage.ReadStateAsync("health", Nothing, new GrainState<StoredDocument>());

        // A database of which the file was deleted, or the disk is full, can still be read. A byte must fit, and where there is no room none does.
        await Task.Run(() => File.WriteAllText(Path.Combine(dataDirectory, Probe), "."));
    }
}

/// <summary>The cluster counts this silo as one of its own.</summary>
internal sealed class MembershipCheck(IClusterMembershipService membership, ILocalSiloDetails silo) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var status = membership.CurrentSnapshot.GetSiloStatus(silo.SiloAddress);
        return Task.FromResult(status == SiloStatus.Active
            ? HealthCheckResult.Healthy("the member is active")
            : HealthCheckResult.Unhealthy($"the member is not active but {status.ToString().ToLowerInvariant()}"));
    }
}

/// <summary>Of the radios that this member was given one at least is open.</summary>
internal sealed class RadiosCheck(FleetHost host, IGrainFactory grains, TimeProvider time) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (host.Sources.Count == 0) return HealthCheckResult.Healthy("the member has none, and needs none");
        var states = await Task.WhenAll(host.Sources.Select(source => StateAsync(AdapterId.Of(host.Silo, source.Id), cancellationToken)));
        var open = states.Count(static state => state is { Listens: true });
        var said = $"{open} of {states.Length} open";
        if (open > 0) return HealthCheckResult.Healthy(said);
        var why = states.Select(static state => state?.Detail).FirstOrDefault(static detail => !string.IsNullOrEmpty(detail));
        return HealthCheckResult.Unhealthy(why is null ? said : $"{said}: {why}");
    }

    /// <returns>Null when its grain does not answer.</returns>
    private async Task<AdapterState?> StateAsync(string adapter, CancellationToken cancellationToken)
    {
        try
        {
            return await grains.GetGrain<IAdapterGrain>(adapter).GetAsync().WithinAsync(Readiness.Longest, time, cancellationToken);
        }
        catch (Exception e) when (Outage.Is(e))
        {
            return null;
        }
    }
}
