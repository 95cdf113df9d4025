using Dfu.Adapters.Simulated.Adapter;
using Dfu.Protocol.Errors;

namespace Dfu.Adapters.Simulated;

/// <summary>One simulated radio: opens it, and lets a test take it away and give it back.</summary>
public sealed class SimulatedAdapterSource : IAdapterSource
{
    private readonly SimulatedAir _air;
    private string? _killed;
    private RecoveryStep? _curedBy;

    internal SimulatedAdapterSource(SimulatedAir air, string id, AdapterModel model, int index) => (_air, Id, Model, Index) = (air, id, model, index);

    public string Id { get; }

    public AdapterModel Model { get; }

    /// <summary>Who the radio is to devices that bond.</summary>
    public string Identity => Model.Identity ?? Id;

    internal int Index { get; }

    internal SimulatedAdapter? Current { get; private set; }

    public Task<IAdapter> OpenAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using (_air.Events.Enter())
        {
            if (_killed is not null) return Task.FromException<IAdapter>(new DfuException(DfuError.AdapterNotFound, $"{Id}: {_killed}"));
            if (Current is not null) return Task.FromException<IAdapter>(new DfuException(DfuError.AdapterInUse, $"{Id} is already open"));
            Current = new SimulatedAdapter(_air, this);
            return Task.FromResult<IAdapter>(Current);
        }
    }

    public Task<bool> RecoverAsync(RecoveryStep step, CancellationToken cancellationToken)
    {
        using (_air.Events.Enter())
        {
            if (_killed is null) return Task.FromResult(true);
            if (_curedBy is null || step < _curedBy) return Task.FromResult(false);
            _killed = null;
            return Task.FromResult(true);
        }
    }

    /// <summary>The radio dies: its links close and it cannot be opened until it is revived.</summary>
    /// <param name="curedBy">The gentlest step of the recovery ladder that brings it back; null for one that needs <see cref="Revive"/>.</param>
    public void Kill(string reason = "unplugged", RecoveryStep? curedBy = null)
    {
        using (_air.Events.Enter())
        {
            (_killed, _curedBy) = (reason, curedBy);
            var adapter = Current;
            Current = null;
            adapter?.Lose(reason);
        }
    }

    public void Revive()
    {
        using (_air.Events.Enter()) _killed = null;
    }

    /// <summary>The radio loses its bonds: its devices keep their side.</summary>
    public void ForgetBonds()
    {
        using (_air.Events.Enter())
        {
            foreach (var device in _air.DevicesUnderLock) device.OnForgotten(Identity);
        }
    }

    internal void Closed(SimulatedAdapter adapter)
    {
        if (ReferenceEquals(Current, adapter)) Current = null;
    }
}
