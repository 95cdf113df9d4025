namespace Dfu.Cluster.Scenario.Chaos;

/// <summary>What a process does in the fleet.</summary>
internal enum VictimKind
{
    Member,
    Database,
    Bridge,
    Simulator,
}

/// <summary>Something that happens to one process.</summary>
/// <param name="Choice">Which of its kind, as a share of how many there are.</param>
/// <param name="Kill">SIGKILL, and so long until it is started again; else SIGSTOP, and so long until SIGCONT.</param>
/// <param name="Pause">Seconds until the next fault.</param>
internal readonly record struct Fault(VictimKind Kind, double Choice, bool Kill, double Seconds, double Pause);

/// <summary>Faults in the order of a seed. Cheap starts are hurt more often than dear ones.</summary>
internal sealed class FaultSequence(int seed)
{
    private const double ShortestStop = 1;
    private const double LongestStop = 40;
    private readonly Random _random = new(seed);

    private static readonly (VictimKind Kind, bool Kill, int Weight)[] Kinds =
    [
        (VictimKind.Bridge, true, 34),
        (VictimKind.Bridge, false, 22),
        (VictimKind.Database, true, 9),
        (VictimKind.Database, false, 7),
        (VictimKind.Member, true, 6),
        (VictimKind.Member, false, 12),
        (VictimKind.Simulator, true, 4),
        (VictimKind.Simulator, false, 6),
    ];

    public Fault Next()
    {
        var (kind, kill, _) = Pick(_random.Next(Kinds.Sum(static kind => kind.Weight)));
        var seconds = kill ? _random.NextDouble() * 5 : ShortestStop * Math.Pow(LongestStop / ShortestStop, _random.NextDouble());

        // Now and then it is calm for long enough to get something done.
        var pause = _random.Next(8) == 0 ? 4 + (_random.NextDouble() * 8) : _random.NextDouble() * 2;
        return new(kind, _random.NextDouble(), kill, seconds, pause);
    }

    private static (VictimKind Kind, bool Kill, int Weight) Pick(int at)
    {
        foreach (var kind in Kinds)
        {
            if (at < kind.Weight) return kind;
            at -= kind.Weight;
        }

        throw new InvalidOperationException("beyond the last");
    }
}
