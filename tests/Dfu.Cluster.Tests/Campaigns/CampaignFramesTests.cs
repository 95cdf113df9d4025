using System.Collections.Immutable;
using Dfu.Cluster.Tests.Support;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Shells.Campaigns;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Errors;

namespace Dfu.Cluster.Tests.Campaigns;

/// <summary>What a campaign gives its followers, and what they make of it.</summary>
public sealed class CampaignFramesTests
{
    private const int Devices = 1200;
    private readonly HandTime _time = new();
    private readonly CampaignDevices _devices = new(TimeSpan.FromSeconds(2));
    private readonly CampaignFollower _follower = new();
    private readonly List<int> _rows = [];
    private CampaignFrames _frames;
    private LiveReport _live = new();
    private CampaignState _campaign = new()
    {
        Id = "x", PackageId = "p", Targets = "", ImageSizes = [40_960], HwVersion = 52, Stage = CampaignStage.Running,
        Devices = [.. Enumerable.Range(0, Devices).Select(Parts.Address)],
    };

    public CampaignFramesTests() => _frames = new(_time);

    private DeviceState State(int n) => _devices.Get(Parts.Address(n)) ?? DeviceState.New(Parts.Address(n), [40_960], _time.GetUtcNow());

    private void Tell(DeviceState state) => _devices.Take(state, _time.GetUtcNow());

    /// <summary>A follower's poll half a second later; how many rows each of its calls brought is left in <see cref="_rows"/>.</summary>
    private async Task<CampaignView> PollAsync(CampaignFollower? follower = null)
    {
        _time.Advance(TimeSpan.FromSeconds(0.5));
        _rows.Clear();
        return await (follower ?? _follower).ReadAsync(cursor =>
        {
            if (!_frames.IsFresh(TimeSpan.FromSeconds(0.5))) _frames.Make(_campaign, _devices, default, _live, _frames.SignalsDue, goesOn: false);
            var changes = _frames.Since(cursor);
            _rows.Add(FleetJson.Read<ImmutableArray<DeviceRow>>(changes.Devices).Length);
            return Task.FromResult(changes);
        });
    }

    [Fact]
    public async Task A_new_follower_gets_all_devices_in_pages_and_afterwards_those_that_changed()
    {
        var view = await PollAsync();
        Assert.Equal([500, 500, 200], _rows);
        Assert.Equal(_campaign.Devices.ToArray(), view.Devices.Select(static device => device.Application));

        Tell(State(7) with { Attempt = 1, Phase = DevicePhase.Connecting, Adapter = "a/b", StartedAt = _time.GetUtcNow() });
        view = await PollAsync();
        Assert.Equal([1], _rows);
        var device = view.Devices[7];
        Assert.Equal((1, DevicePhase.Connecting, "a/b", 0.5), (device.Attempts, device.Phase, device.Adapter, device.Seconds));
        view = await PollAsync();
        Assert.Equal([0], _rows);
        Assert.Equal(1, view.Devices[7].Seconds);
    }

    [Fact]
    public async Task What_adapters_do_after_the_end_of_a_campaign_is_not_told_as_its_own()
    {
        _live = new() { Adapters = [new() { Id = "a/b", Active = 3, Limit = 5, Rate = 8364 }] };
        Assert.Equal((3, 5, 8364), Figures((await PollAsync()).Adapters));
        _campaign = _campaign with { Stage = CampaignStage.Finished };
        Assert.Equal((0, 5, 0), Figures((await PollAsync()).Adapters));

        static (int, int, double) Figures(ImmutableArray<AdapterView> adapters)
        {
            var adapter = Assert.Single(adapters);
            return (adapter.Active, adapter.Limit, adapter.Rate);
        }
    }

    [Fact]
    public async Task A_state_that_comes_again_is_no_change()
    {
        var resumed = State(3) with { Resumes = [new(4096, 0, default)] };
        Tell(resumed);
        await PollAsync();
        Tell(FleetJson.Read<DeviceState>(FleetJson.Write(resumed)));
        await PollAsync();
        Assert.Equal([0], _rows);
        Tell(resumed with { Resumes = resumed.Resumes.Add(resumed.Resumes[0] with { Held = 9 }) });
        await PollAsync();
        Assert.Equal([1], _rows);
    }

    [Fact]
    public async Task An_outcome_is_a_change_although_its_device_has_not_said_so_and_so_is_a_retry()
    {
        await PollAsync();
        _campaign = _campaign with { Results = _campaign.Results.Add(Parts.Address(5), new(DeviceOutcome.Failed, DfuError.NotHeard)) };
        Assert.Equal((DeviceOutcome.Failed, DfuError.NotHeard), ((await PollAsync()).Devices[5].Outcome, (await PollAsync()).Devices[5].Error));
        Tell(State(5) with { Phase = DevicePhase.Done, Outcome = DeviceOutcome.Failed, Error = DfuError.NotHeard });
        await PollAsync();
        _campaign = _campaign with { Results = _campaign.Results.Clear(), Retrying = _campaign.Retrying.Add(Parts.Address(5), 1) };
        Assert.Equal((DeviceOutcome.Pending, DevicePhase.Queued), ((await PollAsync()).Devices[5].Outcome, (await PollAsync()).Devices[5].Phase));
    }

    [Fact]
    public async Task What_adapters_see_of_a_transfer_is_shown_while_it_is_under_way_and_changes_no_row()
    {
        Tell(State(2) with { Attempt = 1, Phase = DevicePhase.Connecting });
        await PollAsync();
        LiveTransfer seen = new()
        {
            Campaign = "x", Device = Parts.Address(2), Attempt = 1, Phase = DevicePhase.Sending, Confirmed = 8192, Traffic = new(9000, 8500), Rate = 4000,
        };
        _live = new() { Transfers = [seen, seen with { Device = Parts.Address(4), Attempt = 0 }, seen with { Device = Parts.Address(5000) }] };
        var view = await PollAsync();
        Assert.Equal([0], _rows);
        var device = view.Devices[2];
        Assert.Equal((DevicePhase.Sending, 8192, 9000, 500, 4000d), (device.Phase, device.BytesConfirmed, device.BytesSent, device.BytesResent, device.Rate));
        Assert.Equal(DevicePhase.Queued, view.Devices[4].Phase);
        _live = new();
        Assert.Equal(DevicePhase.Connecting, (await PollAsync()).Devices[2].Phase);
    }

    [Fact]
    public async Task A_device_that_joins_and_one_that_changes_while_a_follower_reads_its_pages_are_not_missed()
    {
        await PollAsync();
        var late = new CampaignFollower();
        var view = await late.ReadAsync(cursor =>
        {
            if (cursor.Revision == CampaignRows.Page)
            {
                Tell(State(0) with { Attempt = 3 });
                Tell(State(1100) with { Attempt = 4 });
                _campaign = _campaign with { Devices = _campaign.Devices.Add(Parts.Address(5000)) };
                _frames.Make(_campaign, _devices, default, _live, signals: false, goesOn: false);
            }

            return Task.FromResult(_frames.Since(cursor));
        });
        Assert.Equal(Devices + 1, view.Devices.Length);
        Assert.Equal((3, 4, Parts.Address(5000)), (view.Devices[0].Attempts, view.Devices[1100].Attempts, view.Devices[Devices].Application));
    }

    [Fact]
    public async Task A_follower_of_an_earlier_activation_begins_anew()
    {
        await PollAsync();
        _frames = new(_time);
        _campaign = _campaign with { Devices = _campaign.Devices[..3] };
        Assert.Equal(3, (await PollAsync()).Devices.Length);
        Assert.Equal([3], _rows);

        // Devices that are taken out of a campaign leave their rows to others.
        _campaign = _campaign with { Devices = [_campaign.Devices[0], _campaign.Devices[2]] };
        Assert.Equal([Parts.Address(0), Parts.Address(2)], (await PollAsync()).Devices.Select(static device => device.Application));
    }

    [Fact]
    public async Task How_well_devices_are_heard_is_sent_now_and_then_and_kept_meanwhile()
    {
        _live = _live with { Rssi = _live.Rssi.Add(Parts.Address(9), -61) };
        Assert.Equal(-61, (await PollAsync()).Devices[9].Rssi);
        _live = _live with { Rssi = _live.Rssi.SetItem(Parts.Address(9), -80) };
        Assert.Equal(-61, (await PollAsync()).Devices[9].Rssi);
        await PollAsync();
        var view = await PollAsync();
        Assert.Equal((-80, null), (view.Devices[9].Rssi, view.Devices[8].Rssi));
        Assert.Equal([0], _rows);
    }

    [Fact]
    public async Task Five_hundred_transfers_on_forty_adapters_are_less_than_thirty_thousand_bytes_a_poll()
    {
        const int Active = 500;
        for (var n = 0; n < Active; n++) Tell(State(n) with { Attempt = 1, Phase = DevicePhase.Sending, StartedAt = _time.GetUtcNow() });
        _live = new()
        {
            Adapters =
            [
                .. Enumerable.Range(0, 40)
                    .Select(static n => new AdapterView { Id = $"station-1/bluez:hci{n}", Status = AdapterStatus.Ready, Rate = 81_234.5 }),
            ],
            Transfers = [.. Enumerable.Range(0, Active).Select(static n => new LiveTransfer
            {
                Campaign = "x",
                Device = Parts.Address(n),
                Attempt = 1,
                Phase = DevicePhase.Sending,
                Confirmed = 123_456,
                Traffic = new(234_567, 123_456),
                Rate = 6789.1,
            })],
        };
        var view = await PollAsync();
        Assert.Equal(Active, view.Devices.Count(static device => device.Rate > 0));
        Assert.InRange(_frames.Since(_frames.Since(default).Cursor with { Revision = Devices }).Frame!.Length, 1, 30_000);
    }

    [Fact]
    public async Task Followers_share_what_was_put_together()
    {
        await PollAsync();
        var first = _frames.Since(default);
        Assert.Same(_frames.Since(first.Cursor with { Revision = Devices }).Frame, _frames.Since(first.Cursor with { Revision = Devices }).Frame);
        Assert.True(_frames.IsFresh(TimeSpan.FromSeconds(0.5)));
        _time.Advance(TimeSpan.FromSeconds(0.3));
        Assert.True(_frames.IsFresh(TimeSpan.FromSeconds(0.5)));
        Assert.False(_frames.IsFresh(TimeSpan.Zero));
    }
}
