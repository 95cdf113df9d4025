using Dfu.Benchmarks;
using Dfu.Protocol.Transfers;

namespace Dfu.Simulation.Tests;

public sealed class BenchmarkTests
{
    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void One_transfer_takes_at_most_1_12_of_the_bound_and_sends_nothing_twice(bool deaf, bool saving)
    {
        var traits = new BootloaderTraits { Keeps = saving ? Keeps.Objects : Keeps.Nothing };
        for (var i = 0; i < 3; i++) TransferBenchmark.Ours(deaf, saving, traits, out traits);
        var figures = TransferBenchmark.Ours(deaf, saving, traits, out _);
        Assert.True(figures.Ratio <= 1.12, figures.ToString());
        Assert.Equal(figures.ImageBytes, figures.Bytes);
        Assert.Equal(saving ? 0 : 2, figures.Saves); // none for the last two objects of fifty
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_strategy_of_other_tools_takes_longer(bool deaf)
    {
        var traits = new BootloaderTraits { Keeps = Keeps.Nothing };
        var ours = TransferBenchmark.Ours(deaf, saving: false, traits, out _);
        Assert.True(TransferBenchmark.Plain("delay", deaf, 0, TimeSpan.FromMilliseconds(400)).Took > 2 * ours.Took);
        Assert.True(TransferBenchmark.Plain("every 12", deaf, 12, TimeSpan.Zero).Took > ours.Took);
        Assert.True(TransferBenchmark.Plain("every packet", deaf, 1, TimeSpan.Zero).Took > 2 * ours.Took);
    }
}
