using System.Globalization;
using Dfu.Adapters;
using Dfu.Adapters.Simulated;
using Dfu.Protocol.Errors;

namespace Dfu.Silo.Simulation;

/// <summary>The radios behind one address: as many as are open at once, used again when they are free. To devices that bond they are one.</summary>
internal sealed class AdapterPool(SimulatedAir air, string name, AdapterModel model)
{
    private readonly List<SimulatedAdapterSource> _sources = [];
    private readonly Lock _gate = new();

    public async Task<IAdapter> OpenAsync(CancellationToken cancellationToken)
    {
        for (var i = 0; ; i++)
        {
            try
            {
                return await Source(i).OpenAsync(cancellationToken);
            }
            catch (DfuException busy) when (busy.Error == DfuError.AdapterInUse)
            {
                // Another stream has this one.
            }
        }
    }

    private SimulatedAdapterSource Source(int index)
    {
        lock (_gate)
        {
            if (index == _sources.Count)
                _sources.Add(air.CreateAdapter(string.Create(CultureInfo.InvariantCulture, $"{name}.{index + 1}"), model with { Identity = name }));
            return _sources[index];
        }
    }
}
