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
    private bool _dead;

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

    /// <summary>Its radios die: their links close, and none opens until they are back.</summary>
    public void Kill()
    {
        lock (_gate)
        {
            _dead = true;
            foreach (var source in _sources) source.Kill();
        }
    }

    public void Revive()
    {
        lock (_gate)
        {
            _dead = false;
            foreach (var source in _sources) source.Revive();
        }
    }

    private SimulatedAdapterSource Source(int index)
    {
        lock (_gate)
        {
            if (index < _sources.Count) return _sources[index];
            var source = air.CreateAdapter(string.Create(CultureInfo.InvariantCulture, $"{name}.{index + 1}"), model with { Identity = name });
            if (_dead) source.Kill();
            _sources.Add(source);
            return source;
        }
    }
}
