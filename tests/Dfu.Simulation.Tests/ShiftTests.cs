using Dfu.Benchmarks.Shifts;
using Xunit.Abstractions;

namespace Dfu.Simulation.Tests;

/// <summary>A small version of the benchmark's shift: a tenth of the units, of two fifths of the size.</summary>
public sealed class ShiftTests(ITestOutputHelper output)
{
    private static readonly ShiftSpec Small = new()
    {
        Units = 60,
        Feed = TimeSpan.FromSeconds(20),
        ImageBytes = 40 * 4096,
        DiesAt = TimeSpan.FromMinutes(0.5),
        ComesBackAt = TimeSpan.FromMinutes(1),
    };

    [Fact]
    public void A_shift_strands_no_unit_fails_no_good_one_and_beats_a_naive_scheduler_by_far()
    {
        var ours = ShiftRun.Run(Small, naive: false);
        var naive = ShiftRun.Run(Small, naive: true);
        output.WriteLine($"{ours}\n{naive}");
        Assert.Equal((0, 0, 0), (ours.Failed, ours.Stranded, ours.BadUpdated));
        Assert.InRange(ours.Ratio, 1, 2); // radios have yet to learn what they carry, and the last units end alone
        Assert.True(naive.Stranded > 5, naive.ToString());
        Assert.True(ours.Makespan < 0.75 * naive.Makespan, $"{ours.Makespan} and {naive.Makespan}");
    }
}
