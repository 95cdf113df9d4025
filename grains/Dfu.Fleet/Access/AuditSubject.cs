namespace Dfu.Fleet.Access;

/// <summary>Whom somebody means who asks the audit.</summary>
public static class AuditSubject
{
    /// <summary>Stands for the newest campaign.</summary>
    public const string Last = "last";

    /// <summary>
    /// The whole id of a campaign, by the beginning of it or by its name, or of an adapter, by any part of it; a device, and what is not there any more,
    /// by what was said.
    /// </summary>
    public static async Task<string> FindAsync(IFleetServer fleet, string text, CancellationToken cancellationToken)
    {
        var campaigns = await fleet.CampaignsAsync(cancellationToken);
        if (text == Last && campaigns.Length > 0) return campaigns[^1].Campaign;
        List<string> meant =
        [
            .. campaigns.Where(entry => entry.Campaign.StartsWith(text, StringComparison.OrdinalIgnoreCase)
                || entry.Name.Equals(text, StringComparison.OrdinalIgnoreCase)).Select(static entry => entry.Campaign),
        ];
        if (meant.Count == 0)
        {
            var adapters = await fleet.AdaptersAsync(cancellationToken);
            meant = [.. adapters.Select(static view => view.Id).Where(id => id.Contains(text, StringComparison.Ordinal))];
        }

        return meant is [var one] ? one : text;
    }
}
