using Dfu.Fleet.Peers;
using Orleans.Runtime.Placement;

namespace Dfu.Grains.Placement;

internal sealed class OwnSiloDirector(IClusterMembershipService membership) : IPlacementDirector
{
    /// <exception cref="OrleansException">The silo is not there: the grain waits for it, another could not reach its radio.</exception>
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var key = target.GrainIdentity.Key.ToString()!;
        if (!key.Contains('/', StringComparison.Ordinal)) throw new OrleansException($"'{key}' is no adapter's id: it names no silo");
        var name = AdapterId.SiloOf(key);
        var members = membership.CurrentSnapshot.Members;
        foreach (var silo in context.GetCompatibleSilos(target))
        {
            if (members.TryGetValue(silo, out var member) && member.Name == name) return Task.FromResult(silo);
        }

        throw new OrleansException($"the adapter {key} is out of reach: no silo named {name} is in the cluster");
    }
}
