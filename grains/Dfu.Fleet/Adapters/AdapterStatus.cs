namespace Dfu.Fleet;

public enum AdapterStatus
{
    Opening = 0,
    Ready,
    Draining,
    Recovering,
    Quarantined,
}
