using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Storage;

namespace Dfu.Grains;

/// <summary>Puts a campaign's view together out of what changed. For one caller at a time.</summary>
public sealed class CampaignFollower
{
    private readonly List<DeviceRow?> _rows = [];
    private readonly Dictionary<int, int> _rssi = [];
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
        if (changes.Cursor.Epoch != _cursor.Epoch)
        {
            _rows.Clear();
            _rssi.Clear();
        }

        _cursor = changes.Cursor;
        foreach (var row in FleetJson.Read<ImmutableArray<DeviceRow>>(changes.Devices))
        {
            while (_rows.Count <= row.Index) _rows.Add(null); // until the last page has come
            _rows[row.Index] = row;
        }

        if (changes.Signals is { } signals) Hear(FleetJson.Read<SignalColumns>(signals));
        return changes.Frame is { } frame ? View(FleetJson.Read<CampaignFrame>(frame)) : null;
    }

    private void Hear(SignalColumns signals)
    {
        _rssi.Clear();
        for (var i = 0; i < signals.Device.Length; i++) _rssi[signals.Device[i]] = signals.Rssi[i];
    }

    private CampaignView View(CampaignFrame frame)
    {
        var devices = new DeviceView[_rows.Count];
        for (var i = 0; i < devices.Length; i++)
        {
            var (view, since) = (_rows[i]!.View, _rows[i]!.Since);
            if (_rssi.TryGetValue(i, out var rssi)) view = view with { Rssi = rssi };
            devices[i] = since is { } begun ? view with { Seconds = Math.Max(0, (frame.At - begun).TotalSeconds) } : view;
        }

        for (var i = 0; i < frame.Transfers.Device.Length; i++)
        {
            var device = frame.Transfers.Device[i];
            devices[device] = frame.Transfers.Over(i, devices[device]);
        }

        return new()
        {
            Id = frame.Id,
            PackageId = frame.PackageId,
            Outcome = frame.Outcome,
            Standing = frame.Standing,
            GoesOn = frame.GoesOn,
            Collecting = frame.Collecting,
            Devices = ImmutableCollectionsMarshal.AsImmutableArray(devices),
            Adapters = frame.Adapters,
            Notices = frame.Notices,
            Seconds = frame.Seconds,
        };
    }
}
