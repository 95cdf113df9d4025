namespace Dfu.Api.Events;

/// <summary>What the events of a stream are called. Each but the last has an id, by which a reader goes on where it was.</summary>
public static class EventNames
{
    /// <summary>Forget what was told before: this and what follows is all of it. Data as of <see cref="Changes"/>.</summary>
    public const string Snapshot = "snapshot";

    /// <summary>What changed: a <see cref="CampaignUpdate"/> or <see cref="FleetUpdate"/>.</summary>
    public const string Changes = "changes";

    /// <summary>The stream ends for good: an <see cref="ApiProblem"/>.</summary>
    public const string Problem = "problem";
}
