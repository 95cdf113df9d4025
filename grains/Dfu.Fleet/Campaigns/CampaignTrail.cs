using System.Globalization;
using Dfu.Fleet.Devices;

namespace Dfu.Fleet.Campaigns;

/// <summary>What of a campaign's story is for the audit. It is kept with the campaign until the audit has it.</summary>
public static class CampaignTrail
{
    /// <summary>Who changes what nobody asked for.</summary>
    public const string Product = "dfu";

    internal static CampaignState Add(CampaignState state, DateTimeOffset wall, string by, string action, string detail)
    {
        var number = state.Changes + 1;
        var id = string.Create(CultureInfo.InvariantCulture, $"{state.Id}/{number}");
        return state with { Changes = number, News = state.News.Add(new(id, wall, by, action, state.Id, detail)) };
    }

    /// <summary>The audit has what was changed up to and with this number.</summary>
    internal static CampaignState Taken(CampaignState state, int through)
    {
        var left = Math.Max(0, state.Changes - through);
        return left >= state.News.Length ? state : state with { News = state.News[^left..] };
    }

    internal static string Describe(CampaignState state)
    {
        var name = state.Plan.Name.Length == 0 ? "" : $"'{state.Plan.Name}', ";
        var package = state.PackageId[..Math.Min(12, state.PackageId.Length)];
        return $"{name}package {package} for {(state.NamedByApplication ? state.Targets : Devices(state.Devices.Length))}";
    }

    internal static string Count(CampaignState state)
    {
        var failed = state.Results.Values.Count(static result => result.Outcome == DeviceOutcome.Failed);
        var cancelled = state.Results.Values.Count(static result => result.Outcome == DeviceOutcome.Cancelled);
        return string.Create(CultureInfo.InvariantCulture, $"{state.Good} updated, {failed} failed, {cancelled} cancelled");
    }

    internal static string Devices(int count) => string.Create(CultureInfo.InvariantCulture, $"{count} {(count == 1 ? "device" : "devices")}");
}
