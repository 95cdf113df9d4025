
namespace Dfu.Fleet.Tests;

public sealed class FleetTimesTests
{
    private static readonly FleetTimes Times = new();
    private static readonly FleetPolicy Policy = new();

    /// <summary>One set for each relation that breaks it and no other, and the two times that the message must name.</summary>
    public static TheoryData<FleetTimes, FleetPolicy, string, string> Broken => new()
    {
        { Times with { Plan = Seconds(0.3) }, Policy, "Plan", "AdapterReport" },
        { Times with { AdapterReport = Seconds(0.9), Report = Seconds(0.8) }, Policy, "AdapterReport", "Report" },
        { Times with { Report = Seconds(3) }, Policy, "Report", "Lease" },
        { Times with { Lease = Seconds(4.5) }, Policy, "Lease", "Silence" },
        { Times with { Silence = Seconds(10) }, Policy, "Silence", "Forget" },
        { Times with { AdapterSilence = Seconds(0.6) }, Policy, "AdapterReport", "AdapterSilence" },
        { Times with { FirstAsk = Seconds(2.1) }, Policy, "FirstAsk", "Again" },
        {
            Times with
            {
                AdapterReport = Seconds(11), Report = Seconds(11), Lease = Seconds(12), Silence = Seconds(13), Ownership = null, AdapterSilence = Seconds(33),
            },
            Policy, "AdapterReport", "HeardDevices.Fresh"
        },
        { Times, Policy.For(new() { Patience = Seconds(0.25) }), "AdapterReport", "policy.Patience" },
        { Times, Policy.For(new() { FirstBackoff = Seconds(31) }), "policy.FirstBackoff", "policy.LongestBackoff" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void A_relation_that_does_not_hold_is_named_with_both_times(FleetTimes times, FleetPolicy policy, string shorter, string longer)
    {
        var e = Assert.Throws<ArgumentException>(() => times.Validate(policy));
        Assert.StartsWith(shorter + " ", e.Message, StringComparison.Ordinal);
        Assert.Contains(" than " + longer + " ", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(1)]
    [InlineData(20)]
    [InlineData(1000)]
    public void Every_relation_holds_in_every_clock(double scale)
    {
        var scaled = Times.Scaled(scale);
        scaled.Validate(Policy);
        Assert.Equal(Math.Max(1, scale) * Times.Lease.TotalSeconds, scaled.Lease.TotalSeconds, 6);
    }

    [Fact]
    public void By_default_whoever_is_silent_is_forgotten_before_patience_ends()
    {
        Assert.True(Times.Report < Times.Lease && Times.Lease < Times.Silence && Times.Silence < Times.Forget && Times.Forget < Policy.Patience);
        Assert.True(Times.AdapterReport < Times.Promise && Times.Promise < Times.AdapterSilence && Times.AdapterSilence < Times.Forget);
        Assert.True(Times.StopWithin < Times.GiveUpEnd);
    }

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}
