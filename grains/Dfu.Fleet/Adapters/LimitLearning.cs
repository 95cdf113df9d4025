using System.Collections.Immutable;

namespace Dfu.Fleet.Adapters;

/// <summary>
/// Hill climbing on what really got through. A higher limit is tried where all slots are taken, kept where the transfers it added gained a good part
/// of what the others have, and taken back where they did not or cost links.
/// </summary>
/// <remarks>
/// A link that has dropped holds its place and its share of the air until it is known to have. Where links drop after so many bytes, a full air has as many
/// such places however many transfers there are, and loses less by them the more there are. Losses are few, and chance decides how many a load meets; so what
/// a load saves by that is not measured but reckoned, from what all loads have lost for what they sent.
/// </remarks>
internal static class LimitLearning
{
    /// <summary>Where an adapter begins that nothing is known of: three transfers fill most dongles.</summary>
    internal const int First = 3;

    /// <summary>Measurements of one load before anything is taken back because of it.</summary>
    private const int SamplesToJudge = 3;

    /// <summary>What an added transfer must gain, as a share of what each of the others has: enough in any case, and enough after three measurements.</summary>
    private const double ClearGain = 0.6;
    private const double EnoughGain = 0.25;

    /// <summary>Where lost links hold at least this part of a load's places, more transfers need not gain anything else.</summary>
    private const double MuchLost = 0.1;

    /// <summary>Up to <see cref="First"/> transfers are not too many before they get less through than fewer did: slots are idle between transfers.</summary>
    private const double Worse = 0.85;

    /// <summary>More transfers that only save losses get at least this part of what the best load got; less each time would add up.</summary>
    private const double NoWorse = 0.97;

    /// <summary>
    /// So many transfers at the most for the sake of lost links alone: more hardly hold fewer, and where links drop after so much time and not after so many
    /// bytes, which a few losses do not tell, more transfers lose more.
    /// </summary>
    private const int MostForLosses = 8;

    /// <summary>Loads are compared that differ by at least this: between nearer ones chance decides.</summary>
    private const double LowerLoad = 0.8;

    /// <summary>Lost links before anything is concluded from them.</summary>
    private const int LossesToJudge = 3;

    /// <summary>
    /// Links lost at a load before it is blamed, as a share of its links, for of many links some are lost by chance; and how many times as often as at a lower
    /// one.
    /// </summary>
    private const double LostShare = 0.4;
    private const double LossesTimes = 3;

    /// <summary>Seconds of sending that a lost link costs: until it is known to be lost, and for what is sent again.</summary>
    private const double LossCosts = 6;

    /// <summary>A load is blamed for its losses when they leave less than this part of what a lower one has: a few come together by chance.</summary>
    private const double LeftByLosses = 0.75;

    /// <summary>What the newest of many measurements of a load counts for.</summary>
    private const double Share = 0.3;

    /// <summary>What was measured longer ago says nothing of the air of today.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan CompareAgain = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan FirstHold = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestHold = TimeSpan.FromMinutes(5);

    /// <summary>For a radio that was opened: what measuring taught before is where it starts, what it refused before is forgotten.</summary>
    public static TransferLimit Start(int ceiling, TransferLimit before)
    {
        var least = before.Hold == TimeSpan.Zero ? First : 1;
        return new() { Current = Math.Min(Math.Max(before.Current, least), ceiling), Ceiling = ceiling, RaiseAt = before.RaiseAt, Hold = before.Hold };
    }

    /// <summary>The adapter refused one link more than <paramref name="held"/>: a hard limit until it is opened again.</summary>
    public static TransferLimit Full(TransferLimit limit, int held)
    {
        var ceiling = Math.Clamp(held, 1, limit.Ceiling);
        return limit with { Ceiling = ceiling, Current = Math.Min(limit.Current, ceiling), RaisedFrom = 0 };
    }

    public static TransferLimit Measured(TransferLimit limit, LoadSample sample, DateTimeOffset at)
    {
        var sending = (int)Math.Round(sample.Sending);
        if (sending < 1) return limit;
        var next = limit with { Loads = Remember(limit.Loads, sending, sample, at) };
        if (sending > next.Current) return next; // transfers of before the limit was lowered
        var load = next.Loads.First(known => known.Sending == sending);
        var lower = next.Loads.LastOrDefault(known => known.Sending <= LowerLoad * sending);
        if (lower is not null || next.ComparedAt is null) next = next with { ComparedAt = at };
        if (lower is not null && IsTooMuch(next, load, lower)) return Lower(next, load, lower, at);
        if (lower is null && next.Current > First && at - next.ComparedAt >= CompareAgain) return Compare(next, at);
        if (!sample.Full || next.Current >= next.Ceiling || sending <= next.RaisedAt || next.RaiseAt > at || !IsWorthIt(next, load, lower)) return next;
        return next with
        {
            Current = Raised(next, load),
            Loads = next.Loads.RemoveAll(known => known.Sending > sending),
            RaisedFrom = next.Current,
            RaisedAt = sending,
            RaiseAt = null,
            Hold = lower is null || next.RaisedAt == 0 ? next.Hold : TimeSpan.Zero,
        };
    }

    /// <summary>
    /// By a half, so that a bridge of many links is soon used, and by a quarter after a step that was too long; by as many where many places are lost, for few
    /// more save little of that; to the ceiling from where the load there could not be told from a lower one.
    /// </summary>
    private static int Raised(TransferLimit limit, MeasuredLoad load)
    {
        var step = limit.Hold == TimeSpan.Zero ? (limit.Current + 1) / 2 : (limit.Current + 3) / 4;
        if (Lost(limit, load) >= MuchLost) step = Math.Max(step, Math.Min(limit.Current, MostForLosses - limit.Current));
        var raised = limit.Current + step;
        return raised <= LowerLoad * limit.Ceiling ? raised : limit.Ceiling;
    }

    /// <summary>Goes down to see what fewer get through, for that was long ago and the air may have changed; measuring brings it up again.</summary>
    private static TransferLimit Compare(TransferLimit limit, DateTimeOffset at) => limit with
    {
        Current = Math.Max(First, limit.Current / 2),
        Loads = [],
        RaisedFrom = 0,
        RaisedAt = 0,
        RaiseAt = null,
        ComparedAt = at,
    };

    private static TransferLimit Lower(TransferLimit limit, MeasuredLoad load, MeasuredLoad lower, DateTimeOffset at)
    {
        var hold = limit.Hold == TimeSpan.Zero ? FirstHold : Min(limit.Hold * 2, LongestHold);
        var current = limit switch
        {
            { RaisedFrom: > 0 } => limit.RaisedFrom,
            { Current: > First } => Math.Max(First, limit.Current - (load.Sending - lower.Sending)),
            _ => Math.Max(1, limit.Current - 1),
        };
        return limit with { Current = current, Loads = [], RaisedFrom = 0, RaisedAt = 0, Hold = hold, RaiseAt = at + hold };
    }

    private static bool IsTooMuch(TransferLimit limit, MeasuredLoad load, MeasuredLoad lower) =>
        (load.Samples >= SamplesToJudge && (limit.Current > First ? !IsEnough(limit, load, lower) : Goodput(load) < Worse * Goodput(lower)))
        || (load.Losses >= Math.Max(LossesToJudge, LostShare * load.Sending) && load.Losses * lower.Seconds > LossesTimes * (lower.Losses + 0.5) * load.Seconds
            && WithLosses(load) < LeftByLosses * WithLosses(lower));

    private static bool IsWorthIt(TransferLimit limit, MeasuredLoad load, MeasuredLoad? lower) =>
        lower is null || (load.Samples < SamplesToJudge ? Gain(load, lower) >= ClearGain : IsEnough(limit, load, lower));

    private static bool IsEnough(TransferLimit limit, MeasuredLoad load, MeasuredLoad lower) =>
        Gain(load, lower) >= EnoughGain
        || (load.Sending <= MostForLosses && Lost(limit, load) >= MuchLost && Goodput(load) >= NoWorse * limit.Loads.Max(Goodput));

    /// <summary>What each added transfer got, as a share of what a transfer had before: 1 where they do not hinder each other, 0 on a full air.</summary>
    private static double Gain(MeasuredLoad load, MeasuredLoad lower) => ((Goodput(load) / Goodput(lower)) - 1) * lower.Mean / (load.Mean - lower.Mean);

    /// <summary>Part of the places of a load that lost links hold.</summary>
    private static double Lost(TransferLimit limit, MeasuredLoad load)
    {
        var losses = limit.Loads.Sum(static known => known.Losses);
        if (losses < LossesToJudge) return 0;
        var lostForOne = LossCosts * load.Rate * losses / limit.Loads.Sum(static known => known.Seconds * known.Rate);
        return lostForOne / (1 + lostForOne);
    }

    /// <summary>What is left of the goodput when the time is counted that lost links cost.</summary>
    private static double WithLosses(MeasuredLoad load) => Goodput(load) * load.Seconds / (load.Seconds + (LossCosts * load.Losses));

    private static double Goodput(MeasuredLoad load) => load.Mean * load.Rate;

    private static ImmutableArray<MeasuredLoad> Remember(ImmutableArray<MeasuredLoad> loads, int sending, LoadSample sample, DateTimeOffset at)
    {
        var before = loads.FirstOrDefault(load => load.Sending == sending && at - load.At <= Fresh) ?? new(sending, 0, 0, 0, 0, 0, at);
        var samples = Math.Min(before.Samples + 1, SamplesToJudge);
        var share = Math.Max(Share, 1.0 / (before.Samples + 1));
        var now = before with
        {
            Mean = (share * sample.Sending) + ((1 - share) * before.Mean),
            Rate = (share * sample.Rate) + ((1 - share) * before.Rate),
            Losses = Fade(before.Losses, sample.Losses),
            Seconds = Fade(before.Seconds, sample.Seconds),
            Samples = samples,
            At = at,
        };
        return [.. loads.Where(load => load.Sending < sending && at - load.At <= Fresh), now,
            .. loads.Where(load => load.Sending > sending && at - load.At <= Fresh)];
    }

    /// <summary>Sums in which what came last counts most, and about the last twenty measurements count at all.</summary>
    private static double Fade(double sum, double more) => (0.95 * sum) + more;

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
