namespace Dfu.Fleet.Devices;

public enum DevicePhase
{
    /// <summary>Waits for an adapter that hears it and has room.</summary>
    Queued = 0,
    Connecting,
    Jumping,
    Reconciling,
    SendingInit,
    Sending,
    Saving,
    Activating,
    Verifying,

    /// <summary>Waits a while after a failed attempt.</summary>
    BackingOff,
    Done,
}
