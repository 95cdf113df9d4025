using System.Collections.Immutable;
using System.Globalization;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Plans;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Campaigns;

/// <summary>Which device is in which group, and which groups are open. A device's group follows from its place among the campaign's devices.</summary>
public static class CampaignGroups
{
    /// <summary>Devices before this place may begin.</summary>
    public static int OpenTo(CampaignState state) =>
        state.Plan.Groups.IsEmpty ? int.MaxValue : state.OpenEnds.IsEmpty ? 0 : state.OpenEnds[^1];

    /// <summary>Devices without an outcome that are to take part: those of open groups, and of a feed that still takes units no more than it wants.</summary>
    public static IEnumerable<BluetoothAddress> TakingPart(CampaignState state)
    {
        var open = OpenTo(state);
        var wanted = state is { Feed: true, Stage: CampaignStage.Collecting, Count: { } count } ? count - state.Good : int.MaxValue;
        for (var i = 0; i < state.Devices.Length && i < open && wanted > 0; i++)
        {
            if (state.Results.ContainsKey(state.Devices[i])) continue;
            wanted--;
            yield return state.Devices[i];
        }
    }

    /// <summary>Its groups as they are now, open ones first; empty for a campaign without groups.</summary>
    public static ImmutableArray<GroupView> Views(CampaignState state)
    {
        var views = ImmutableArray.CreateBuilder<GroupView>();
        int? begin = 0;
        for (var i = 0; i < state.Plan.Groups.Length; i++)
        {
            var end = begin is { } from ? EndOf(state, i, from) : null;
            var count = CountIn(state, begin ?? state.Devices.Length, end ?? state.Devices.Length);
            views.Add(new(NameOf(state, i), count.Devices, count.Updated, count.Failed, count.Cancelled, i < state.OpenEnds.Length));
            begin = end;
        }

        return views.ToImmutable();
    }

    internal static string NameOf(CampaignState state, int group) =>
        state.Plan.Groups[group].Name is { Length: > 0 } name ? name : string.Create(CultureInfo.InvariantCulture, $"{group + 1}");

    /// <summary>Failed devices of a group that count, and how many it has or will have.</summary>
    internal static (int Failures, int Of) Failures(CampaignState state, int group)
    {
        var (begin, end) = (group == 0 ? 0 : state.OpenEnds[group - 1], state.OpenEnds[group]);
        var count = CountIn(state, begin, end);
        return (count.Unforgiven, Size(state, count.Devices, begin, end));
    }

    /// <summary>Opens every group whose time has come, and says what the next one waits for.</summary>
    internal static Decision Advance(CampaignState state, DateTimeOffset wall)
    {
        var groups = state.Plan.Groups;
        var next = state;
        CampaignHold? waits = null;
        while (next.Stage != CampaignStage.Finished && !next.IsClosing && next.OpenEnds.Length < groups.Length && waits is null)
        {
            var group = next.OpenEnds.Length;
            var begin = group == 0 ? 0 : next.OpenEnds[^1];
            if (EndOf(next, group, begin) is not { } end) break;
            if (group > 0 && next.Approved < group)
            {
                var (ready, all) = Outcome(next, group - 1);
                if (!ready && !all) break;
                if (!next.MayCome && begin >= next.Devices.Length) break;
                if (!ready) waits = TooFew(next, group);
                else if (groups[group - 1].Approval) waits = new(HoldReason.Approval, $"group '{NameOf(next, group)}' waits for somebody to approve it");
                if (waits is not null) break;
            }

            next = next with { OpenEnds = next.OpenEnds.Add(end) };
            if (group > 0) next = CampaignTrail.Add(next, wall, CampaignTrail.Product, "groupOpened", $"group '{NameOf(next, group)}'");
        }

        var known = next.Hold(HoldReason.Approval) ?? next.Hold(HoldReason.TooFewUpdated);
        if (waits == known) return next;
        next = next.With(waits, HoldReason.Approval, HoldReason.TooFewUpdated);
        return waits is null ? next : CampaignTrail.Add(next, wall, CampaignTrail.Product, "groupWaits", waits.Detail);
    }

    /// <summary>The campaign by another plan. Whose devices may begin already still may.</summary>
    internal static CampaignState Plan(CampaignState state, CampaignPlan plan)
    {
        if (ReferenceEquals(plan, state.Plan)) return state;
        var open = OpenTo(state);
        var next = state with { Plan = plan, OpenEnds = [] };
        while (next.OpenEnds.Length < plan.Groups.Length && OpenTo(next) < open)
        {
            var end = EndOf(next, next.OpenEnds.Length, OpenTo(next)) ?? open;
            next = next with { OpenEnds = next.OpenEnds.Add(end) };
        }

        return next with { Approved = Math.Clamp(state.Approved, 0, Math.Max(0, next.OpenEnds.Length - 1)) };
    }

    /// <summary>Where a group ends that begins there; null while nobody can tell.</summary>
    private static int? EndOf(CampaignState state, int group, int begin)
    {
        if (group < state.OpenEnds.Length) return state.OpenEnds[group];
        if (group == state.Plan.Groups.Length - 1) return int.MaxValue;
        return state.Plan.Groups[group] switch
        {
            { Count: { } count } => Sum(begin, count),
            { Percent: { } percent } when Total(state) is { } total => Sum(begin, (int)Math.Ceiling((decimal)percent * total / 100)),
            _ => null,
        };
    }

    private static int Sum(int a, int b) => (int)Math.Min((long)a + b, int.MaxValue);

    /// <summary>How many devices there will be; null while nobody can tell.</summary>
    internal static int? Total(CampaignState state) => state.MayCome ? state.Count : state.Devices.Length;

    /// <summary>How many devices are or will be between two places.</summary>
    private static int Size(CampaignState state, int devices, int begin, int end)
    {
        if (!state.MayCome) return devices;
        return end < int.MaxValue ? end - begin : Math.Max(devices, (state.Count ?? 0) - begin);
    }

    /// <summary>Whether enough devices of an open group are updated for the next one, and whether all of them have an outcome.</summary>
    private static (bool Ready, bool All) Outcome(CampaignState state, int group)
    {
        var (begin, end) = (group == 0 ? 0 : state.OpenEnds[group - 1], state.OpenEnds[group]);
        var count = CountIn(state, begin, end);
        var size = Size(state, count.Devices, begin, end);
        return (count.Updated * 100.0 >= state.Plan.Groups[group].GoOnAt * size, count.Updated + count.Failed + count.Cancelled >= size);
    }

    private static CampaignHold TooFew(CampaignState state, int group)
    {
        var before = group - 1;
        var count = CountIn(state, before == 0 ? 0 : state.OpenEnds[before - 1], state.OpenEnds[before]);
        var goOnAt = state.Plan.Groups[before].GoOnAt;
        return new(HoldReason.TooFewUpdated, string.Create(
            CultureInfo.InvariantCulture,
            $"{count.Updated} of {count.Devices} devices of group '{NameOf(state, before)}' are updated, and group '{NameOf(state, group)}' waits for "
                + $"{goOnAt:0.##} %: approve it, or retry what failed"));
    }

    private static (int Devices, int Updated, int Failed, int Cancelled, int Unforgiven) CountIn(CampaignState state, int begin, int end)
    {
        var (updated, failed, cancelled, unforgiven) = (0, 0, 0, 0);
        end = Math.Min(end, state.Devices.Length);
        for (var i = begin; i < end; i++)
        {
            switch (state.Results.GetValueOrDefault(state.Devices[i])?.Outcome)
            {
                case DeviceOutcome.Updated or DeviceOutcome.AlreadyCurrent:
                    updated++;
                    break;
                case DeviceOutcome.Failed:
                    failed++;
                    if (!state.Forgiven.Contains(state.Devices[i])) unforgiven++;
                    break;
                case DeviceOutcome.Cancelled:
                    cancelled++;
                    break;
            }
        }

        return (Math.Max(0, end - begin), updated, failed, cancelled, unforgiven);
    }
}
