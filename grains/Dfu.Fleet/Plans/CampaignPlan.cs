using System.Collections.Immutable;

namespace Dfu.Fleet.Plans;

/// <summary>How a campaign is to be carried out, as its operator wrote it. The empty plan is one group, at once, to the end.</summary>
public sealed record CampaignPlan
{
    /// <summary>What a campaign is given where nothing else is said.</summary>
    public const int UsualPriority = 5;

    public const int LongestName = 80;

    /// <summary>What people call the campaign, at most 80 characters; part of what makes two requests the same. Empty for none.</summary>
    public string Name { get; init; } = "";

    /// <summary>1 to 9: devices of a campaign with a higher one go first where radios are shared.</summary>
    public int Priority { get; init; } = UsualPriority;

    /// <summary>In the order they are updated; empty is one group of all.</summary>
    public ImmutableArray<GroupPlan> Groups { get; init; } = [];

    /// <summary>How many failures of the whole campaign are too many; null is any number.</summary>
    public ErrorRule? Errors { get; init; }

    public CampaignSchedule Schedule { get; init; } = new();

    public FinishPlan Finish { get; init; } = new();

    /// <summary>Devices that are known to run what would be sent, or to refuse it, are sent it all the same.</summary>
    public bool Force { get; init; }

    /// <summary>What is wrong with it, in a sentence; null when nothing is.</summary>
    /// <param name="total">How many devices there will be; null when that is not known before.</param>
    public string? Flaw(int? total) => this switch
    {
        _ when Name.Length > LongestName || Name.Any(char.IsControl) => $"a campaign's name has at most {LongestName} characters, and no control characters",
        { Priority: < 1 or > 9 } => "a campaign's priority is 1 to 9",
        _ => GroupPlan.Flaw(Groups, total) ?? Errors?.Flaw() ?? Schedule.Flaw() ?? Finish.Flaw(),
    };
}
