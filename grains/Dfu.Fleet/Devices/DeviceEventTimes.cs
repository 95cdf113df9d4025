namespace Dfu.Fleet.Devices;

/// <summary>Clocks of hosts differ: the host that keeps a device puts its own time on what others tell it.</summary>
public static class DeviceEventTimes
{
    /// <summary>When it happened; null for one that carries no time.</summary>
    public static DateTimeOffset? At(this DeviceEvent e) => e switch
    {
        DeviceEvent.Granted x => x.At,
        DeviceEvent.PhaseChanged x => x.At,
        DeviceEvent.Confirmed x => x.At,
        DeviceEvent.LastExecute x => x.At,
        DeviceEvent.ImageActivated x => x.At,
        DeviceEvent.ImagePassed x => x.At,
        DeviceEvent.Restarted x => x.At,
        DeviceEvent.Ended x => x.At,
        DeviceEvent.Interrupted x => x.At,
        DeviceEvent.Waited x => x.At,
        DeviceEvent.CancelRequested x => x.At,
        DeviceEvent.RetryRequested x => x.At,
        _ => null,
    };

    /// <summary>The same event as one that happened at <paramref name="at"/>; other times in it keep their distance.</summary>
    public static DeviceEvent StampedAt(this DeviceEvent e, DateTimeOffset at) => e switch
    {
        DeviceEvent.Granted x => x with { At = at },
        DeviceEvent.PhaseChanged x => x with { At = at },
        DeviceEvent.Confirmed x => x with { At = at },
        DeviceEvent.LastExecute x => x with { At = at },
        DeviceEvent.ImageActivated x => x with { At = at },
        DeviceEvent.ImagePassed x => x with { At = at },
        DeviceEvent.Restarted x => x with { At = at },
        DeviceEvent.Ended x => x with { At = at },
        DeviceEvent.Interrupted x => x with { At = at },
        DeviceEvent.Waited x => x with
        {
            At = at,
            LastHeard = x.LastHeard + (at - x.At),
            ListeningSince = x.ListeningSince + (at - x.At),
            DeafSince = x.DeafSince + (at - x.At),
        },
        DeviceEvent.CancelRequested x => x with { At = at },
        DeviceEvent.PauseRequested x => x with { At = at },
        DeviceEvent.RetryRequested x => x with { At = at },
        _ => e,
    };
}
