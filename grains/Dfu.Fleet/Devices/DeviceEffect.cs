using Dfu.Protocol.Errors;

namespace Dfu.Fleet.Devices;

/// <summary>What must be done after a device's state was saved. Any of them may be carried out twice.</summary>
public abstract record DeviceEffect
{
    private DeviceEffect()
    {
    }

    /// <summary>The device waits for a slot.</summary>
    public sealed record RequestSlot : DeviceEffect;

    public sealed record StartAttempt(string Adapter, int Epoch, int Attempt) : DeviceEffect;

    /// <summary>The attempt only listens now: its slot may serve another device.</summary>
    public sealed record LendSlot(string Adapter, int Epoch, int Attempt) : DeviceEffect;

    /// <summary>The attempt needs its link again, whether a slot is free or not.</summary>
    public sealed record RetakeSlot(string Adapter, int Epoch, int Attempt) : DeviceEffect;

    public sealed record StopAttempt(string Adapter, int Epoch, int Attempt, DfuError Reason) : DeviceEffect;

    /// <summary>Tell an adapter that another one has connected to the device, which it could not.</summary>
    /// <param name="Attempt">The one that failed over it.</param>
    public sealed record ServedElsewhere(string Adapter, int Epoch, int Attempt) : DeviceEffect;

    public sealed record ReportOutcome(DeviceOutcome Outcome, DfuError Error) : DeviceEffect;
}
