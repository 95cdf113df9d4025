using System.Collections.Immutable;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Transfers;

namespace Dfu.Reports;

/// <summary>What a device went through in a campaign, as a line of time.</summary>
/// <param name="Parts">One after another, without gaps.</param>
/// <param name="Attempts">Those that are still known, oldest first.</param>
/// <param name="From">Where the line begins and ends, in seconds since its first attempt began.</param>
public sealed record DeviceStory(ImmutableArray<StoryPart> Parts, ImmutableArray<StoryAttempt> Attempts, double From, double To)
{
    public double Seconds => To - From;

    /// <summary>Ends of attempts that the device went on from, with what it had kept.</summary>
    public IEnumerable<StoryDrop> Drops
    {
        get
        {
            for (var i = 0; i < Attempts.Length; i++)
            {
                if (Attempts[i] is { Error: not DfuError.None, To: { } at })
                    yield return new(at, Attempts[i], i + 1 < Attempts.Length ? Attempts[i + 1].Found : null);
            }
        }
    }

    /// <summary>When something happened, by the clock on the wall.</summary>
    public static DateTimeOffset? At(DeviceState device, double seconds) => device.StartedOnWall?.AddSeconds(seconds);

    /// <param name="seconds">Since its first attempt began, for one that is not done: now.</param>
    /// <returns>Null when nothing is known, as before the first attempt.</returns>
    public static DeviceStory? Of(DeviceState device, double seconds)
    {
        if (device.Moments.IsEmpty) return null;
        var moments = device.Moments;
        var end = device.Phase == DevicePhase.Done ? moments[^1].Seconds : Math.Max(seconds, moments[^1].Seconds);
        var parts = ImmutableArray.CreateBuilder<StoryPart>();
        var attempts = ImmutableArray.CreateBuilder<StoryAttempt>();
        for (var i = 0; i < moments.Length; i++)
        {
            var moment = moments[i];
            var next = i + 1 < moments.Length ? moments[i + 1] : null;
            var until = next?.Seconds ?? end;
            if (moment.Attempt > 0) attempts.Add(new(moment.Attempt, moment.Seconds, moment.Adapter ?? "", moment.Rssi));
            if (attempts.Count > 0 && attempts[^1].To is null)
            {
                if (moment.Found is { } found) attempts[^1] = attempts[^1] with { Found = found };
                if (moment.Phase is DevicePhase.Queued or DevicePhase.BackingOff or DevicePhase.Done)
                    attempts[^1] = attempts[^1] with { To = moment.Seconds, Error = moment.Error };
            }

            if (moment.Phase == DevicePhase.Done) continue;
            var gained = (next?.Confirmed ?? device.BytesConfirmed) - moment.Confirmed;
            var rate = moment.Phase == DevicePhase.Sending && until > moment.Seconds && gained > 0 ? gained / (until - moment.Seconds) : 0;
            parts.Add(new(moment.Phase, moment.Seconds, until, rate));
        }

        return new(parts.ToImmutable(), attempts.ToImmutable(), moments[0].Seconds, end);
    }
}

/// <param name="Rate">Bytes a second that were confirmed; 0 where none were sent.</param>
public sealed record StoryPart(DevicePhase Phase, double From, double To, double Rate)
{
    public double Seconds => To - From;
}

/// <param name="Rssi">How well the adapter heard the device, dBm; null when that is not known.</param>
public sealed record StoryAttempt(int Number, double From, string Adapter, int? Rssi)
{
    /// <summary>Null while it is under way.</summary>
    public double? To { get; init; }

    /// <summary>What ended it.</summary>
    public DfuError Error { get; init; }

    /// <summary>What the device turned out to hold when it was connected; null for a first start.</summary>
    public ResumeRecord? Found { get; init; }
}

/// <param name="Found">What the next attempt found; null when there was none yet.</param>
public sealed record StoryDrop(double At, StoryAttempt Attempt, ResumeRecord? Found);
