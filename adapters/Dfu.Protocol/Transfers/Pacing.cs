namespace Dfu.Protocol.Transfers;

/// <summary>How many packets may follow a CREATE(data) at once and when the rest may.</summary>
/// <remarks>
/// The bootloader drops what it cannot queue without a word: it has 17 packet buffers and 16 flash operations, of which
/// CREATE's page erase takes one and a settings save four (docs/bootloader.md F21, F29, F30). A short object lengthens a guard and
/// shrinks the burst, clean objects shorten the guard, never below its last loss plus 10 %.
/// </remarks>
/// <param name="Guard">From CREATE's answer until packets beyond the burst may be sent, when the flash was idle before CREATE.</param>
/// <param name="GuardAfterSave">From the answer of the EXECUTE that began a settings save until packets beyond the burst may be sent.</param>
/// <param name="Burst">Packets sent at once before the guard has passed, flash idle before CREATE.</param>
/// <param name="BurstAfterSave">The same when a settings save may still be under way.</param>
public sealed record Pacing(TimeSpan Guard, TimeSpan GuardAfterSave, int Burst, int BurstAfterSave)
{
    public static Pacing Initial { get; } = new(TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(320), 15, 11);

    /// <summary>A page erase takes 85 ms at best; waiting less than that buys nothing.</summary>
    public static TimeSpan ShortestGuard { get; } = TimeSpan.FromMilliseconds(85);

    /// <summary>Two settings pages and a page erase take 275 ms at best.</summary>
    public static TimeSpan ShortestGuardAfterSave { get; } = TimeSpan.FromMilliseconds(260);

    public static TimeSpan LongestGuard { get; } = TimeSpan.FromSeconds(2);

    private const int SmallestBurst = 4;
    private const double Lengthen = 1.5;
    private const double Shorten = 0.97;
    private const double AboveLoss = 1.1;

    /// <summary>Shares of the time that the flash was measured to be busy with an object, below which a guard is not shortened.</summary>
    /// <remarks>The rest is the writing of the burst: at least a fifth of that time beside an erase, and less beside a save and an erase.</remarks>
    private const double Erases = 0.8;
    private const double ErasesAfterSave = 0.93;

    /// <summary>A save and an erase take this much longer than an erase: two settings pages are erased as well.</summary>
    private const double SaveToErase = 3;

    /// <summary>So much longer than a guard a flash may have been busy at the most, until it was so twice: something else may have kept it.</summary>
    private const double MostAtOnce = 4;

    /// <summary>The guards at which an object came short last, or would come short; zero when none did.</summary>
    public TimeSpan LossGuard { get; init; }
    public TimeSpan LossGuardAfterSave { get; init; }

    /// <summary>How long the flash was busy with the objects that came short last; zero when nobody measured it.</summary>
    public TimeSpan Busy { get; init; }
    public TimeSpan BusyAfterSave { get; init; }

    /// <summary>An object arrived whole.</summary>
    public Pacing AfterClean(bool afterSave) => afterSave
        ? this with { GuardAfterSave = Shorter(GuardAfterSave, LossGuardAfterSave, ShortestGuardAfterSave) }
        : this with { Guard = Shorter(Guard, LossGuard, ShortestGuard) };

    /// <summary>An object came short.</summary>
    /// <param name="held">Packets of it that arrived.</param>
    /// <param name="sent">Packets of a whole object, more than <paramref name="held"/> unless it was corrupt.</param>
    /// <param name="idle">
    /// From CREATE's answer, or that of the EXECUTE that began the save, until the flash was idle: the flash itself says how long a guard it needs, and the
    /// other guard follows. Null where nothing told.
    /// </param>
    public Pacing AfterShort(bool afterSave, int held, int sent, TimeSpan? idle)
    {
        var (guard, burst) = afterSave ? (GuardAfterSave, BurstAfterSave) : (Guard, Burst);
        if (idle is not { } busy || busy <= guard || held < burst) return AfterShort(afterSave, Math.Max(1, sent - held));
        busy = Shortest(Shortest(busy, guard * MostAtOnce), LongestGuard);
        return afterSave
            ? this with
            {
                GuardAfterSave = busy,
                LossGuardAfterSave = FloorOf(busy, BusyAfterSave, ErasesAfterSave, guard),
                BusyAfterSave = busy,
                Guard = Longest(Guard, busy / SaveToErase),
                Busy = Longest(Busy, busy / SaveToErase),
            }
            : this with
            {
                Guard = busy,
                LossGuard = FloorOf(busy, Busy, Erases, guard),
                Busy = busy,
                GuardAfterSave = Longest(GuardAfterSave, Shortest(busy * Erases * SaveToErase, LongestGuard)),
            };
    }

    /// <summary>An object came short by <paramref name="lost"/> packets, at least 1; how long the flash was busy is not known.</summary>
    public Pacing AfterShort(bool afterSave, int lost) => afterSave
        ? this with { GuardAfterSave = Longer(GuardAfterSave), LossGuardAfterSave = GuardAfterSave, BurstAfterSave = Smaller(BurstAfterSave, lost) }
        : this with { Guard = Longer(Guard), LossGuard = Guard, Burst = Smaller(Burst, lost) };

    /// <summary>The loss to stay above: of a flash that was as slow before, its erases; else the guard that was too short.</summary>
    private static TimeSpan FloorOf(TimeSpan busy, TimeSpan before, double erases, TimeSpan guard) =>
        before > busy / 2 && before < busy * 2 ? busy * erases / AboveLoss : guard;

    private static TimeSpan Shortest(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static TimeSpan Longest(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private static TimeSpan Shorter(TimeSpan guard, TimeSpan loss, TimeSpan shortest)
    {
        var floor = loss * AboveLoss > shortest ? loss * AboveLoss : shortest;
        var shorter = guard * Shorten;
        return shorter > floor ? shorter : guard < floor ? guard : floor;
    }

    private static TimeSpan Longer(TimeSpan guard) => guard * Lengthen < LongestGuard ? guard * Lengthen : LongestGuard;

    private static int Smaller(int burst, int lost) => Math.Max(Math.Min(SmallestBurst, burst), burst - Math.Max(1, lost));
}
