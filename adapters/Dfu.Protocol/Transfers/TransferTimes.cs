namespace Dfu.Protocol.Transfers;

/// <summary>The waits of a transfer that no option changes, besides the guards of <see cref="Pacing"/>. A test checks how they relate.</summary>
internal static class TransferTimes
{
    /// <summary>Where a request may overtake packets: from one question to the next whether more of them arrived.</summary>
    public static readonly TimeSpan PacketsArrive = TimeSpan.FromMilliseconds(300);

    /// <summary>After a short object, before it is created again: until the queue no longer holds the old packets (docs/bootloader.md F33).</summary>
    public static readonly TimeSpan PauseAfterShort = TimeSpan.FromMilliseconds(300);

    /// <summary>A second EXECUTE that takes this much longer than one at an idle flash met a save: 0.16 s longer is usual (F32).</summary>
    public static readonly TimeSpan SaveShows = TimeSpan.FromMilliseconds(100);

    /// <summary>What a forced save is taken to cost until one was measured.</summary>
    public static readonly TimeSpan TypicalSave = TimeSpan.FromMilliseconds(240);

    /// <summary>From EXECUTE's answer until a saving bootloader has saved for certain, about 0.2 s (F11).</summary>
    public static readonly TimeSpan SaveSettles = TimeSpan.FromMilliseconds(500);

    /// <summary>Before the last EXECUTE of an old bootloader, which may hash while writes are still queued (T10).</summary>
    public static readonly TimeSpan PauseBeforeLastExecute = TimeSpan.FromMilliseconds(350);
}
