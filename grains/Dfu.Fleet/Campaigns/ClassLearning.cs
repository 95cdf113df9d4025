using System.Globalization;
using Dfu.Protocol.Transfers;

namespace Dfu.Fleet.Campaigns;

/// <summary>How what one device taught becomes what its class is expected to do.</summary>
public static class ClassLearning
{
    private const double ObjectBytes = 4096;

    /// <summary>Seconds a settings save takes on an nRF52840, and its share of a bootloader that saves after every object.</summary>
    private const double SaveSeconds = 0.19;

    public static BootloaderTraits Merge(BootloaderTraits known, BootloaderTraits learned) => learned with
    {
        Keeps = learned.Keeps == Keeps.Unknown ? known.Keeps : learned.Keeps,
        WritesAfterExecute = learned.WritesAfterExecute ?? known.WritesAfterExecute,
        Pacing = AboveLosses(known.Pacing, learned.Pacing),
    };

    /// <summary>The more careful of two.</summary>
    public static Pacing Slower(Pacing a, Pacing b) =>
        new(Max(a.Guard, b.Guard), Max(a.GuardAfterSave, b.GuardAfterSave), Math.Min(a.Burst, b.Burst), Math.Min(a.BurstAfterSave, b.BurstAfterSave))
    {
        LossGuard = Max(a.LossGuard, b.LossGuard),
        LossGuardAfterSave = Max(a.LossGuardAfterSave, b.LossGuardAfterSave),
    };

    public static string SavesNothing(string key, BootloaderTraits traits, long imageBytes)
    {
        var objects = Math.Ceiling(imageBytes / ObjectBytes);
        var now = ClassKey.TakesForcedSaves(traits)
            ? "a dropped link would cost everything sent, so this tool makes it save now and then (about 0.2 s each)"
            : "a dropped link costs everything sent, and this SDK cannot be made to save";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"Bootloaders of class {key} save nothing by themselves: {now}. A rebuild with NRF_DFU_SAVE_PROGRESS_IN_FLASH=1 would limit a drop to one "
            + $"object (4 KiB) and cost about {objects * SaveSeconds:0.#} s and {objects:0} erases of each settings page per update of this image.");
    }

    /// <summary>A guard or burst that lost packets on any device of the class is not gone back to by another that was luckier, or that began before.</summary>
    private static Pacing AboveLosses(Pacing known, Pacing learned)
    {
        var loss = Max(known.LossGuard, learned.LossGuard);
        var lossAfterSave = Max(known.LossGuardAfterSave, learned.LossGuardAfterSave);
        return learned with
        {
            LossGuard = loss,
            LossGuardAfterSave = lossAfterSave,
            Guard = Max(learned.Guard, loss * 1.1),
            GuardAfterSave = Max(learned.GuardAfterSave, lossAfterSave * 1.1),
            Burst = Math.Min(known.Burst, learned.Burst),
            BurstAfterSave = Math.Min(known.BurstAfterSave, learned.BurstAfterSave),
        };
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
