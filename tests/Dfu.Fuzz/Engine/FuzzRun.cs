using System.Globalization;

namespace Dfu.Fuzz.Engine;

/// <summary>What a run is to do.</summary>
/// <param name="For">At most so long; null for as long as it takes.</param>
internal sealed record FuzzOrder(long Inputs, TimeSpan? For, int Seed);

/// <summary>What a run did.</summary>
internal sealed record FuzzResult(string Target, long Inputs, TimeSpan Took, int Edges, int Corpus, int Findings)
{
    public const string Head = "target      inputs     per s   edges  corpus  findings";

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Target,-9} {Inputs,8} {Inputs / Math.Max(0.001, Took.TotalSeconds),9:0} {Edges,7} {Corpus,7} {Findings,9}");
}

/// <summary>One target's run: mutates what is known, keeps what takes a new way. The same seed, inputs and corpus give the same run.</summary>
/// <param name="coverage">Null without instrumentation: then everything is a mutation of what was known at the beginning.</param>
/// <param name="notes">Called with each input before it is run, so that it is known when the process dies of it.</param>
internal sealed class FuzzRun(IFuzzTarget target, Coverage? coverage, Findings findings, TimeProvider time, Action<byte[]>? notes = null)
{
    private const int LookAtClock = 256;
    private readonly Judge _judge = new(target);

    public Corpus? Corpus { get; private set; }

    /// <param name="told">Called with each finding.</param>
    /// <param name="cancellationToken">Ends it early; what it did until then is its result.</param>
    public FuzzResult Run(FuzzOrder order, IEnumerable<byte[]> known, Action<string> told, CancellationToken cancellationToken = default)
    {
        var random = new Random(order.Seed);
        var mutator = new Mutator(random, target.Words, target.Longest);
        var corpus = Corpus = new(random);
        var began = time.GetTimestamp();
        long inputs = 0;
        foreach (var input in target.Seeds.Concat(known).Where(input => input.Length <= target.Longest).DefaultIfEmpty([]))
        {
            inputs++;
            if (Try(input, told) || coverage is null || corpus.Count == 0) corpus.Add(input, Cost(input));
        }

        while (inputs < order.Inputs && !findings.IsFull && !cancellationToken.IsCancellationRequested)
        {
            if (inputs % LookAtClock == 0 && time.GetElapsedTime(began) > order.For) break;
            var input = mutator.Mutate(corpus.Pick(), corpus.Any());
            inputs++;
            if (Try(input, told)) corpus.Add(input, Cost(input));
        }

        return new(target.Name, inputs, time.GetElapsedTime(began), coverage?.Edges ?? 0, corpus.Count, findings.Count);
    }

    /// <summary>What an input takes, for minimising.</summary>
    public int[] WaysOf(byte[] input)
    {
        coverage!.Clear();
        _judge.Try(input);
        return coverage.Taken();
    }

    /// <summary>Of instrumented code the processor's time would differ from run to run, so that a run could not be repeated.</summary>
    private static double Cost(byte[] input) => 64 + input.Length;

    /// <returns>Whether it took a new way.</returns>
    private bool Try(byte[] input, Action<string> told)
    {
        notes?.Invoke(input);
        coverage?.Clear();
        var verdict = _judge.Try(input);
        if (verdict is not null && findings.Add(input, verdict) is { } line) told(line);
        return coverage?.Merge() == true && verdict is null;
    }
}
