namespace Dfu.Fleet.Adapters;

public enum AdapterStatus
{
    Opening = 0,
    Ready,
    Draining,
    Recovering,
    Quarantined,
}
