using System.Globalization;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Plans;
using Dfu.Reports;

namespace Dfu.Server.Console.NewCampaign;

/// <summary>How a campaign that is being made is to be carried out, as it is written into the page's fields.</summary>
public sealed class CampaignDraft
{
    public string Title { get; set; } = "";

    /// <summary>Sizes of the groups that go first, with commas: <c>10, 5%</c>; empty is all at once.</summary>
    public string Groups { get; set; } = "";
    public bool Approval { get; set; }
    public string MaxFailures { get; set; } = "";
    public int Priority { get; set; } = CampaignPlan.UsualPriority;
    public int PatienceSeconds { get; set; } = (int)new CampaignLimits().Patience.TotalSeconds;
    public int? Concurrency { get; set; }
    public int? PerAdapter { get; set; }
    public bool Verify { get; set; } = true;
    public bool Force { get; set; }
    public bool Restart { get; set; }

    public CampaignLimits Limits => new()
    {
        Patience = TimeSpan.FromSeconds(PatienceSeconds), MaxConcurrency = Concurrency, MaxTransfersPerAdapter = PerAdapter,
    };

    public CampaignPlan Plan
    {
        get
        {
            var first = Sizes.Select(size => (GroupPlan.TryParse(size, out var group) ? group : new()) with { Approval = Approval }).ToList();
            return new()
            {
                Name = Title.Trim(),
                Priority = Priority,
                Groups = first.Count == 0 ? [] : [.. first, new()],
                Errors = ErrorRule.TryParse(MaxFailures, out var rule) ? rule : null,
                Finish = new() { Verify = Verify },
                Force = Force,
            };
        }
    }

    private IEnumerable<string> Sizes => Groups.Split([',', ';', ' '], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>What is wrong with it, in a sentence; null when nothing is.</summary>
    /// <param name="total">How many devices there will be; null when that is not known before.</param>
    public string? Flaw(int? total)
    {
        if (Sizes.FirstOrDefault(static size => !GroupPlan.TryParse(size, out _)) is { } wrong) return $"'{wrong}' is no size of a group such as 10 or 5%";
        if (MaxFailures.Trim().Length > 0 && !ErrorRule.TryParse(MaxFailures, out _)) return $"'{MaxFailures}' is no number of failures such as 3 or 5%";
        return Plan.Flaw(total) ?? Limits.Flaw();
    }

    /// <summary>All of it in one sentence: what is brought to whom, over what, and what stops it.</summary>
    public string Summary(ChosenPackage package, ChosenTargets targets, int adapters)
    {
        var over = adapters > 0 ? $"over {Format.Count(adapters, "adapter")}" : "as soon as an adapter is ready";
        var text = $"Bring {package.Facts.Title} to {targets.Words}, {over}";
        var sizes = string.Join(", then ", Sizes);
        if (sizes.Length > 0) text += $"; first {sizes}, then the rest{(Approval ? ", each group after an approval" : "")}";
        if (MaxFailures.Trim() is { Length: > 0 } most) text += $"; pause at {most} failed";
        if (PatienceSeconds != (int)new CampaignLimits().Patience.TotalSeconds)
            text += string.Create(CultureInfo.InvariantCulture, $"; give up on who is not heard for {PatienceSeconds} s");
        return text + (Force ? "; also where it runs already." : ".");
    }
}
