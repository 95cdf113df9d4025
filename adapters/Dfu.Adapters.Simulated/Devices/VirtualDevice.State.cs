namespace Dfu.Adapters.Simulated;

/// <summary>What others may see of a device while it runs.</summary>
public sealed partial class VirtualDevice
{
    /// <summary>Mode, counters and activated image of one moment.</summary>
    internal (DeviceMode Mode, DeviceCounters Counters, byte[]? Activated) Observe()
    {
        using (_events.Enter()) return (Mode, Counters with { }, Activated);
    }

    /// <summary>What has to be written for this device to be the same after a restart; only pages that changed since the last call.</summary>
    internal (StateDirectory.Saved Saved, List<(int Number, byte[]? Content)> Pages, byte[]? Activated) TakeChanges()
    {
        using (_events.Enter())
        {
            var saved = new StateDirectory.Saved(Mode, _memory.Main, _memory.Backup, _memory.SoftDevice, StateDirectory.SavedCounters.Of(Counters), Bonds);
            return (saved, _memory.TakeDirtyPages(), Activated);
        }
    }
}
