using Dfu.Fleet.Adapters;

namespace Dfu.Fleet.Tests.Adapters;

public sealed class LimitLearningTests
{
    private static readonly DateTimeOffset T0 = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <param name="samples">Transfers that sent, bytes per second of each, and links lost, one measurement a second.</param>
    [Theory]
    [InlineData("nothing is known but that all slots are taken", 20, "3x10", 5)]
    [InlineData("added transfers are as fast as the others", 20, "3x10 5x10", 8)]
    [InlineData("a step that gained much is followed by a longer one", 20, "3x10 5x10 8x9.5 12x9.5 18x9.5", 20)]
    [InlineData("a gain that is not clear is measured three times", 20, "3x10 5x8 5x8", 5)]
    [InlineData("a gain that is not clear is enough after three times", 20, "3x10 5x8 5x8 5x8", 8)]
    [InlineData("nothing gained is too much after three times", 20, "3x10 5x6 5x6", 5)]
    [InlineData("nothing gained is taken back", 20, "3x10 5x6 5x6 5x6", 3)]
    [InlineData("a step too far is taken back to where it was", 20, "3x10 5x10 8x6.2 8x6.2 8x6.2", 5)]
    [InlineData("links are lost since the limit was raised", 20, "3x10 5x10/3", 3)]
    [InlineData("links are lost as often as before", 20, "3x10/1 3x10/1 3x10/1 5x10/2 5x10/2 5x10/2", 8)]
    [InlineData("more transfers on a full air lose less of it by links that drop", 20, "3x10/1 3x10/1 3x10/1 5x6/1 5x6/1 5x6/1", 8)]
    [InlineData("links that drop rarely are no reason for more transfers", 20, "3x10/1 5x6 5x6 5x6", 3)]
    [InlineData("one load is never the reason to raise twice", 20, "3x10 3x10 3x10 3x10 3x10", 5)]
    [InlineData("transfers that are still connecting are waited for", 20, "3x10 3.2x10 4x9.5", 8)]
    [InlineData("fewer got more through", 3, "2x15 3x6 3x6 3x6", 2)]
    [InlineData("fewer got as much through, and three are needed to keep the air busy", 3, "2x15 3x10 3x10 3x10", 3)]
    [InlineData("never more than the adapter holds", 4, "3x10 4x10 4x10", 4)]
    [InlineData("an adapter of one link has one", 1, "1x10 1x10 1x10", 1)]
    public void The_limit_follows_what_is_measured(string why, int links, string samples, int limit)
    {
        var state = LimitLearning.Start(links, new());
        var second = 0;
        foreach (var text in samples.Split(' '))
        {
            var parts = text.Split('x', '/');
            var sending = double.Parse(parts[0], System.Globalization.CultureInfo.InvariantCulture);
            var rate = 1000 * double.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture);
            var losses = parts.Length > 2 ? int.Parse(parts[2], System.Globalization.CultureInfo.InvariantCulture) : 0;
            state = LimitLearning.Measured(state, new(sending, rate, losses, sending, Full: true), T0.AddSeconds(second++));
        }

        Assert.True(limit == state.Current, $"{why}: {state.Current}");
    }

    [Fact]
    public void It_is_not_raised_while_slots_are_free()
    {
        var state = LimitLearning.Start(20, new());
        for (var i = 0; i < 10; i++) state = LimitLearning.Measured(state, new(2, 10_000, 0, 2, Full: false), T0.AddSeconds(i));
        Assert.Equal(3, state.Current);
    }

    [Fact]
    public void A_refused_link_is_a_ceiling_until_the_adapter_is_opened_again()
    {
        var state = Raised(LimitLearning.Start(20, new()));
        Assert.Equal(5, state.Current);
        state = LimitLearning.Full(state, held: 4);
        for (var i = 5; i < 60; i++) state = LimitLearning.Measured(state, new(4, 10_000, 0, 4, Full: true), T0.AddSeconds(i));
        Assert.Equal((4, 4), (state.Current, state.Ceiling));
        Assert.Equal((4, 20), (LimitLearning.Start(20, state).Current, LimitLearning.Start(20, state).Ceiling));
    }

    [Fact]
    public void What_was_taken_back_is_tried_again_later_in_a_smaller_step_and_each_time_later()
    {
        var state = Raised(LimitLearning.Start(20, new()));
        var raised = new List<(int At, int Limit)>();
        for (var i = 1; i < 300; i++)
        {
            var before = state.Current;
            state = LimitLearning.Measured(state, new(before, 30_000.0 / before, 0, before, Full: true), T0.AddSeconds(i));
            if (state.Current > before) raised.Add((i, state.Current));
        }

        Assert.Equal([4, 4, 4], raised.Select(static one => one.Limit));
        Assert.InRange(raised[0].At, 30, 35);
        Assert.InRange(raised[1].At - raised[0].At, 60, 65);
        Assert.InRange(raised[2].At - raised[1].At, 120, 125);
    }

    [Fact]
    public void What_was_taken_back_before_links_were_lost_is_tried_again_with_twice_as_many()
    {
        var state = LimitLearning.Start(20, new());
        var raised = new List<int>();
        for (var i = 0; raised.Count < 2; i++)
        {
            var before = state.Current;
            var losses = raised.Count == 1 && before == 3 && i % 4 == 0 ? 1 : 0;
            state = LimitLearning.Measured(state, new(before, 30_000.0 / before, losses, before, Full: true), T0.AddSeconds(i));
            if (state.Current > before) raised.Add(state.Current);
        }

        Assert.Equal([5, 6], raised);
    }

    [Fact]
    public void Transfers_that_still_run_after_the_limit_was_lowered_do_not_lower_it_again()
    {
        var state = LimitLearning.Start(20, new() { Current = 12, Hold = TimeSpan.FromSeconds(30), RaiseAt = T0.AddHours(1) });
        int[] sending = [8, 8, 8, 12, 12, 12, 11, 11, 11, 9, 9, 9];
        for (var i = 0; i < sending.Length; i++)
            state = LimitLearning.Measured(state, new(sending[i], 60_000.0 / sending[i], 0, sending[i], Full: true), T0.AddSeconds(i));
        Assert.Equal(8, state.Current);
    }

    [Fact]
    public void What_was_measured_minutes_ago_is_no_reason_to_take_anything_back()
    {
        var state = Raised(LimitLearning.Start(5, new()));
        for (var i = 0; i < 10; i++) state = LimitLearning.Measured(state, new(5, 4_000, 0, 5, Full: true), T0.AddSeconds(200 + i));
        Assert.Equal(5, state.Current);
    }

    [Fact]
    public void A_limit_that_was_compared_with_nothing_for_minutes_is_compared_again()
    {
        var state = LimitLearning.Start(20, new() { Current = 16, Hold = TimeSpan.FromSeconds(30) });
        var limits = new List<int>();
        for (var i = 0; i < 900; i++)
        {
            state = LimitLearning.Measured(state, new(state.Current, 40_000.0 / Math.Max(4, state.Current), 0, state.Current, Full: true), T0.AddSeconds(i));
            limits.Add(state.Current);
        }

        Assert.Equal(20, limits[0]);
        Assert.InRange(limits[^1], 3, 10);
    }

    [Fact]
    public void An_adapter_begins_where_it_was_and_at_three_when_nothing_was_measured()
    {
        var state = Raised(LimitLearning.Start(20, new()));
        Assert.Equal(5, LimitLearning.Start(20, state).Current);
        Assert.Equal(4, LimitLearning.Start(4, state).Current);
        Assert.Equal(3, LimitLearning.Start(20, LimitLearning.Full(state, held: 1)).Current);
        Assert.Empty(LimitLearning.Start(20, state).Loads);
    }

    private static TransferLimit Raised(TransferLimit limit) => LimitLearning.Measured(limit, new(3, 10_000, 0, 3, Full: true), T0);
}
