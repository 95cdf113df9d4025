namespace Dfu.Fleet.Devices;

public enum DeviceOutcome
{
    Pending = 0,
    Updated,
    Failed,
    Cancelled,
}
