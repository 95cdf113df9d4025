namespace Dfu.Fleet.Adapters;

public enum AdapterStatus
{
    Opening = 0,
    Ready,

    /// <summary>Suspected: what it has is finished, then its radio is recovered. One that an operator drained stays <see cref="Ready"/>.</summary>
    Draining,
    Recovering,
    Quarantined,

    /// <summary>Its radio is open and looked at before it takes part.</summary>
    Testing,
}
