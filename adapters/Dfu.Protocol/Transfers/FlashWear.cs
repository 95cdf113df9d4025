namespace Dfu.Protocol.Transfers;

/// <summary>Counts what a transfer's requests erase on the device, by the rules of its bootloader; tells the observer.</summary>
/// <remarks>
/// A bootloader writes its settings where they differ from what the flash holds (docs/bootloader.md#what-an-update-erases), so this keeps in mind
/// whether they do. Where a reconnect does not tell what the RAM kept, one erase may be counted too few.
/// </remarks>
internal sealed class FlashWear(BootloaderRules rules, LearnedTraits traits, ITransferObserver observer)
{
    private const int PageSize = 4096;

    /// <summary>Objects executed while nobody knew whether the bootloader saves each.</summary>
    private int _unclear;

    /// <summary>The settings in RAM are not those in flash.</summary>
    private bool _differs;

    private bool SavesObjects => rules.IsOld || traits.Now is { Keeps: Keeps.Objects } or { WritesAfterExecute: true };

    /// <summary>SDK 15.0 and 15.2 keep RAM, as everything does that is known to.</summary>
    private bool KeepsRam => !rules.IsOld && (!rules.SavesOnExecuteCommand || traits.Now.Keeps == Keeps.Ram);

    public static int Pages(long bytes) => (int)((bytes + PageSize - 1) / PageSize);

    /// <summary>A new init packet was executed: it is saved with all that belongs to it.</summary>
    public void InitExecuted()
    {
        observer.Erased(0, 1);
        _differs = false;
    }

    /// <summary>One that the device holds was executed again: whatever it counted since the last save is saved.</summary>
    public void InitExecutedAgain()
    {
        if (rules.IsOld || !_differs) return;
        observer.Erased(0, 1);
        _differs = false;
    }

    /// <summary>What the session found: whether the EXECUTE(command) that it began with wrote anything, and what went unnoticed before it.</summary>
    /// <param name="held">Bytes of the image that the device holds.</param>
    /// <param name="objectSize">Of a whole object.</param>
    public void Resumed(long held, long objectSize, TransferHint hint)
    {
        var unnoticed = SavesObjects ? Math.Max(0, (held - hint.Confirmed) / objectSize) : 0;
        if (unnoticed > 0) observer.Erased(0, (int)unnoticed);
        else if (KeepsRam && held > 0 && held != hint.Saved) observer.Erased(0, 1);
        _differs = false;
    }

    public void ObjectCreated(long size)
    {
        observer.Erased(Pages(size), 0);
        _differs = true;
    }

    public void ObjectExecuted()
    {
        _differs = !SavesObjects;
        if (SavesObjects) observer.Erased(0, 1);
        else if (traits.Now.WritesAfterExecute is null) _unclear++;
    }

    /// <summary>It was measured whether the bootloader saves each object.</summary>
    public void Measured()
    {
        if (traits.Now.WritesAfterExecute is null) return;
        if (SavesObjects && _unclear > 0) observer.Erased(0, _unclear);
        _differs &= !SavesObjects;
        _unclear = 0;
    }

    /// <summary>
    /// The image was refused at the end: that is saved, too. What an image costs that is accepted is counted when it is known to be
    /// activated.
    /// </summary>
    public void Refused() => observer.Erased(0, 1);
}
