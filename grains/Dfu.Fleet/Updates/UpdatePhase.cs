namespace Dfu.Fleet.Updates;

public enum UpdatePhase
{
    Connecting,
    Jumping,
    Reconciling,
    SendingInit,
    Sending,
    Saving,
    Activating,
    Verifying,

    /// <summary>The new application is asked what it is.</summary>
    Reading,
}
