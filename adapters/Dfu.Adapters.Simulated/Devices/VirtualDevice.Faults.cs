namespace Dfu.Adapters.Simulated;

/// <summary>What happens to a device when <see cref="VirtualDevice.CutAfter"/> strikes.</summary>
public enum CutKind
{
    LinkDrop,
    PowerCycle,

    /// <summary>The inactivity timer's reset: the link is lost by supervision timeout.</summary>
    InactivityReset,
}

/// <summary>What a test does to a device.</summary>
public sealed partial class VirtualDevice
{
    private long _cutAt = long.MaxValue;
    private CutKind _cutKind;

    internal int LoseNotificationAfter { get; private set; } = -1;

    /// <summary>Power off and on again.</summary>
    /// <param name="holdsBootloader">The button that keeps the bootloader is held.</param>
    public void PowerCycle(bool holdsBootloader = false)
    {
        using (_events.Enter()) Reboot(holdsBootloader, powerCut: true);
    }

    /// <summary>The application enters its bootloader by itself, without a link.</summary>
    public void EnterBootloader()
    {
        using (_events.Enter()) Reboot(holdsBootloader: true, powerCut: false);
    }

    /// <summary>Nothing gets through any more; both sides close after the supervision timeout.</summary>
    public void CutLink()
    {
        using (_events.Enter()) _link?.Drop();
    }

    /// <summary>Cuts after so many more operations: control writes and packets that reached the device, notifications that reached the host.</summary>
    public void CutAfter(long operations, CutKind kind = CutKind.LinkDrop)
    {
        using (_events.Enter())
        {
            _cutAt = Counters.Operations + operations;
            _cutKind = kind;
        }
    }

    /// <summary>The inactivity timer fires now.</summary>
    public void FireInactivity()
    {
        using (_events.Enter()) _core?.FireInactivity();
    }

    /// <summary>While stalled no flash operation completes.</summary>
    public void StallFlash(bool stalled)
    {
        using (_events.Enter()) _flash.Stall(stalled);
    }

    /// <summary>So many of the next flash operations fail (docs/bootloader.md T2).</summary>
    public void FailFlash(int operations)
    {
        using (_events.Enter()) _flash.FailNext = operations;
    }

    /// <summary>Clears bits in everything the application area holds, as bad flash would: CRCs in RAM stay right, the final hash does not (F12).</summary>
    public void SpoilFlash()
    {
        using (_events.Enter()) _memory.Spoil();
    }

    /// <summary>While busy the bootloader receives and does not handle.</summary>
    public void BusyMainLoop(bool busy)
    {
        using (_events.Enter())
        {
            if (_core is { } core) core.MainLoopBusy = busy;
        }
    }

    /// <summary>Loses one notification or indication: 0 the next one, 1 the one after it.</summary>
    public void LoseNotification(int after = 0)
    {
        using (_events.Enter()) LoseNotificationAfter = after;
    }

    /// <summary>Loses one control point write after its ATT acknowledgement: 0 the next one, 1 the one after it. Until the next reset.</summary>
    public void LoseRequest(int after = 0)
    {
        using (_events.Enter())
        {
            if (_core is { } core) core.LoseRequestAfter = after;
        }
    }

    /// <summary>Counts an operation; true when the link did not survive it.</summary>
    internal bool CountOperation()
    {
        if (++Counters.Operations < _cutAt) return false;
        _cutAt = long.MaxValue;
        switch (_cutKind)
        {
            case CutKind.PowerCycle:
                Reboot(holdsBootloader: true, powerCut: true);
                break;
            case CutKind.InactivityReset:
                Reboot(holdsBootloader: false, powerCut: false);
                break;
            default:
                _link?.Drop();
                break;
        }

        return true;
    }
}
