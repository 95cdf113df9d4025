using System.Collections.Immutable;
using Dfu.Protocol.Transfers;

namespace Dfu.Fleet.Campaigns;

/// <summary>What is known of the campaign's bootloaders, and how it is found out.</summary>
public static partial class CampaignMachine
{
    /// <summary>Probes that may come to nothing before none is tried any more.</summary>
    private const int MaxProbes = 3;

    /// <summary>A drop of a smaller image costs less than a probe.</summary>
    private const long SmallestProbed = 8 * 4096;

    /// <summary>
    /// What an attempt is told of its device's bootloader: its own class, else the only one known of this hardware version, else nothing it
    /// could be misled by.
    /// </summary>
    public static BootloaderTraits Prior(CampaignState state, string? ownClass)
    {
        if (ownClass is not null && state.Classes.TryGetValue(ownClass, out var own)) return own.Traits;
        var known = state.Classes.Values.Where(entry => entry.HwVersion == state.HwVersion).Select(entry => entry.Traits).ToArray();
        return known.Length switch
        {
            0 => new(),
            1 => known[0],
            _ => new() { Pacing = known.Select(traits => traits.Pacing).Aggregate(ClassLearning.Slower) },
        };
    }

    /// <summary>
    /// Whether this device is to drop its link on purpose: nobody knows what its class keeps, no other device is finding out, and there is something
    /// to lose.
    /// </summary>
    public static bool ShouldProbe(CampaignState state, string? ownClass)
    {
        var prior = Prior(state, ownClass);
        return state.Prober is null && state.Probes.Length < MaxProbes && prior.Keeps == Keeps.Unknown && prior.InitMax is 0 or >= 512
            && state.ImageSizes.Max() > SmallestProbed;
    }

    private static Decision Learn(CampaignState state, BootloaderTraits learned)
    {
        var key = ClassKey.Of(state.HwVersion, learned);
        var known = state.Classes.GetValueOrDefault(key);
        var merged = known is null ? learned : ClassLearning.Merge(known.Traits, learned);
        if (known is not null && merged == known.Traits) return state;

        var entry = new ClassState { Key = key, HwVersion = state.HwVersion, Traits = merged };
        var next = state with { Classes = state.Classes.SetItem(key, entry) };
        var effects = ImmutableArray.Create<CampaignEffect>(new CampaignEffect.KeepClass(entry));
        if (merged.Keeps != Keeps.Nothing || state.NoticedClasses.Contains(key)) return new(next, effects);

        var notice = ClassLearning.SavesNothing(key, merged, state.ImageSizes.Max());
        next = next with { NoticedClasses = state.NoticedClasses.Add(key), Notices = state.Notices.Add(notice) };
        return new(next, effects.Add(new CampaignEffect.Announce(notice)));
    }
}
