namespace Dfu.Fleet.Devices;

public enum DeviceOutcome
{
    Pending = 0,
    Updated,
    Failed,
    Cancelled,

    /// <summary>It ran the package already and was left alone. Counts as updated.</summary>
    AlreadyCurrent,
}

public static class DeviceOutcomes
{
    /// <summary>The device runs what the campaign sends.</summary>
    public static bool IsGood(this DeviceOutcome outcome) => outcome is DeviceOutcome.Updated or DeviceOutcome.AlreadyCurrent;
}
