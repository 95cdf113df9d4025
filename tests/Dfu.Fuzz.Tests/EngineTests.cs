using Dfu.Fuzz.Engine;

namespace Dfu.Fuzz.Tests;

/// <summary>What the fuzzer itself must do: what it says of parsers is worth no more than this.</summary>
public sealed class EngineTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("dfu-fuzz-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void An_exception_that_is_not_promised_is_found_once_and_can_be_played_again()
    {
        var target = new Target(static input => throw new InvalidOperationException($"{input.Length}"));
        var told = new List<string>();
        var result = Run(target, told);
        Assert.Equal(1, result.Findings);
        Assert.Contains("--target toy --replay", Assert.Single(told), StringComparison.Ordinal);
        var input = File.ReadAllBytes(Directory.GetFiles(_folder).Single(static file => !file.EndsWith(".story", StringComparison.Ordinal)));
        Assert.NotNull(new Judge(target).Try(input));
    }

    [Fact]
    public void A_promise_that_is_broken_is_found()
    {
        Assert.Contains("control characters", new Judge(new Target(static _ => Flaw.UnlessOneLine("a\nb"))).Try([])!.Text, StringComparison.Ordinal);
        Assert.Equal("no", new Judge(new Target(static _ => Flaw.If(true, "no"))).Try([])!.Text);
    }

    [Fact]
    public void An_input_that_takes_too_much_memory_is_found() =>
        Assert.Equal("allocates", new Judge(new Target(static _ => GC.KeepAlive(new byte[Judge.MostAllocated + 1]))).Try([1, 2])!.Kind);

    [Fact]
    public void What_is_well_is_not_found() => Assert.Equal(0, Run(new Target(static _ => { }), []).Findings);

    [Fact]
    public void The_same_seed_gives_the_same_inputs_and_another_one_others()
    {
        Assert.Equal(Inputs(1), Inputs(1));
        Assert.NotEqual(Inputs(1), Inputs(2));

        static IReadOnlyList<string> Inputs(int seed)
        {
            var mutator = new Mutator(new(seed), ["word"u8.ToArray()], longest: 64);
            return [.. Enumerable.Range(0, 500).Select(_ => Convert.ToHexString(mutator.Mutate([1, 2, 3, 0x34, 0x35], [9, 8, 7])))];
        }
    }

    [Fact]
    public void No_mutation_is_longer_than_the_target_takes()
    {
        var mutator = new Mutator(new(3), [], longest: 32);
        var input = new byte[32];
        for (var i = 0; i < 5000; i++) Assert.InRange((input = mutator.Mutate(input, input)).Length, 0, 32);
    }

    [Fact]
    public void A_corpus_is_minimised_to_what_takes_every_way()
    {
        var corpus = new Corpus(new(1));
        foreach (var input in new byte[][] { [1], [1, 2], [1, 2, 3], [4], [3, 3, 3, 3] }) corpus.Add(input, 1);
        var kept = corpus.Minimised(static input => [.. input.Select(static way => (int)way)], room: 100);
        Assert.Equal([1, 2, 3, 4], kept.SelectMany(static input => input).Distinct().Order().Select(static way => (int)way));
        Assert.Equal(2, kept.Count);
    }

    [Fact]
    public void A_corpus_is_read_as_it_was_written()
    {
        byte[][] inputs = [[], [0, 255], "text\n"u8.ToArray()];
        CorpusFile.Write(_folder, "toy", inputs.Where(static input => input.Length > 0));
        Assert.Equal(inputs.Skip(1), CorpusFile.Read(_folder, "toy"));
        Assert.Empty(CorpusFile.Read(_folder, "another"));
    }

    private FuzzResult Run(IFuzzTarget target, List<string> told) =>
        new FuzzRun(target, coverage: null, new(_folder, target.Name), TimeProvider.System).Run(new(300, null, Seed: 1), [], told.Add);

    private sealed class Target(Action<byte[]> run) : IFuzzTarget
    {
        public string Name => "toy";

        public IEnumerable<byte[]> Seeds => [[1, 2, 3]];

        public void Run(byte[] input) => run(input);
    }
}
