namespace Dfu.Fleet;

public enum DeviceOutcome
{
    Pending = 0,
    Updated,
    Failed,
    Cancelled,
}
