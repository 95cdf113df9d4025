namespace Dfu.Fleet.Devices;

/// <summary>What an attempt has cost so far. It only grows, so that a later one replaces an earlier.</summary>
public sealed record AttemptCost(TimeSpent Time, DeviceWear Wear);

/// <summary>What a device has cost in its campaign: where its time went and what its flash was erased for.</summary>
public sealed record DeviceCosts
{
    public TimeSpent Time { get; init; } = new();
    public DeviceWear Wear { get; init; }

    /// <summary>Both when the attempt began that runs, or ran last.</summary>
    public TimeSpent TimeBefore { get; init; } = new();
    public DeviceWear WearBefore { get; init; }

    /// <summary>
    /// When the attempt, the wait or the pause began that is under way: <see cref="TimeBefore"/> reaches to there. Default when nobody
    /// counted.
    /// </summary>
    public DateTimeOffset Since { get; init; }

    /// <summary>What the time goes to while a device is in this phase and nothing closer is known.</summary>
    public static TimeUse UseOf(DevicePhase phase) => phase switch
    {
        DevicePhase.Queued => TimeUse.Waiting,
        DevicePhase.BackingOff => TimeUse.BackingOff,
        DevicePhase.Connecting => TimeUse.Connecting,
        DevicePhase.Jumping => TimeUse.Jumping,
        DevicePhase.Reconciling or DevicePhase.SendingInit => TimeUse.Resuming,
        DevicePhase.Sending => TimeUse.Air,
        DevicePhase.Saving => TimeUse.Saving,
        DevicePhase.Activating => TimeUse.Executing,
        _ => TimeUse.Finishing,
    };

    /// <summary>The state after an event, with what the event tells of costs.</summary>
    internal static DeviceState Account(DeviceState before, DeviceState after, DeviceEvent e)
    {
        var costs = after.Costs;
        if (e is DeviceEvent.IOfCost { Cost: { } cost } && before.Running)
            costs = costs with { Time = costs.TimeBefore + cost.Time, Wear = costs.WearBefore + cost.Wear };
        if (IsAnother(before, after) && e.At() is { } at)
        {
            var time = before.Phase == DevicePhase.Done ? costs.Time : costs.TimeAt(before.Phase, at);
            costs = costs with { Time = time, TimeBefore = time, WearBefore = costs.Wear, Since = at };
        }

        return ReferenceEquals(costs, after.Costs) ? after : after with { Costs = costs };
    }

    /// <summary>Where the time went up to a moment. What the attempt under way has not told of is counted by the phase it is in.</summary>
    public TimeSpent TimeAt(DevicePhase phase, DateTimeOffset at)
    {
        if (phase == DevicePhase.Done || Since == default) return Time;
        var untold = (at - Since).TotalSeconds - (Time.Total - TimeBefore.Total);
        return untold > 0 ? Time.Plus(UseOf(phase), untold) : Time;
    }

    /// <summary>Erases that the activation of an image costs, and the save at the last EXECUTE before it.</summary>
    /// <param name="copied">The image was received behind an application that is there, and is copied over it.</param>
    internal DeviceCosts Activated(int pages, bool copied, bool last)
    {
        var wear = new DeviceWear(copied ? pages : 0, 2, last ? 1 : 0);
        return this with { Wear = Wear + wear, WearBefore = WearBefore + wear };
    }

    /// <summary>Whether a wait, a pause or an attempt ended with the event.</summary>
    private static bool IsAnother(DeviceState before, DeviceState after) =>
        before.Attempt != after.Attempt
        || (before.Running != after.Running)
        || (!after.Running && before.Phase != after.Phase);
}
