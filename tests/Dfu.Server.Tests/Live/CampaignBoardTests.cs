using System.Text;
using Dfu.Api.Events;
using Dfu.Cluster.Tests.Support;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Storage;
using Dfu.Server.Live;

namespace Dfu.Server.Tests.Live;

/// <summary>What readers of a campaign's events are sent, and what they make of it.</summary>
public sealed class CampaignBoardTests
{
    private readonly HandTime _time = new();

    [Fact]
    public async Task A_reader_of_events_has_the_view_that_a_follower_of_the_grain_has_however_it_reads()
    {
        for (var seed = 1; seed <= 8; seed++) await CompareAsync(seed);
    }

    [Fact]
    public async Task A_reader_that_comes_late_gets_a_snapshot_in_pieces_and_shows_nothing_before_the_last()
    {
        var campaign = new FakeCampaign(_time, 250);
        var board = new CampaignBoard(1);
        await ReadAsync(campaign, new(), board);
        var reader = new Reader();
        reader.Read(board);
        Assert.Equal([EventNames.Snapshot, EventNames.Changes, EventNames.Changes], reader.Events.Select(static sent => sent.Name));
        Assert.Equal([100, 100, 50], reader.Events.Select(static sent => sent.Campaign.Devices.Length));
        Assert.Equal([false, false, true], reader.Shown);
        Assert.Equal(250, reader.View!.Devices.Length);
    }

    [Fact]
    public async Task Changes_that_a_slow_reader_missed_come_as_one_event()
    {
        var campaign = new FakeCampaign(_time, 50);
        var (board, follower, reader) = (new CampaignBoard(1), new CampaignFollower(), new Reader());
        await ReadAsync(campaign, follower, board);
        reader.Read(board);
        for (var attempt = 1; attempt <= 20; attempt++)
        {
            campaign.Begin(3, attempt);
            campaign.Send([(3, attempt, attempt * 1000, 500)]);
            await ReadAsync(campaign, follower, board);
        }

        reader.Events.Clear();
        reader.Read(board);
        var update = Assert.Single(reader.Events).Campaign;
        Assert.Equal((3, 20), (Assert.Single(update.Devices).Index, update.Devices[0].View.Attempts));
        Assert.Equal(20_000, Assert.Single(update.Transfers!.Confirmed));
    }

    [Fact]
    public async Task A_reader_of_another_member_goes_on_with_what_is_younger_and_one_of_an_earlier_activation_begins_anew()
    {
        var campaign = new FakeCampaign(_time, 50);
        var (here, there, reader) = (new CampaignBoard(1), new CampaignBoard(2), new Reader());
        var (first, second) = (new CampaignFollower(), new CampaignFollower());
        campaign.Begin(7, 1);
        campaign.Send([(7, 1, 4096, 500)]);
        await ReadAsync(campaign, first, here);
        reader.Read(here);
        campaign.Begin(3, 1);
        campaign.Send([(3, 1, 4096, 500)]);
        await ReadAsync(campaign, second, there);
        reader.Events.Clear();
        reader.Read(there);
        var update = Assert.Single(reader.Events);
        Assert.Equal((EventNames.Changes, 3), (update.Name, Assert.Single(update.Campaign.Devices).Index));
        Assert.Equal(FleetJson.Write(there.View), FleetJson.Write(reader.View));

        campaign.Move();
        await ReadAsync(campaign, second, there);
        reader.Events.Clear();
        reader.Read(there);
        Assert.Equal((EventNames.Snapshot, 50), (Assert.Single(reader.Events).Name, reader.Events[0].Campaign.Devices.Length));
    }

    [Theory]
    [InlineData("")]
    [InlineData("7")]
    [InlineData("0-0-0-0")]
    [InlineData("11111111111111111111111111111111-5-5-zz")]
    [InlineData("11111111111111111111111111111111-5-5-ffffffffffffffff")]
    [InlineData("11111111111111111111111111111111-5-5-5-5")]
    public void An_id_that_is_none_is_that_of_somebody_who_has_nothing(string id) => Assert.Null(EventPosition.Parse(id));

    [Fact]
    public void An_id_is_read_as_it_was_written()
    {
        var position = new EventPosition(Guid.NewGuid(), 123_456, ulong.MaxValue - 3, long.MaxValue);
        Assert.Equal(position, EventPosition.Parse(position.ToString()));
    }

    [Fact]
    public async Task What_changed_is_told_by_device()
    {
        var campaign = new FakeCampaign(_time, 50);
        var (board, follower) = (new CampaignBoard(1), new CampaignFollower());
        await ReadAsync(campaign, follower, board);
        var before = board.Version;
        campaign.Begin(3, 1);
        campaign.Begin(4, 1);
        campaign.Send([(4, 1, 4096, 500)]);
        campaign.Hear([(9, -60)]);
        await ReadAsync(campaign, follower, board);
        Assert.Equal([3, 4, 9], board.ChangedSince(before)!.Value.ToArray());
        before = board.Version;
        campaign.Send([]);
        await ReadAsync(campaign, follower, board);
        Assert.Equal([4], board.ChangedSince(before)!.Value.ToArray());
        Assert.False(await ReadAsync(campaign, follower, board));
        campaign.Move();
        await ReadAsync(campaign, follower, board);
        Assert.Null(board.ChangedSince(before));
    }

    [Fact]
    public async Task A_thousand_transfers_that_all_move_take_an_event_of_less_than_50_KB_and_what_does_not_move_is_not_in_it()
    {
        var campaign = new FakeCampaign(_time, 1000);
        var (board, follower, reader) = (new CampaignBoard(1), new CampaignFollower(), new Reader());
        for (var n = 0; n < 1000; n++) campaign.Begin(n, 1);
        campaign.Send(Enumerable.Range(0, 1000).Select(static n => (n, 1, 300_000L + n, 4321.5)));
        await ReadAsync(campaign, follower, board);
        reader.Read(board);
        reader.Events.Clear();
        campaign.Send(Enumerable.Range(0, 1000).Select(static n => (n, 1, 304_096L + n, 4331.5)));
        await ReadAsync(campaign, follower, board);
        reader.Read(board);
        Assert.InRange(Assert.Single(reader.Events).Data.Length, 20_000, 50_000);
        reader.Events.Clear();
        campaign.Send(Enumerable.Range(0, 1000).Select(static n => (n, 1, 304_096L + n, n == 5 ? 1 : 4331.5)));
        await ReadAsync(campaign, follower, board);
        reader.Read(board);
        Assert.InRange(Assert.Single(reader.Events).Data.Length, 50, 500);
    }

    private async Task<bool> ReadAsync(FakeCampaign campaign, CampaignFollower follower, CampaignBoard board)
    {
        _time.Advance(TimeSpan.FromSeconds(0.25));
        return board.Take(await follower.TellAsync(cursor => campaign.ChangesAsync(cursor, TimeSpan.FromSeconds(0.25))));
    }

    private async Task CompareAsync(int seed)
    {
        var random = new Random(seed);
        var campaign = new FakeCampaign(_time, random.Next(1, 260));
        (CampaignBoard Board, CampaignFollower Follower)[] members = [(new(1), new()), (new(2), new())];
        Reader[] readers = [new(), new(), new()];
        var direct = new CampaignFollower();
        for (var step = 0; step < 40; step++)
        {
            for (var changes = random.Next(4); changes > 0; changes--) Change(campaign, random);
            foreach (var (board, follower) in members) await ReadAsync(campaign, follower, board);
            if (random.Next(6) == 0) members[0].Board.Silent(TimeSpan.FromSeconds(7));
            foreach (var reader in readers.Where(_ => random.Next(3) == 0))
                reader.Read(members[random.Next(4) / 3].Board, random.Next(3) == 0 ? 1 : int.MaxValue);
        }

        foreach (var (board, follower) in members)
        {
            if (!await ReadAsync(campaign, follower, board)) board.Tell();
        }

        var expected = FleetJson.Write(await direct.ReadAsync(cursor => campaign.ChangesAsync(cursor, TimeSpan.FromSeconds(1))));
        foreach (var reader in readers)
        {
            reader.Read(members[1].Board);
            Assert.True(expected == FleetJson.Write(reader.View), $"seed {seed}: {Difference(expected, FleetJson.Write(reader.View))}");
        }

        Assert.Equal(expected, FleetJson.Write(members[1].Board.View));
    }

    private static string Difference(string expected, string actual)
    {
        var at = expected.Zip(actual).TakeWhile(static pair => pair.First == pair.Second).Count();
        return new StringBuilder().Append(expected.AsSpan(Math.Max(0, at - 100))[..Math.Min(200, expected.Length - Math.Max(0, at - 100))]).Append("\n!= ")
            .Append(actual.AsSpan(Math.Max(0, at - 100))[..Math.Min(200, actual.Length - Math.Max(0, at - 100))]).ToString();
    }

    private static void Change(FakeCampaign campaign, Random random)
    {
        var (count, device) = (campaign.State.Devices.Length, random.Next(campaign.State.Devices.Length));
        switch (random.Next(9))
        {
            case 0:
                for (var n = random.Next(count); n < count; n++) campaign.Begin(n, campaign.Device(n).Attempt + 1);
                break;
            case 1:
                campaign.Tell(
                    device, static state => state with { Phase = DevicePhase.Sending, Detail = "on", Resumes = [.. state.Resumes, new(4096, 0, default)] });
                break;
            case 2:
                campaign.Send(Enumerable.Range(0, count).Where(_ => random.Next(3) == 0)
                    .Select(n => (n, campaign.Device(n).Attempt, (long)random.Next(FakeCampaign.Size), random.NextDouble() * 9000)).ToList());
                break;
            case 3:
                campaign.Hear(Enumerable.Range(0, count).Where(_ => random.Next(3) == 0).Select(n => (n, -random.Next(40, 99))).ToList());
                break;
            case 4:
                campaign.Adapters([.. Enumerable.Range(0, random.Next(5)).Select(n => new AdapterView
                {
                    Id = $"a/{n}", Active = random.Next(3), Rate = random.Next(3) * 1000.5, Limit = random.Next(1, 3), Recent = new(random.Next(3), 0, 0),
                })]);
                break;
            case 5 when !campaign.State.Results.ContainsKey(FakeCampaign.Address(device)):
                campaign.Fail(device);
                break;
            case 6 when random.Next(10) == 0:
                campaign.Move();
                break;
            case 7:
                campaign.Join(count);
                break;
            case 8:
                campaign.Change(state => state with { Notices = [.. state.Notices.Take(3), "look"], Seconds = state.Seconds + 1 });
                break;
        }
    }

    /// <summary>Reads events as a client does, and goes on by the last id it got.</summary>
    private sealed class Reader
    {
        private readonly CampaignEventReader _reader = new();
        private string? _id;

        public CampaignView? View { get; private set; }

        public List<SentEvent> Events { get; } = [];

        public List<bool> Shown { get; } = [];

        public void Read(CampaignBoard board, int most = int.MaxValue)
        {
            while (most-- > 0 && board.After(EventPosition.Parse(_id)) is { } told)
            {
                var sent = SentEvent.Of(EventText.Of(told));
                Events.Add(sent);
                var view = _reader.Take(sent.Name, sent.Campaign);
                Shown.Add(view is not null);
                (View, _id) = (view ?? View, sent.Id);
            }
        }
    }
}
