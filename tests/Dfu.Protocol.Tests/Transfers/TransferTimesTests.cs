using Dfu.Protocol.Transfers;

namespace Dfu.Protocol.Tests.Transfers;

/// <summary>Times that only make sense in relation to others, or to what the bootloader does (docs/bootloader.md).</summary>
public sealed class TransferTimesTests
{
    private static readonly TransferOptions Options = new();
    private static readonly TimeSpan Save = TimeSpan.FromMilliseconds(200); // F11, F32
    private static readonly TimeSpan Inactivity = TimeSpan.FromSeconds(120); // F4

    [Fact]
    public void An_execute_is_waited_for_longer_than_other_requests() => Assert.True(Options.RequestTimeout < Options.ExecuteTimeout);

    [Fact]
    public void A_request_is_given_up_before_the_bootloader_resets_for_inactivity() =>
        Assert.True((Options.RequestRepeats + 1) * Options.ExecuteTimeout < Inactivity);

    [Fact]
    public void Guards_begin_within_their_bounds_and_a_save_lengthens_them()
    {
        Assert.InRange(Pacing.Initial.Guard, Pacing.ShortestGuard, Pacing.LongestGuard);
        Assert.InRange(Pacing.Initial.GuardAfterSave, Pacing.ShortestGuardAfterSave, Pacing.LongestGuard);
        Assert.True(Pacing.Initial.Guard < Pacing.ShortestGuardAfterSave);
        Assert.True(Pacing.Initial.BurstAfterSave < Pacing.Initial.Burst);
    }

    [Fact]
    public void The_longest_guard_is_no_reason_to_give_a_link_up() => Assert.True(Pacing.LongestGuard < Options.RequestTimeout);

    [Fact]
    public void A_save_shows_in_less_than_it_takes_and_is_certain_in_more()
    {
        Assert.True(TransferTimes.SaveShows < Save);
        Assert.True(TransferTimes.TypicalSave > Save);
        Assert.True(TransferTimes.SaveSettles > 2 * Save);
        Assert.True(TransferTimes.SaveSettles < Options.RequestTimeout);
    }

    [Fact]
    public void Pauses_outlast_what_the_flash_still_has_to_do()
    {
        var queue = TimeSpan.FromMilliseconds(85 + (17 * 2.5)); // an erase and the packets of an object (F21)
        Assert.True(TransferTimes.PauseAfterShort > queue + Pacing.ShortestGuard);
        Assert.True(TransferTimes.PauseBeforeLastExecute > queue + Save);
    }
}
