using System.Collections.Immutable;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Storage;

namespace Dfu.Grains;

/// <summary>Puts a campaign's view together out of what changed. For one caller at a time.</summary>
public sealed class CampaignFollower
{
    private readonly CampaignPicture _picture = new();
    private CampaignCursor _cursor;

    /// <summary>Asks until nothing is missing.</summary>
    /// <param name="atMostOld">How old the view may be; the campaign makes none more often than each 0.2 s.</param>
    /// <exception cref="KeyNotFoundException">There is no such campaign.</exception>
    public Task<CampaignView> ReadAsync(ICampaignGrain campaign, TimeSpan atMostOld) => ReadAsync(cursor => campaign.ChangesAsync(cursor, atMostOld));

    /// <inheritdoc cref="ReadAsync(ICampaignGrain, TimeSpan)"/>
    /// <param name="ask">Calls the campaign.</param>
    public async Task<CampaignView> ReadAsync(Func<CampaignCursor, Task<CampaignChanges>> ask)
    {
        while (true)
        {
            if (Take(await ask(_cursor)) is { } view) return view;
        }
    }

    /// <summary>A campaign's view, read whole.</summary>
    /// <exception cref="KeyNotFoundException">There is no such campaign.</exception>
    public static Task<CampaignView> ViewAsync(ICampaignGrain campaign) => new CampaignFollower().ReadAsync(campaign, TimeSpan.Zero);

    /// <returns>Null while more is to come.</returns>
    public CampaignView? Take(CampaignChanges changes)
    {
        if (changes.Cursor.Epoch != _cursor.Epoch) _picture.Clear();
        _cursor = changes.Cursor;
        foreach (var row in FleetJson.Read<ImmutableArray<DeviceRow>>(changes.Devices)) _picture.Take(row);
        if (changes.Signals is { } signals) _picture.Hear(FleetJson.Read<SignalColumns>(signals));
        return changes.Frame is { } frame ? _picture.View(FleetJson.Read<CampaignFrame>(frame)) : null;
    }
}
