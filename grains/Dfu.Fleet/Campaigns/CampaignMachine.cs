using System.Collections.Immutable;
using System.Globalization;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Scan;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Transfers;

namespace Dfu.Fleet.Campaigns;

/// <summary>All decisions about a campaign: who belongs to it, what is known of its bootloaders, and when it is over.</summary>
public static class CampaignMachine
{
    /// <summary>Probes that may come to nothing before none is tried any more.</summary>
    private const int MaxProbes = 3;

    /// <summary>A drop of a smaller image costs less than a probe.</summary>
    private const long SmallestProbed = 8 * 4096;

    public static (CampaignState Next, ImmutableArray<CampaignEffect> Effects) Apply(CampaignState state, CampaignEvent e, FleetPolicy policy)
    {
        if (e.Source is not { } source) return Decide(state, e, policy);
        if (e.Number <= state.Heard.GetValueOrDefault(source)) return (state, []);
        var (next, effects) = Decide(state, e, policy);
        return (next with { Heard = next.Heard.SetItem(source, e.Number) }, effects);
    }

    private static (CampaignState Next, ImmutableArray<CampaignEffect> Effects) Decide(CampaignState state, CampaignEvent e, FleetPolicy policy) => e switch
    {
        CampaignEvent.RunStarted r when r.Run > state.Run => (Start(state, r.Run, r.At), []),
        CampaignEvent.TakenUp t when t.Run > state.Run => (TakeUp(state, t), []),
        CampaignEvent.DeviceHeard h when h.Run == state.Run && state.Stage == CampaignStage.Collecting && !state.Devices.Contains(h.Device) => Add(state, h),
        CampaignEvent.Listening l when l.Run == state.Run && state is { Stage: CampaignStage.Collecting, CollectingSince: null } =>
            (state with { CollectingSince = l.At }, []),
        CampaignEvent.DeviceEnded d when state.Devices.Contains(d.Device) && Counts(state, d) => FinishIfOver(
            state with { Results = state.Results.SetItem(d.Device, new(d.Outcome, d.Error)), Retrying = state.Retrying.Remove(d.Device) }),
        CampaignEvent.SameDevice s when state.Devices.Contains(s.Device) && state.Devices.Contains(s.As) && MayJoin(state, s.Device) =>
            Join(state, s),
        CampaignEvent.TraitsLearned t => Learn(state, t.Traits),
        CampaignEvent.ApplicationTold t => (state.ApplicationTells == t.Tells ? state : state with { ApplicationTells = t.Tells }, []),
        CampaignEvent.ProbeStarted p when state.Prober is null && !state.Probes.Contains(new(p.Device, p.Attempt)) =>
            (state with { Prober = new(p.Device, p.Attempt), Probes = state.Probes.Add(new(p.Device, p.Attempt)) }, []),
        CampaignEvent.ProbeEnded p when state.Prober == new Probe(p.Device, p.Attempt) => (state with { Prober = null }, []),
        CampaignEvent.LinkEnded l => (state with { LinkSeconds = state.LinkSeconds + l.Duration.TotalSeconds, Drops = state.Drops + (l.Dropped ? 1 : 0) }, []),
        CampaignEvent.CancelRequested c when c.Run == state.Run && state is { Stage: not CampaignStage.Finished, CancelRequested: false } => Cancel(state),
        CampaignEvent.Tick t when state.Stage != CampaignStage.Finished => EndCollecting(Work(state, t.At), t, policy),
        _ => (state, []),
    };

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

    /// <summary>Whether two targets turn out to be the two addresses of one device.</summary>
    /// <remarks>
    /// What was written to at a bootloader's address runs its application one below. The other way round, the address above an application may be a
    /// neighbour's: it is let go only after the whole patience, when nobody was heard there but the bootloader of the one below.
    /// </remarks>
    /// <param name="device">One of which there is news.</param>
    /// <param name="known">What is known of the others.</param>
    public static CampaignEvent.SameDevice? SameAs(CampaignState state, DeviceState device, Func<BluetoothAddress, DeviceState?> known)
    {
        if (device is { Settled: true, Bootloader: { } bootloader } && device.Application != bootloader)
        {
            if (bootloader == device.Id) return state.Devices.Contains(device.Application) ? new(device.Application, device.Id) : null;
            return state.Devices.Contains(bootloader) && known(bootloader) is { } above && IsOf(above, device) ? new(bootloader, device.Id) : null;
        }

        var application = device.Id.Application;
        return state.Devices.Contains(application) && known(application) is { } below && IsOf(device, below) ? new(device.Id, application) : null;
    }

    /// <summary>Whether a target that was never heard is where the bootloader of another one was; among public addresses it may be a neighbour's.</summary>
    private static bool IsOf(DeviceState unheard, DeviceState below) =>
        unheard is { Phase: DevicePhase.Done, Error: DfuError.NotHeard, Settled: false }
        && below is { Settled: true, Heard.IsRandomStatic: true } && below.Bootloader == unheard.Id && below.Application != unheard.Id;

    private static bool MayJoin(CampaignState state, BluetoothAddress device) =>
        state.Results.GetValueOrDefault(device) is null or { Error: DfuError.NotHeard };

    private static (CampaignState, ImmutableArray<CampaignEffect>) Join(CampaignState state, CampaignEvent.SameDevice s)
    {
        var notice = $"{s.Device} and {s.As} are the two addresses of one device; it is updated once.";
        var next = state with
        {
            Devices = state.Devices.Remove(s.Device),
            Gone = state.Gone.Add(s.Device),
            Results = state.Results.Remove(s.Device),
            Retrying = state.Retrying.Remove(s.Device),
            Notices = state.Notices.Add(notice),
        };
        var (over, effects) = FinishIfOver(next);
        return (over, [new CampaignEffect.LetGo(s.Device), new CampaignEffect.Announce(notice), .. effects]);
    }

    private static CampaignState Start(CampaignState state, int run, DateTimeOffset at) => state with
    {
        Run = run,
        RunStartedAt = at,
        EarlierSeconds = state.Seconds,
        CollectingSince = null,
        LastFound = null,
        Prober = null,
    };

    /// <remarks>A device that is being cancelled may end so at any moment: it is asked for again like those that have.</remarks>
    private static CampaignState TakeUp(CampaignState state, CampaignEvent.TakenUp t)
    {
        var over = state.Stage == CampaignStage.Finished;
        var started = over ? Start(state, t.Run, t.At) : state with { Run = t.Run };
        var again = state.Results.Where(static pair => CampaignState.MayTryAgain(pair.Value.Outcome)).Select(static pair => pair.Key).ToArray();
        var cancelled = state.CancelRequested ? state.Devices.Where(device => !state.Results.ContainsKey(device)) : [];
        var retrying = state.Retrying.SetItems(again.Concat(cancelled).Select(device => KeyValuePair.Create(device, t.Run)));
        var grows = over && state.MayGrow;
        if (over && !grows && again.Length == 0) return started;
        return started with
        {
            Results = state.Results.RemoveRange(again),
            Retrying = retrying,
            Stage = grows ? CampaignStage.Collecting : over ? CampaignStage.Running : state.Stage,
            Outcome = CampaignOutcome.Running,
            CancelRequested = false,
        };
    }

    /// <summary>The first outcome since the device was last asked for counts; that it is updated counts whenever that was.</summary>
    private static bool Counts(CampaignState state, CampaignEvent.DeviceEnded e) =>
        !state.Results.ContainsKey(e.Device)
        && (e.Outcome.IsGood() || e.Run >= state.Retrying.GetValueOrDefault(e.Device));

    private static CampaignState Work(CampaignState state, DateTimeOffset at)
    {
        var seconds = state.EarlierSeconds + (at - state.RunStartedAt).TotalSeconds;
        return seconds > state.Seconds ? state with { Seconds = seconds } : state;
    }

    private static (CampaignState, ImmutableArray<CampaignEffect>) Add(CampaignState state, CampaignEvent.DeviceHeard h)
    {
        if (state.Count is { } count && state.Devices.Length >= count) return (state, []);
        return (state with { Devices = state.Devices.Add(h.Device), LastFound = h.At }, [new CampaignEffect.AddDevice(h.Device, h.At)]);
    }

    private static (CampaignState, ImmutableArray<CampaignEffect>) EndCollecting(CampaignState state, CampaignEvent.Tick tick, FleetPolicy policy)
    {
        var at = tick.At;
        if (state.Stage != CampaignStage.Collecting) return (state, []);
        if (state.Count is { } count)
        {
            if (state.Devices.Length >= count) return FinishIfOver(state with { Stage = CampaignStage.Running });
            var since = state.LastFound > state.CollectingSince ? state.LastFound : state.CollectingSince ?? state.RunStartedAt;
            if (at - since < policy.Patience) return (state, []);
            var few = string.Create(
                CultureInfo.InvariantCulture, $"Only {state.Devices.Length} of {count} devices were heard; none more for {policy.Patience.TotalSeconds:0} s.");
            return Notice(state with { Stage = CampaignStage.Running }, state.Devices.IsEmpty ? Nobody(state, policy.Patience, tick.Bystanders) : few);
        }

        if (state.CollectingSince is not { } from)
            return at - state.RunStartedAt < policy.Patience + state.ScanTime
                ? (state, [])
                : Notice(state with { Stage = CampaignStage.Running }, "No adapter was there to listen for devices.");
        if (at - from < state.ScanTime) return (state, []);
        return state.Devices.IsEmpty
            ? Notice(state with { Stage = CampaignStage.Running }, Nobody(state, state.ScanTime, tick.Bystanders))
            : FinishIfOver(state with { Stage = CampaignStage.Running });
    }

    /// <summary>That none of the devices that were asked for was heard, and who was instead.</summary>
    private static string Nobody(CampaignState state, TimeSpan listened, string bystanders)
    {
        var nobody = state.NameGlob is { } glob ? $"No device named '{HeardNames.ForPeople(glob)}'" : "No device";
        if (bystanders.Length == 0) return $"{nobody} was heard; check that they are powered and near, or listen longer.";
        var kind = state.NameGlob is null ? " that advertises DFU" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{nobody}{kind} was heard in {listened.TotalSeconds:0.#} s; heard: {bystanders}.");
    }

    private static (CampaignState, ImmutableArray<CampaignEffect>) Notice(CampaignState state, string notice)
    {
        var (next, effects) = FinishIfOver(state.Notices.Contains(notice) ? state : state with { Notices = state.Notices.Add(notice) });
        return (next, effects.Insert(0, new CampaignEffect.Announce(notice)));
    }

    private static (CampaignState, ImmutableArray<CampaignEffect>) Cancel(CampaignState state)
    {
        var pending = state.Devices.Where(device => !state.Results.ContainsKey(device)).ToArray();
        var next = state with { CancelRequested = true, Stage = CampaignStage.Running };
        return pending.Length == 0 ? FinishIfOver(next) : (next, [.. pending.Select(CampaignEffect (device) => new CampaignEffect.CancelDevice(device))]);
    }

    private static (CampaignState, ImmutableArray<CampaignEffect>) FinishIfOver(CampaignState state)
    {
        if (state.Stage != CampaignStage.Running || state.Results.Count < state.Devices.Length) return (state, []);
        var whole = state.Devices.Length > 0 && !(state.Count > state.Devices.Length);
        var good = whole && state.Results.Values.All(static result => result.Outcome.IsGood());
        var outcome = good ? CampaignOutcome.Succeeded : CampaignOutcome.Failed;
        return (state with { Stage = CampaignStage.Finished, Outcome = outcome, Prober = null }, [new CampaignEffect.Finished(outcome)]);
    }

    private static (CampaignState, ImmutableArray<CampaignEffect>) Learn(CampaignState state, BootloaderTraits learned)
    {
        var key = ClassKey.Of(state.HwVersion, learned);
        var known = state.Classes.GetValueOrDefault(key);
        var merged = known is null ? learned : ClassLearning.Merge(known.Traits, learned);
        if (known is not null && merged == known.Traits) return (state, []);

        var entry = new ClassState { Key = key, HwVersion = state.HwVersion, Traits = merged };
        var next = state with { Classes = state.Classes.SetItem(key, entry) };
        var effects = ImmutableArray.Create<CampaignEffect>(new CampaignEffect.KeepClass(entry));
        if (merged.Keeps != Keeps.Nothing || state.NoticedClasses.Contains(key)) return (next, effects);

        var notice = ClassLearning.SavesNothing(key, merged, state.ImageSizes.Max());
        next = next with { NoticedClasses = state.NoticedClasses.Add(key), Notices = state.Notices.Add(notice) };
        return (next, effects.Add(new CampaignEffect.Announce(notice)));
    }
}
