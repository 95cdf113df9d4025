using Dfu.Adapters.Simulated.Adapter;
using Dfu.Protocol.Errors;

namespace Dfu.Adapters.Simulated;

/// <summary>What a radio that can be opened may do wrong.</summary>
[Flags]
public enum AdapterFault
{
    None = 0,
    HearsNothing = 1,
    FailsConnects = 2,
}

/// <summary>One simulated radio: opens it, and lets a test take it away, break it and give it back.</summary>
public sealed class SimulatedAdapterSource : IAdapterSource
{
    private readonly SimulatedAir _air;
    private string? _killed;
    private RecoveryStep? _curedBy;

    internal SimulatedAdapterSource(SimulatedAir air, string id, AdapterModel model, int index) => (_air, Id, Model, Index) = (air, id, model, index);

    public string Id { get; }

    public AdapterModel Model { get; }

    /// <summary>What it does wrong now.</summary>
    public AdapterFault Fault { get; private set; }

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
            var cures = _curedBy is { } gentlest && step >= gentlest;
            if (cures) Mend();
            return Task.FromResult(_killed is null);
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

    /// <summary>What <see cref="Kill"/> and <see cref="Break"/> did is over.</summary>
    public void Revive()
    {
        using (_air.Events.Enter()) Mend();
    }

    /// <summary>The radio can be opened and does something wrong until it is cured or revived.</summary>
    /// <param name="curedBy">The gentlest step of the recovery ladder that cures it; null for one that needs <see cref="Revive"/>.</param>
    public void Break(AdapterFault fault, RecoveryStep? curedBy = null)
    {
        using (_air.Events.Enter()) (Fault, _curedBy) = (fault, curedBy);
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

    private void Mend() => (_killed, Fault) = (null, AdapterFault.None);
}
