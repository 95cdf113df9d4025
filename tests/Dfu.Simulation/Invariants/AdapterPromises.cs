using Dfu.Fleet.Adapters;
using Dfu.Simulation.Hosts;

namespace Dfu.Simulation.Invariants;

/// <summary>An adapter's epochs only grow, and each is of one process: what came of an earlier one is never taken for news.</summary>
internal sealed class AdapterPromises(Cluster cluster)
{
    private readonly Dictionary<string, (int Epoch, HostProcess By)> _epochs = [];

    public void Written(HostProcess by, string adapter, AdapterState now)
    {
        if (_epochs.TryGetValue(adapter, out var known))
        {
            if (now.Epoch < known.Epoch) cluster.Violate($"{adapter} went back from epoch {known.Epoch} to {now.Epoch}");
            if (now.Epoch == known.Epoch && known.By != by) cluster.Violate($"{adapter} was opened by {known.By} and by {by} in epoch {now.Epoch}");
        }

        _epochs[adapter] = (now.Epoch, by);
    }
}
