using Dfu.Benchmarks;
using Dfu.Cluster.Scenario;

namespace Dfu.Simulation.Tests;

/// <summary>What a benchmark cannot write is known before it measures.</summary>
public sealed class BenchmarkCommandTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("dfu-benchmarks-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("PLOTS: '/proc/nope' cannot be written to (", "performance", "/proc/nope")]
    [InlineData("PLOTS: '/dev/null' cannot be written to (", "performance", "/dev/null")]
    [InlineData("--plots: '/proc/nope' cannot be written to (", "fleet", "--plots", "/proc/nope")]
    [InlineData("--svg: '/proc/nope' cannot be written (", "endurance", "--svg", "/proc/nope")]
    [InlineData("--svg: '/' cannot be written (", "endurance", "--svg", "/")]
    [InlineData("--svg: '' cannot be written (", "endurance", "--svg", "")]
    public async Task What_cannot_be_written_is_refused_by_name_in_one_line(string said, params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        Assert.Equal(2, await BenchmarkCommands.All().RunAsync(arguments, output, error));
        Assert.StartsWith(said, $"{error}", StringComparison.Ordinal);
        Assert.EndsWith("), give one that can; --help tells what is\n", $"{error}", StringComparison.Ordinal);
        Assert.Equal(1, $"{error}".Count(static character => character == '\n'));
        Assert.Empty($"{output}");
    }

    [Fact]
    public void What_can_be_written_is_left_as_it_was_until_then()
    {
        var kept = Path.Combine(_folder.FullName, "kept.svg");
        File.WriteAllText(kept, "of last time");
        Assert.Empty(BenchmarkCommands.All().Parse(["endurance", "--svg", kept]).Errors);
        Assert.Empty(BenchmarkCommands.All().Parse(["endurance", "--svg", Path.Combine(_folder.FullName, "new.svg")]).Errors);
        Assert.Empty(BenchmarkCommands.All().Parse(["performance", _folder.FullName]).Errors);
        Assert.Empty(BenchmarkCommands.All().Parse(["performance"]).Errors);
        Assert.Equal("of last time", File.ReadAllText(kept));
        Assert.Equal(kept, Assert.Single(Directory.GetFileSystemEntries(_folder.FullName)));
    }
}
