namespace Dfu.Fuzz.Engine;

/// <summary>Inputs that each took a way that none before it took. The cheap and those that were seldom mutated come first.</summary>
internal sealed class Corpus(Random random)
{
    private readonly List<Entry> _entries = [];

    public int Count => _entries.Count;

    public IEnumerable<byte[]> Inputs => _entries.Select(static entry => entry.Input);

    /// <param name="cost">Of a run, in any unit.</param>
    public void Add(byte[] input, double cost) => _entries.Add(new(input, cost));

    public byte[] Pick()
    {
        var (one, other) = (_entries[random.Next(_entries.Count)], _entries[random.Next(_entries.Count)]);
        var picked = one.Weight <= other.Weight ? one : other;
        picked.Picks++;
        return picked.Input;
    }

    public byte[] Any() => _entries[random.Next(_entries.Count)].Input;

    /// <summary>As few inputs as take all ways together, or as many as there is room for: those first that bring much for their length.</summary>
    /// <param name="ways">What an input takes.</param>
    /// <param name="room">Bytes.</param>
    public IReadOnlyList<byte[]> Minimised(Func<byte[], int[]> ways, int room)
    {
        var left = _entries.Select(entry => (entry.Input, Ways: ways(entry.Input).ToHashSet())).ToList();
        var kept = new List<byte[]>();
        while (left.Count > 0)
        {
            var best = left.MaxBy(static entry => entry.Ways.Count / (16.0 + entry.Input.Length));
            if (best.Ways.Count == 0) break;
            left.Remove(best);
            if (best.Input.Length > room) continue;
            room -= best.Input.Length;
            kept.Add(best.Input);
            foreach (var (_, others) in left) others.ExceptWith(best.Ways);
            left.RemoveAll(static entry => entry.Ways.Count == 0);
        }

        return kept;
    }

    private sealed class Entry(byte[] input, double cost)
    {
        public byte[] Input => input;

        public int Picks { get; set; }

        public double Weight => (1 + Picks) * cost;
    }
}
