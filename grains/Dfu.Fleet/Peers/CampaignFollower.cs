using System.Collections.Immutable;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Storage;

namespace Dfu.Fleet.Peers;

/// <summary>What a follower was told since it asked last.</summary>
/// <param name="Epoch">See <see cref="CampaignCursor.Epoch"/>. Another one begins anew.</param>
/// <param name="Rows">Devices that changed, in the order of their changes.</param>
/// <param name="Signals">Null when they are as before.</param>
public sealed record CampaignTold(Guid Epoch, IReadOnlyList<DeviceRow> Rows, SignalColumns? Signals, CampaignFrame Frame);

/// <summary>Asks a campaign for what changed, and puts its view together. For one caller at a time.</summary>
public sealed class CampaignFollower
{
    private readonly CampaignPicture _picture = new();
    private readonly List<DeviceRow> _rows = [];
    private SignalColumns? _signals;
    private CampaignCursor _cursor;
    private Guid _epoch;

    /// <summary>Asks until nothing is missing.</summary>
    /// <param name="ask">Calls the campaign.</param>
    /// <exception cref="KeyNotFoundException">There is no such campaign.</exception>
    public async Task<CampaignView> ReadAsync(Func<CampaignCursor, Task<CampaignChanges>> ask)
    {
        var told = await TellAsync(ask);
        if (told.Epoch != _epoch) _picture.Clear();
        _epoch = told.Epoch;
        foreach (var row in told.Rows) _picture.Take(row);
        if (told.Signals is { } signals) _picture.Hear(signals);
        return _picture.View(told.Frame);
    }

    /// <summary>What changed, for a caller that keeps a picture of its own.</summary>
    /// <param name="ask">Calls the campaign; what it has answered is kept when a later call fails.</param>
    public async Task<CampaignTold> TellAsync(Func<CampaignCursor, Task<CampaignChanges>> ask)
    {
        while (true)
        {
            var changes = await ask(_cursor);
            if (changes.Cursor.Epoch != _cursor.Epoch)
            {
                _rows.Clear();
                _signals = null;
            }

            _cursor = changes.Cursor;
            _rows.AddRange(FleetJson.Read<ImmutableArray<DeviceRow>>(changes.Devices));
            if (changes.Signals is { } signals) _signals = FleetJson.Read<SignalColumns>(signals);
            if (changes.Frame is not { } frame) continue;
            var told = new CampaignTold(_cursor.Epoch, [.. _rows], _signals, FleetJson.Read<CampaignFrame>(frame));
            _rows.Clear();
            _signals = null;
            return told;
        }
    }
}
