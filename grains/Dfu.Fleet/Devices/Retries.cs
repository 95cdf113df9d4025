using System.Collections.Immutable;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Devices;

/// <summary>When an attempt that ended in an error is followed by another.</summary>
public enum RetryClass
{
    /// <summary>Repeating cannot cure it: a refusal, the package, the host.</summary>
    Never = 0,

    /// <summary>The link's trouble: over a new link, on whichever adapter suits best.</summary>
    Soon,

    /// <summary>The adapter's trouble, or it may be: another adapter that hears the device goes first.</summary>
    Elsewhere,

    /// <summary>The device is busy, or stuck until it resets by itself.</summary>
    Later,
}

/// <summary>What fruitless attempts of a device on one adapter came to.</summary>
/// <param name="Epoch">The adapter's.</param>
/// <param name="Attempt">The last of them.</param>
/// <param name="Fruitless">Those that count towards the device's failure.</param>
/// <param name="Connects">Of those: attempts that ended because there was no link.</param>
/// <param name="ServedOthers">The adapter served other devices meanwhile.</param>
/// <param name="Told">The adapter was told that another one connected to the device since.</param>
/// <param name="Blamed">The adapter turned out bad: what fails on it in this epoch for want of a link is not the device's fault.</param>
public sealed record AdapterTrouble(
    string Adapter, int Epoch, int Attempt, int Fruitless = 0, int Connects = 0, bool ServedOthers = false, bool Told = false, bool Blamed = false);

/// <summary>Whether, when and where a device is tried again after an attempt that failed, and whose fault that was: decided from the error alone.</summary>
public static class Retries
{
    /// <summary>Adapters a device failed on that are remembered.</summary>
    private const int TroublesKept = 4;

    /// <summary>How far a pause may be from what it is on the average, either way.</summary>
    private const double Jitter = 0.2;

    private static readonly TimeSpan AfterFullAdapter = TimeSpan.FromSeconds(1);

    public static RetryClass ClassOf(DfuError error) => error switch
    {
        DfuError.AdapterLost or DfuError.AdapterFull or DfuError.ConnectFailed or DfuError.ConnectTimeout => RetryClass.Elsewhere,
        DfuError.FlashBusy or DfuError.DataPathStuck => RetryClass.Later,
        DfuError.Interrupted => RetryClass.Soon,
        _ => error.IsTransient() ? RetryClass.Soon : RetryClass.Never,
    };

    /// <summary>The adapter that goes last for a device; null when all are the same to it.</summary>
    public static string? Avoids(DeviceState device) =>
        device.Losses is not null || ClassOf(device.Error) == RetryClass.Elsewhere ? device.Adapter : null;

    /// <summary>How long a device in this state keeps away from its adapters after its last attempt.</summary>
    public static TimeSpan Pause(DeviceState state, FleetPolicy policy) => state.Error switch
    {
        DfuError.AdapterLost => TimeSpan.Zero,
        DfuError.AdapterFull => Jittered(AfterFullAdapter, state.Id, state.Attempt),
        DfuError.Interrupted => Backoff(state, (state.Losses?.Count ?? 1) - 1, policy),
        DfuError.DataPathStuck => DeviceMachine.Inactivity, // until it resets by itself, not a moment earlier
        _ => Backoff(state, state.Fruitless, policy),
    };

    /// <summary>What the device knows of its adapters after an attempt without any new confirmed byte.</summary>
    internal static ImmutableArray<AdapterTrouble> After(DeviceState state, DeviceEvent.Ended x)
    {
        var known = Find(state, state.Adapter, state.AdapterEpoch) ?? new(state.Adapter!, state.AdapterEpoch, x.Attempt);
        return With(state.Troubles, known with
        {
            Attempt = x.Attempt,
            Fruitless = known.Fruitless + 1,
            Connects = known.Connects + (IsFailedConnect(x.Error) ? 1 : 0),
            ServedOthers = known.ServedOthers || x.AdapterServedOthers,
            Told = false,
        });
    }

    /// <summary>The attempt confirmed something, or the operator asks anew: what was fruitless before counts no more.</summary>
    internal static ImmutableArray<AdapterTrouble> Forgiven(ImmutableArray<AdapterTrouble> troubles) =>
        [.. troubles.Select(static trouble => trouble with { Fruitless = 0, Connects = 0, ServedOthers = false })];

    /// <summary>The adapter that failed to connect was bad.</summary>
    internal static bool IsAdaptersFault(DeviceState state, DfuError error) =>
        IsFailedConnect(error) && Find(state, state.Adapter, state.AdapterEpoch) is { Blamed: true };

    /// <summary>An adapter turned out bad: attempts that found no link over it do not count against the device, nor does one that has yet to end.</summary>
    internal static DeviceState Exonerate(DeviceState state, DeviceEvent.AdapterBlamed blamed)
    {
        var known = Find(state, blamed.Adapter, blamed.Epoch);
        var current = state.Running && (state.Adapter, state.AdapterEpoch, state.Attempt) == (blamed.Adapter, blamed.Epoch, blamed.Attempt);
        if (state.Phase == DevicePhase.Done || known is { Blamed: true } || known?.Attempt > blamed.Attempt || (known is null && !current)) return state;
        known ??= new(blamed.Adapter, blamed.Epoch, blamed.Attempt);
        return state with
        {
            Fruitless = Math.Max(0, state.Fruitless - known.Connects),
            Failures = Math.Max(0, state.Failures - known.Connects),
            Troubles = With(state.Troubles, known with { Fruitless = known.Fruitless - known.Connects, Connects = 0, Blamed = true }),
        };
    }

    /// <summary>The device's link over its present adapter is open: those that could not connect to it are told, once.</summary>
    internal static (DeviceState Next, ImmutableArray<DeviceEffect> Effects) Linked(DeviceState state)
    {
        var failed = state.Troubles.Where(trouble => trouble.Adapter != state.Adapter && trouble is { Connects: > 0, Told: false }).ToArray();
        if (failed.Length == 0) return (state, []);
        var troubles = state.Troubles.Select(trouble => failed.Contains(trouble) ? trouble with { Told = true } : trouble);
        return (
            state with { Troubles = [.. troubles] },
            [.. failed.Select(static trouble => new DeviceEffect.ServedElsewhere(trouble.Adapter, trouble.Epoch, trouble.Attempt))]);
    }

    /// <summary>That it is the device's fault, where it is: it failed on several adapters that served others meanwhile. Empty otherwise.</summary>
    internal static string WhereItFailed(DeviceState state)
    {
        var adapters = state.Troubles.Where(static trouble => trouble is { Fruitless: > 0, ServedOthers: true })
            .Select(static trouble => trouble.Adapter).Distinct().ToArray();
        return adapters.Length < 2 ? "" : $"; failed on {string.Join(", ", adapters[..^1])} and {adapters[^1]}, which served others meanwhile";
    }

    private static bool IsFailedConnect(DfuError error) => error is DfuError.ConnectFailed or DfuError.ConnectTimeout;

    private static AdapterTrouble? Find(DeviceState state, string? adapter, int epoch) =>
        state.Troubles.FirstOrDefault(trouble => trouble.Adapter == adapter && trouble.Epoch == epoch);

    private static ImmutableArray<AdapterTrouble> With(ImmutableArray<AdapterTrouble> troubles, AdapterTrouble trouble) =>
        [.. troubles.Where(known => (known.Adapter, known.Epoch) != (trouble.Adapter, trouble.Epoch)).TakeLast(TroublesKept - 1), trouble];

    /// <summary>Doubles with each fruitless attempt.</summary>
    private static TimeSpan Backoff(DeviceState state, int fruitless, FleetPolicy policy)
    {
        if (fruitless == 0) return TimeSpan.Zero;
        var doublings = Math.Min(fruitless, 16) - (ClassOf(state.Error) == RetryClass.Later ? 0 : 1);
        var seconds = policy.FirstBackoff.TotalSeconds * Math.Pow(2, doublings);
        return Jittered(TimeSpan.FromSeconds(Math.Min(seconds, policy.LongestBackoff.TotalSeconds)), state.Id, state.Attempt);
    }

    /// <summary>Many devices whose attempts ended at once do not come back at once. The same device and attempt always has the same pause.</summary>
    private static TimeSpan Jittered(TimeSpan pause, BluetoothAddress device, int attempt)
    {
        var mixed = (device.Value * 0x9E37_79B9_7F4A_7C15ul) + (ulong)attempt;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58_476D_1CE4_E5B9ul;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D0_49BB_1331_11EBul;
        var share = ((mixed ^ (mixed >> 31)) >> 11) / (double)(1ul << 53);
        return TimeSpan.FromMilliseconds(Math.Round(pause.TotalMilliseconds * (1 - Jitter + (2 * Jitter * share))));
    }
}
