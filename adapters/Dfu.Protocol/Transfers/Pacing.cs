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
    private const double Lengthen = 2;
    private const double OfSlow = 1.6;

    /// <summary>A save and an erase take this much longer than an erase: two settings pages are erased as well.</summary>
    private const double SaveToErase = 3;
    private const double Shorten = 0.97;
    private const double AboveLoss = 1.1;

    /// <summary>The guards at which an object came short last, or would come short; zero when none did.</summary>
    public TimeSpan LossGuard { get; init; }
    public TimeSpan LossGuardAfterSave { get; init; }

    /// <summary>Objects that came short.</summary>
    public int Shorts { get; init; }

    /// <summary>An object arrived whole.</summary>
    public Pacing AfterClean(bool afterSave) => afterSave
        ? this with { GuardAfterSave = Shorter(GuardAfterSave, LossGuardAfterSave, ShortestGuardAfterSave) }
        : this with { Guard = Shorter(Guard, LossGuard, ShortestGuard) };

    /// <summary>
    /// An object came short by <paramref name="lost"/> packets, at least 1. A flash that is slow behind a save is so without one; twice short is a slow flash
    /// and no moment's trouble: its guards stay near what they have become.
    /// </summary>
    public Pacing AfterShort(bool afterSave, int lost)
    {
        var slow = Shorts > 0;
        if (afterSave)
        {
            var guard = Longer(GuardAfterSave);
            return this with
            {
                Shorts = Shorts + 1,
                GuardAfterSave = guard,
                LossGuardAfterSave = GuardAfterSave * (slow ? OfSlow : 1),
                BurstAfterSave = Smaller(BurstAfterSave, lost),
                Guard = Longest(Guard, guard / SaveToErase),
            };
        }

        var longer = Longer(Guard);
        var behindSave = slow ? longer * SaveToErase : GuardAfterSave;
        return this with
        {
            Shorts = Shorts + 1,
            Guard = longer,
            LossGuard = Guard * (slow ? OfSlow : 1),
            Burst = Smaller(Burst, lost),
            GuardAfterSave = behindSave < LongestGuard ? Longest(GuardAfterSave, behindSave) : LongestGuard,
            LossGuardAfterSave = slow ? Longest(LossGuardAfterSave, Guard * OfSlow * SaveToErase) : LossGuardAfterSave,
        };
    }

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
