namespace Dfu.Adapters.BlueZ.Tests;

/// <summary>What the waits mean for each other, and for what is not ours to choose.</summary>
public sealed class BlueZTimesTests
{
    /// <summary>The kernel gives a controller 2 s for a command.</summary>
    private static readonly TimeSpan KernelCommand = TimeSpan.FromSeconds(2);

    /// <summary>bluetoothd lets 2 s pass before it asks the kernel for a disconnect.</summary>
    private static readonly TimeSpan DisconnectDelay = TimeSpan.FromSeconds(2);

    /// <summary>A fleet takes an adapter for lost whose connect comes back so much later than asked for.</summary>
    private static readonly TimeSpan LateConnect = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan ConnectTimeout = new LinkOptions().ConnectTimeout;

    [Fact]
    public void A_controller_counts_as_silent_when_the_kernel_has_given_up_on_a_command_and_is_looked_at_more_often_than_that()
    {
        Assert.InRange(BlueZTimes.LongestSilence, KernelCommand + TimeSpan.FromSeconds(1), TimeSpan.MaxValue);
        Assert.InRange(BlueZTimes.Check, TimeSpan.Zero, BlueZTimes.LongestSilence / 2);
        Assert.InRange(BlueZTimes.KernelAnswer, KernelCommand + TimeSpan.FromSeconds(1), TimeSpan.MaxValue);
    }

    [Fact]
    public void A_refusal_of_an_unanswered_command_is_told_from_one_that_comes_at_once() =>
        Assert.InRange(BlueZTimes.UnansweredRefusal, TimeSpan.FromSeconds(1), KernelCommand - TimeSpan.FromMilliseconds(500));

    [Fact]
    public void Powering_over_bluetoothd_outlasts_the_kernels_own() => Assert.True(BlueZTimes.Power > BlueZTimes.KernelPower);

    [Fact]
    public void Discovery_may_take_a_whole_answer_to_stop() => Assert.True(BlueZTimes.Quiet > BlueZTimes.Answer);

    [Fact]
    public void A_disconnect_outlasts_bluetoothds_own_delay_also_where_a_caller_waits()
    {
        Assert.True(BlueZTimes.LetGo > DisconnectDelay);
        Assert.True(BlueZTimes.Disconnect > BlueZTimes.LetGo);
        Assert.True(BlueZTimes.LinksClose > BlueZTimes.Disconnect + BlueZTimes.SignalAfterAnswer);
    }

    [Fact]
    public void A_failed_connect_comes_back_before_its_adapter_is_taken_for_lost() =>
        Assert.True(BlueZTimes.LeastConnect + BlueZTimes.LetGo + BlueZTimes.Clean < LateConnect);

    [Fact]
    public void What_a_connect_waits_for_leaves_time_to_repeat_it()
    {
        Assert.True(2 * (BlueZTimes.ConnectedAfterAnswer + DisconnectDelay) < ConnectTimeout);
        Assert.True(BlueZTimes.CharacteristicsAfterResolved + DisconnectDelay < ConnectTimeout / 2);
    }

    [Fact]
    public void A_reason_is_waited_for_no_longer_than_the_end_that_it_explains()
    {
        Assert.True(BlueZTimes.ReasonAfterEnd < BlueZTimes.EndAfterFailure);
        Assert.True(BlueZTimes.EndAfterFailure < BlueZTimes.Request);
    }
}
