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
}
