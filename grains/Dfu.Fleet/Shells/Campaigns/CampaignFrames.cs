using System.Collections.Immutable;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Storage;

namespace Dfu.Fleet.Shells.Campaigns;

/// <summary>What a campaign's followers get, put together and written once for all of them. Nothing is done while nobody follows.</summary>
internal sealed class CampaignFrames(TimeProvider time)
{
    /// <summary>Nothing is put together more often.</summary>
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(0.2);

    /// <summary>Of each device, between two readings of how well all are heard: that is many numbers that matter little. 5 s for 5,000 devices.</summary>
    private static readonly TimeSpan BetweenSignals = TimeSpan.FromMilliseconds(1);

    private CampaignRows _rows = new();
    private Guid _epoch = Guid.NewGuid();
    private long _revision;
    private byte[]? _frame;
    private byte[] _signals = [];
    private long _signalsRevision;
    private long _made;
    private long _heard;

    /// <summary>Signals are wanted with what is put together next.</summary>
    public bool SignalsDue => _signals.Length == 0 || time.GetElapsedTime(_heard) >= BetweenSignals * _rows.Count;

    public bool IsFresh(TimeSpan atMostOld) =>
        _frame is not null && time.GetElapsedTime(_made) < (atMostOld > Shortest ? atMostOld : Shortest);

    /// <summary>Something changed that followers are to see at once.</summary>
    public void Outdate() => _frame = null;

    /// <param name="campaign">As it is saved.</param>
    /// <param name="summary">See <see cref="CampaignRows.Update"/>.</param>
    /// <param name="signals">Whether <paramref name="live"/> has them.</param>
    /// <param name="labels">Null for none.</param>
    public void Make(
        CampaignState campaign,
        CampaignDevices devices,
        ImmutableArray<DeviceView> summary,
        LiveReport live,
        bool signals,
        bool goesOn,
        LabelStore? labels = null)
    {
        if (_rows.Misfits(campaign)) (_rows, _epoch) = (new(), Guid.NewGuid());
        _revision = _rows.Update(campaign, devices.Get, summary, _revision, labels);
        _made = time.GetTimestamp();
        if (signals) Hear(live);
        _frame = FleetJson.WriteBytes(new CampaignFrame
        {
            Id = campaign.Id,
            PackageId = campaign.PackageId,
            At = time.GetUtcNow(),
            Outcome = campaign.Outcome,
            Standing = CampaignViews.Standing(campaign),
            GoesOn = goesOn,
            Collecting = campaign.Stage == CampaignStage.Collecting,
            Seconds = campaign.Seconds,
            Notices = campaign.Notices,
            Adapters = campaign.Stage == CampaignStage.Finished ? [.. live.Adapters.Select(AtRest)] : live.Adapters,
            Transfers = summary.IsDefault ? Transfers(campaign, devices, live) : new(),
        });
    }

    public CampaignChanges Since(CampaignCursor cursor)
    {
        if (cursor.Epoch != _epoch) cursor = new(_epoch, 0, 0);
        var (rows, more) = _rows.Since(cursor.Revision);
        return more is { } last
            ? new() { Cursor = cursor with { Revision = last }, More = true, Devices = rows }
            : new()
            {
                Cursor = new(_epoch, _revision, _signalsRevision),
                Devices = rows,
                Frame = _frame,
                Signals = cursor.Signals == _signalsRevision ? null : _signals,
            };
    }

    /// <summary>Followers keep the last picture of a campaign that is over, and adapters go on with others: what they do now is not its matter.</summary>
    private static AdapterView AtRest(AdapterView adapter) => adapter with { Active = 0, Rate = 0 };

    private void Hear(LiveReport live)
    {
        var heard = live.Rssi.Select(pair => (Index: _rows.IndexOf(pair.Key), Rssi: pair.Value)).Where(static pair => pair.Index is not null).ToArray();
        _signals = FleetJson.WriteBytes(
            new SignalColumns { Device = [.. heard.Select(static pair => pair.Index!.Value)], Rssi = [.. heard.Select(static pair => pair.Rssi)] });
        _signalsRevision++;
        _heard = time.GetTimestamp();
    }

    private TransferColumns Transfers(CampaignState campaign, CampaignDevices devices, LiveReport live)
    {
        var inSight = new List<Transfer>();
        foreach (var transfers in live.Transfers.GroupBy(static transfer => transfer.Device))
        {
            if (_rows.IndexOf(transfers.Key) is not { } index) continue;
            var latest = transfers.MaxBy(static transfer => transfer.Attempt)!;
            var attempt = new AttemptInSight(latest.Attempt, latest.Phase, latest.Image, latest.Confirmed, latest.Traffic, latest.Rate);
            var device = devices.Get(transfers.Key) ?? DeviceState.New(transfers.Key, campaign.ImageSizes, campaign.CreatedAt);
            if (CampaignViews.InSight(campaign, device, attempt) is { } view) inSight.Add(Transfer.Of(index, view));
        }

        return TransferColumns.Of(inSight);
    }
}
