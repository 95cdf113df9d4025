using System.Collections.Immutable;
using Dfu.Fleet.Plans;

namespace Dfu.Fleet.Campaigns;

/// <summary>Why no further device of a campaign begins.</summary>
public enum HoldReason
{
    /// <summary>Somebody paused it.</summary>
    Paused = 0,

    /// <summary>Too many devices failed.</summary>
    Failures,

    /// <summary>Its start has not come.</summary>
    NotStarted,

    /// <summary>It is outside its time windows.</summary>
    OutsideWindow,

    /// <summary>The next group needs an approval.</summary>
    Approval,

    /// <summary>A group ended with fewer updated devices than the next one asks for.</summary>
    TooFewUpdated,
}

/// <param name="Detail">In a sentence, for people.</param>
/// <param name="Until">When it will be over by itself, by the clock on the wall; null when somebody must do something.</param>
public sealed record CampaignHold(HoldReason Reason, string Detail, DateTimeOffset? Until = null);

/// <summary>A group of a campaign at one moment.</summary>
/// <param name="Devices">How many it has so far.</param>
/// <param name="Open">Its devices may begin.</param>
public sealed record GroupView(string Name, int Devices, int Updated, int Failed, int Cancelled, bool Open);

/// <summary>How a campaign stands, without its devices.</summary>
public sealed record CampaignStanding
{
    public required string Id { get; init; }
    public required string PackageId { get; init; }
    public string Name { get; init; } = "";
    public int Priority { get; init; } = CampaignPlan.UsualPriority;
    public CampaignOutcome Outcome { get; init; }
    public bool Collecting { get; init; }
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When its last device had an outcome, by the clock on the wall; null while it is not over.</summary>
    public DateTimeOffset? EndedAt { get; init; }
    public int Devices { get; init; }
    public int Updated { get; init; }

    /// <summary>Of <see cref="Updated"/>: those that ran the package already.</summary>
    public int AlreadyCurrent { get; init; }
    public int Failed { get; init; }
    public int Cancelled { get; init; }
    public bool CancelRequested { get; init; }
    public ImmutableArray<CampaignHold> Holds { get; init; } = [];
    public ImmutableArray<GroupView> Groups { get; init; } = [];
}
