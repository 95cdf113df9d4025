using Dfu.Protocol.Transfers;

namespace Dfu.Adapters.Bridge.Tests;

/// <summary>Who waits for whom, and so must wait longer.</summary>
public sealed class BridgeTimesTests
{
    private static readonly TimeSpan Noticed = TimeSpan.FromSeconds(SocketSetup.NoticedWithin);

    [Fact]
    public void A_host_waits_longer_than_the_bridge_opens_its_radio() => Assert.True(BridgeTimes.OpenRadio < BridgeTimes.Hello);

    [Fact]
    public void Opening_takes_at_most_the_15_seconds_its_documentation_says() =>
        Assert.Equal(TimeSpan.FromSeconds(15), BridgeTimes.Open + BridgeTimes.Hello);

    [Fact]
    public void A_host_waits_longer_than_a_bridge_needs_to_give_a_connect_up() =>
        Assert.True(BridgeTimes.ConnectOvertime + BridgeTimes.Dispose < BridgeTimes.ConnectGrace);

    [Fact]
    public void A_host_waits_longer_than_a_bridge_needs_to_close_a_link() =>
        Assert.True(BridgeTimes.Drain + BridgeTimes.LastAnswer + BridgeTimes.Dispose + BridgeTimes.LastAnswer < BridgeTimes.Close);

    [Fact]
    public void A_bridge_that_vanished_is_noticed_before_a_single_request_is_blamed() => Assert.All(
        new[] { BridgeTimes.Request, BridgeTimes.Credit, BridgeTimes.Stall }, patience => Assert.True(Noticed < patience));

    [Fact]
    public void A_pairing_is_given_up_before_the_bridge_ends_the_link() =>
        Assert.True(Dfu.Protocol.Links.LinkSecurity.Longest < BridgeTimes.Secure);

    [Fact]
    public void A_transfer_gives_its_request_up_before_the_bridge_ends_the_link()
    {
        var options = new TransferOptions();
        Assert.All(
            new[] { options.RequestTimeout, options.ExecuteTimeout }, patience => Assert.True(patience < BridgeTimes.Request && patience < BridgeTimes.Credit));
    }
}
