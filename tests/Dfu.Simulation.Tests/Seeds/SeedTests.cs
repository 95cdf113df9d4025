using Dfu.Simulation.Runs;

namespace Dfu.Simulation.Tests.Seeds;

/// <summary>Clusters to which things happen: what is promised (docs/RELIABILITY.md) holds whatever does.</summary>
public sealed class SeedTests
{
    private const int Seeds = 10_000;

    [Fact]
    public void Ten_thousand_seeds_keep_every_promise_and_meet_every_fault_and_every_finding_of_a_reconcile()
    {
        var (coverage, failures) = SeedSweep.Run(1, Seeds, static () => true, static _ => { });
        Assert.True(failures.Count == 0, string.Join(Environment.NewLine, failures.Select(static failure => failure.Describe())));
        Assert.Equal(Seeds, coverage.Seeds);
        Assert.Empty(coverage.Missing());
    }

    [Theory]
    [InlineData(1_004_167)] // a host that had stood still connected to a device that another had taken over
    [InlineData(1_009_161)] // or wrote to it, over a link that had stayed open
    [InlineData(2_002_570)] // or began to drive it
    [InlineData(2_004_931)] // a call that outlived its activation began the campaign's work there
    [InlineData(2_018_563)] // an end was acknowledged because of a retry that was not saved
    [InlineData(2_020_354)] // a campaign told the directory too early that it was over, and then no more
    [InlineData(2_025_848)] // it was taken for over while it was asked to go on
    [InlineData(2_027_534)] // it was over, had something to tell and no reminder
    [InlineData(2_045_429)] // it began late, when it had been begun again in its place
    [InlineData(2_047_105)] // an image was spoiled after it was accepted
    [InlineData(2_052_955)] // a late word of what the audit lacked
    [InlineData(2_055_206)] // the directory answered before it had saved
    [InlineData(3_043_230)] // an order was acknowledged by an activation that was over
    [InlineData(3_055_446)] // a bootloader whose flash is busy does not refuse an init packet that it accepted before
    [InlineData(4_007_284)] // a device was granted a slot by a campaign that was cancelled, before it had heard of that
    [InlineData(4_051_858)] // a device was updated for a campaign that had counted it as cancelled
    [InlineData(5_049_715)] // a device was called back by a campaign that it had been in before the last
    [InlineData(2_110_154)] // a device waited for a campaign that was over, where another activation had ended it
    public void What_only_one_seed_found_stays_mended(int seed)
    {
        var (_, failures) = SeedSweep.Run(seed, 1, static () => true, static _ => { });
        Assert.True(failures.Count == 0, string.Join(Environment.NewLine, failures.Select(static failure => failure.Describe())));
    }

    [Fact]
    public void One_seed_gives_the_same_run()
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            var first = SeedRun.Run(SeedPlan.Of(seed), new());
            var second = SeedRun.Run(SeedPlan.Of(seed), new());
            Assert.Equal((first.Digest, first.Lasted), (second.Digest, second.Lasted));
        }
    }

    [Theory]
    [InlineData("--seeds: 'none' is not a number from 1 to 2147483647", "--seeds", "none")]
    [InlineData("--seed: '' is not a whole number other than 0", "--seed")]
    [InlineData("--faults: '1,x' is not numbers with commas between them", "--faults", "1,x")]
    [InlineData("--faults: '' is not numbers with commas between them", "--seed", "1", "--faults")]
    [InlineData("'help' is not understood", "help")]
    [InlineData("--hours: '1e9' is not a number above 0, up to 10000", "--hours", "1e9")]
    [InlineData("--hours: 'NaN' is not a number above 0, up to 10000", "--hours", "NaN")]
    [InlineData("--faults 1,2: give the --seed whose faults these are", "--faults", "1,2")]
    [InlineData("--faults 99: seed 1 has no such fault, ", "--seed", "1", "--faults", "99")]
    [InlineData("--seed 1 plays one seed: leave out --seeds 3", "--seed", "1", "--seeds", "3")]
    [InlineData("--seed 1 plays one seed: leave out --from 3", "--from", "3", "--seed", "1")]
    [InlineData("--seed 1 plays one seed: leave out --hours 0.5", "--seed", "1", "--hours", "0.5")]
    [InlineData("--seeds 3: leave it out or --hours, for each says how many", "--seeds", "3", "--hours", "0.5")]
    [InlineData("--from 2147483647: give one up to 2147482647, for there are 1000 seeds", "--from", "2147483647")]
    public void What_nobody_understands_is_answered_with_the_usage(string said, params string[] arguments)
    {
        using var output = new StringWriter();
        Assert.Equal(2, Commands.Run(arguments, output));
        var lines = output.ToString().Split(Environment.NewLine);
        Assert.StartsWith(said, lines[0], StringComparison.Ordinal);
        Assert.StartsWith("usage:", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_seed_is_played_again_with_fewer_of_its_faults()
    {
        using var output = new StringWriter();
        var seed = Enumerable.Range(1, 100).First(static seed => SeedPlan.Of(seed).Faults.Length > 4);
        Assert.Equal(0, Commands.Run(["--seed", $"{seed}", "--faults", "0,3"], output));
        var lines = output.ToString().Split(Environment.NewLine);
        Assert.StartsWith($"seed {seed}:", lines[0], StringComparison.Ordinal);
        Assert.Equal(2, lines.Count(static line => line.StartsWith("   ", StringComparison.Ordinal) && line.Contains(" s  ", StringComparison.Ordinal)));
        Assert.Contains(lines, static line => line.StartsWith("- ", StringComparison.Ordinal));
    }
}
