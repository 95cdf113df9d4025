using System.Globalization;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Plans;

namespace Dfu.Fleet.Campaigns;

/// <summary>What happens when too many devices of a group, or of the campaign, failed.</summary>
internal static class ErrorRules
{
    /// <param name="since">The campaign before.</param>
    public static Decision Check(CampaignState state, CampaignState since, DateTimeOffset wall)
    {
        if (ReferenceEquals(state.Results, since.Results) && state.Stage == since.Stage) return state;
        if (state.Stage == CampaignStage.Finished || state.IsClosing || !(state.MayCome || state.Results.Count < state.Devices.Length)) return state;
        var met = Met(state).ToArray();
        if (met.FirstOrDefault(static one => one.Rule.Action == ErrorAction.Stop) is { Rule: not null } stop)
        {
            var stopped = CampaignTrail.Add(state, wall, CampaignTrail.Product, "campaignStopped", stop.Why);
            return CampaignMachine.Notice(stopped, $"Stopped: {stop.Why}; what waited was cancelled, what was under way is finished.")
                .Then(static next => CampaignMachine.Cancel(next, drain: true, requested: false));
        }

        if (met is not [var pause, ..] || state.IsHeldFor(HoldReason.Failures)) return state;
        var held = state.With(new(HoldReason.Failures, $"{pause.Why}; resume to go on, which counts anew"), HoldReason.Failures) with { Resumed = false };
        return CampaignTrail.Add(held, wall, CampaignTrail.Product, "campaignHeld", pause.Why);
    }

    private static IEnumerable<(ErrorRule Rule, string Why)> Met(CampaignState state)
    {
        if (state.Plan.Errors is { } all)
        {
            var failures = state.Results.Count(result => result.Value.Outcome == DeviceOutcome.Failed && !state.Forgiven.Contains(result.Key));
            var of = CampaignGroups.Total(state) ?? (state.Feed ? state.Devices.Length : int.MaxValue);
            if (all.IsMet(failures, of)) yield return (all, Why(failures, of, "of the campaign", all));
        }

        for (var i = 0; i < state.OpenEnds.Length; i++)
        {
            if (state.Plan.Groups[i].Errors is not { } rule) continue;
            var (failures, of) = CampaignGroups.Failures(state, i);
            if (rule.IsMet(failures, of)) yield return (rule, Why(failures, of, $"of group '{CampaignGroups.NameOf(state, i)}'", rule));
        }
    }

    private static string Why(int failures, int of, string whose, ErrorRule rule)
    {
        var most = rule.Count is { } count ? $"{count}" : string.Create(CultureInfo.InvariantCulture, $"{rule.Percent:0.##} %");
        var all = of == int.MaxValue ? "the" : $"{of}";
        return $"{failures} of {all} devices {whose} failed, and {most} are too many";
    }
}
