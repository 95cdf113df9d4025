using Dfu.Fuzz.Engine;
using Dfu.Fuzz.Targets;

namespace Dfu.Fuzz.Tests;

/// <summary>A moment's worth of what the fuzzer does for hours: without instrumentation, from the corpus, the same every time.</summary>
public sealed class ParserTests
{
    private const int Inputs = 2000;

    public static TheoryData<string> Targets() => new(FuzzTargets.All.Select(static target => target.Name));

    [Theory]
    [MemberData(nameof(Targets))]
    public void A_parser_keeps_its_promises_for_the_corpus_and_for_mutations_of_it(string name)
    {
        var target = FuzzTargets.All.Single(target => target.Name == name);
        var corpus = CorpusFile.Read(Path.Combine(AppContext.BaseDirectory, "corpus"), name);
        Assert.NotEmpty(corpus);
        var folder = Path.Combine(Path.GetTempPath(), "dfu-fuzz-findings");
        var told = new List<string>();
        var run = new FuzzRun(target, coverage: null, new(folder, name), TimeProvider.System);
        var result = run.Run(new(Inputs + corpus.Length, null, Seed: 7), corpus, told.Add);
        Assert.Empty(told);
        Assert.True(result.Inputs >= Inputs);
    }

    [Fact]
    public void The_corpora_stay_small()
    {
        var files = Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "corpus"));
        Assert.Equal(FuzzTargets.All.Select(static target => target.Name).Order(), files.Select(Path.GetFileNameWithoutExtension).Order());
        Assert.InRange(files.Sum(static file => new FileInfo(file).Length), 1, 200_000);
    }
}
