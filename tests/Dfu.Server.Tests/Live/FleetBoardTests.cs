using Dfu.Api.Events;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Storage;
using Dfu.Server.Live;

namespace Dfu.Server.Tests.Live;

/// <summary>What readers of the fleet's events are sent, and what they make of it.</summary>
public sealed class FleetBoardTests
{
    [Fact]
    public void A_reader_of_events_has_what_the_board_has_however_it_reads()
    {
        for (var seed = 1; seed <= 4; seed++) Compare(seed);
    }

    [Fact]
    public void Only_what_changed_is_told()
    {
        var (board, reader) = (new FleetBoard(Guid.NewGuid()), new Reader());
        board.Take([.. Enumerable.Range(0, 450).Select(static n => Campaign(n))], [], [Adapter(1), Adapter(2)]);
        reader.Read(board);
        Assert.Equal([EventNames.Snapshot, EventNames.Changes, EventNames.Changes], reader.Events.Select(static sent => sent.Name));
        Assert.Equal(450, reader.Fleet.Campaigns.Length);
        Assert.False(board.Take([Campaign(7)], [], [Adapter(1), Adapter(2)]));
        Assert.True(board.Take([Campaign(7, updated: 3)], ["c9"], [Adapter(2)]));
        reader.Events.Clear();
        reader.Read(board);
        var update = Assert.Single(reader.Events).Fleet;
        Assert.Equal(("c7", 3), (Assert.Single(update.Campaigns).Id, update.Campaigns[0].Updated));
        Assert.Equal(("c9", "a1"), (Assert.Single(update.CampaignsGone), Assert.Single(update.AdaptersGone)));
        Assert.Empty(update.Adapters);
    }

    [Fact]
    public void A_reader_from_before_what_is_remembered_of_deletions_begins_anew()
    {
        var (board, reader) = (new FleetBoard(Guid.NewGuid()), new Reader());
        board.Take([.. Enumerable.Range(0, FleetBoard.MostGone + 2).Select(static n => Campaign(n))], [], []);
        reader.Read(board);
        for (var n = 0; n <= FleetBoard.MostGone; n++) board.Take([], [$"c{n}"], []);
        reader.Events.Clear();
        reader.Read(board);
        Assert.Equal(EventNames.Snapshot, Assert.Single(reader.Events).Name);
        Assert.Equal($"c{FleetBoard.MostGone + 1}", Assert.Single(reader.Fleet.Campaigns).Id);
    }

    private static CampaignStanding Campaign(int n, int updated = 0) => new()
    {
        Id = $"c{n}", PackageId = "p", CreatedAt = DateTimeOffset.UnixEpoch.AddDays(n), Updated = updated, Holds = [new(HoldReason.Paused, "x")],
    };

    private static AdapterView Adapter(int n, double rate = 0) => new() { Id = $"a{n}", Rate = rate };

    private static void Compare(int seed)
    {
        var random = new Random(seed);
        var board = new FleetBoard(Guid.NewGuid());
        Reader[] readers = [new(), new(), new()];
        for (var step = 0; step < 30; step++)
        {
            board.Take(
                [.. Enumerable.Range(0, random.Next(300)).Select(n => Campaign(n, random.Next(2)))],
                random.Next(3) == 0 ? [$"c{random.Next(300)}"] : [],
                [.. Enumerable.Range(0, 5).Where(_ => random.Next(5) > 0).Select(n => Adapter(n, random.Next(2)))]);
            if (random.Next(8) == 0) board.Silent(TimeSpan.FromSeconds(6));
            foreach (var reader in readers.Where(_ => random.Next(3) == 0)) reader.Read(board, random.Next(3) == 0 ? 1 : int.MaxValue);
        }

        board.Take([Campaign(0, updated: 9)], [], []);
        foreach (var reader in readers)
        {
            reader.Read(board);
            Assert.Equal(FleetJson.Write(board.News.Campaigns), FleetJson.Write(reader.Fleet.Campaigns));
            Assert.Equal(FleetJson.Write(board.News.Adapters), FleetJson.Write(reader.Fleet.Adapters));
            Assert.Null(reader.Fleet.NoAnswerFor);
        }
    }

    private sealed class Reader
    {
        private string? _id;

        public FleetEventReader Fleet { get; } = new();

        public List<SentEvent> Events { get; } = [];

        public void Read(FleetBoard board, int most = int.MaxValue)
        {
            while (most-- > 0 && board.After(EventPosition.Parse(_id)) is { } told)
            {
                var sent = SentEvent.Of(EventText.Of(told));
                Events.Add(sent);
                Fleet.Take(sent.Name, sent.Fleet);
                _id = sent.Id;
            }
        }
    }
}
