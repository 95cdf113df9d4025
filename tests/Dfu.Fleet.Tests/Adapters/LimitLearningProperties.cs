using Dfu.Fleet.Adapters;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Dfu.Fleet.Tests.Adapters;

/// <summary>
/// Learning on an air that carries so many transfers at full speed and no more, measured with noise. Links drop after so many bytes, and hold their share of
/// the air for a while; or they drop after so much time, and what each had sent of its object is sent again.
/// </summary>
/// <remarks>
/// The rooms are the same in every run: with losses and noise by chance one of some thousands ends outside of any bound that means something.
/// </remarks>
public sealed class LimitLearningProperties
{
    private const string Seed = "13171009730504130226,1891397807035369911";
    private static readonly DateTimeOffset T0 = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <param name="LossRate">Links lost a second, of one at full speed.</param>
    private sealed record Room(int Knee, int Links, double Noise, double LossRate, int Seed)
    {
        private const double LossLasts = 6;
        private const double SentAgain = 0.5;

        /// <summary>Links drop after so much time, however many transfers share the air.</summary>
        public bool ByTime { get; init; }

        /// <summary>Links lost in a second, of one of so many.</summary>
        public double Losses(int sending) => ByTime ? LossRate : LossRate * Share(sending);

        /// <summary>With so many transfers each has this part of full speed.</summary>
        public double Share(int sending) => Math.Min(1, Knee / (double)sending);

        /// <summary>What gets through, as a number of transfers at full speed.</summary>
        public double Goodput(int sending) => ByTime
            ? Math.Max(0.01, (sending * Share(sending)) - (sending * LossRate * SentAgain))
            : sending * Share(sending) / (1 + (LossLasts * LossRate * Share(sending)));

        public double Best => Enumerable.Range(1, Links).Max(Goodput);

        /// <summary>Those that fill the air, or of which lost links hold a tenth.</summary>
        public double Enough => Knee * Math.Max(1, 9 * LossLasts * LossRate);
    }

    [Property(MaxTest = 300, Replay = Seed)]
    public Property It_finds_what_the_air_carries_and_never_passes_a_ceiling() => Prop.ForAll(Rooms(), room =>
    {
        var learner = new Learner(room);
        learner.Pass(200);
        var (goodput, limit) = learner.Pass(200);
        AssertSettled(room, goodput, limit);
    });

    [Property(MaxTest = 300, Replay = Seed)]
    public Property It_does_not_climb_where_more_transfers_only_lose_more() => Prop.ForAll(Rooms(), room =>
    {
        var losing = room with { ByTime = true, Knee = 1 + (room.Knee % 4), Links = 8 + room.Links, LossRate = Math.Max(0.05, room.LossRate) };
        var learner = new Learner(losing);
        learner.Pass(600);
        AssertGoodput(losing, learner.Pass(200).Goodput);
    });

    [Property(MaxTest = 300, Replay = Seed)]
    public Property It_recovers_from_a_bad_time() => Prop.ForAll(Rooms(), room =>
    {
        var learner = new Learner(room);
        learner.Pass(200);
        learner.Room = room with { Knee = Math.Max(1, room.Knee / 3), LossRate = 0.1 };
        learner.Rate /= 3;
        learner.Pass(100);
        learner.Room = room;
        learner.Rate *= 3;
        learner.Pass(500);
        var (goodput, limit) = learner.Pass(200);
        AssertSettled(room, goodput, limit);
    });

    /// <summary>The mean over the time at which it is settled, trials of more included.</summary>
    private static void AssertSettled(Room room, double goodput, double limit)
    {
        AssertGoodput(room, goodput);
        Assert.True(limit <= Math.Max(3.5, 1.6 * room.Enough), $"{room}: {limit:0.0} at once");
    }

    private static void AssertGoodput(Room room, double goodput) =>
        Assert.True(goodput >= 0.8 * room.Best, $"{room}: as much as {goodput:0.0} transfers of {room.Best:0.0}");

    private static Arbitrary<Room> Rooms()
    {
        var room =
            from knee in Gen.Choose(1, 24)
            from links in Gen.Choose(1, 32)
            from noise in Gen.Elements(0, 0.02, 0.05)
            from losses in Gen.Elements(0, 0.01, 0.05)
            from seed in Gen.Choose(0, 1_000_000)
            select new Room(knee, links, noise, losses, seed);
        return room.ToArbitrary();
    }

    private sealed class Learner(Room room)
    {
        private readonly Random _random = new(room.Seed);
        private TransferLimit _limit = LimitLearning.Start(room.Links, new());
        private int _second;

        public Room Room { get; set; } = room;
        public double Rate { get; set; } = 12_000;

        /// <returns>Mean goodput, as a number of transfers at full speed, and mean limit.</returns>
        public (double Goodput, double Limit) Pass(int seconds)
        {
            var (goodput, limits) = (0.0, 0.0);
            for (var i = 0; i < seconds; i++)
            {
                var sending = _limit.Current;
                var share = Room.Share(sending);
                goodput += Room.Goodput(sending);
                limits += sending;
                var losses = Enumerable.Range(0, sending).Count(_ => _random.NextDouble() < Room.Losses(sending));
                var rate = Rate * (Room.ByTime ? Room.Goodput(sending) / sending : share) * (1 + (Room.Noise * ((2 * _random.NextDouble()) - 1)));
                _limit = LimitLearning.Measured(_limit, new(sending, rate, losses, sending, Full: true), T0.AddSeconds(_second++));
                Assert.InRange(_limit.Current, 1, Room.Links);
            }

            return (goodput / seconds, limits / seconds);
        }
    }
}
