using Dfu.Adapters.BlueZ.Kernel;
using Dfu.Protocol.Links;

namespace Dfu.Adapters.BlueZ.Tests.Kernel;

public sealed class MonitorTests
{
    private static readonly BluetoothAddress Peer = BluetoothAddress.Parse("C4:55:46:57:00:01");
    private static readonly LinkParameters Made = new(TimeSpan.FromMilliseconds(30), 1, TimeSpan.FromSeconds(4));

    /// <summary>Two private addresses stand between the peer and the parameters.</summary>
    private static byte[] Enhanced(byte subevent) =>
        Packets.Hci(
            1, 0x3E,
            [subevent, 0, 0x40, 0, 0, 1, 1, 0, 0x57, 0x46, 0x55, 0xC4, .. new byte[12], 24, 0, 1, 0, 0x90, 0x01, 0, .. new byte[subevent == 0x29 ? 3 : 0]]);

    public static TheoryData<byte[]> Makings => [Packets.LinkMade(1), Enhanced(0x0A), Enhanced(0x29)];

    [Theory]
    [MemberData(nameof(Makings))]
    public void Every_form_of_a_link_being_made_gives_peer_and_parameters(byte[] packet) =>
        Assert.Equal(new MonitorEvent.LinkMade(1, 0x40, Peer, Made), MonitorEvent.Parse(packet));

    [Theory]
    [MemberData(nameof(Makings))]
    public void A_link_that_was_not_made_gives_peer_and_status(byte[] packet)
    {
        byte[] failed = [.. packet];
        failed[9] = 0x3E;
        Assert.Equal(new MonitorEvent.ConnectFailed(1, Peer, 0x3E), MonitorEvent.Parse(failed));
        failed.AsSpan(14, 6).Clear();
        Assert.Equal(new MonitorEvent.ConnectFailed(1, null, 0x3E), MonitorEvent.Parse(failed));
        Assert.Null(MonitorEvent.Parse(failed.AsSpan(0, 19)));
    }

    [Fact]
    public void A_controllers_refusal_to_connect_gives_its_status()
    {
        Assert.Equal(new MonitorEvent.ConnectFailed(1, null, 0x09), MonitorEvent.Parse(Packets.ConnectStatus(1, 0x09)));
        Assert.Equal(new MonitorEvent.ConnectFailed(1, null, 0x07), MonitorEvent.Parse(Packets.Hci(1, 0x0F, 0x07, 1, 0x43, 0x20)));
        Assert.Equal(new MonitorEvent.Answered(1), MonitorEvent.Parse(Packets.ConnectStatus(1, 0)));
        Assert.Equal(new MonitorEvent.Answered(1), MonitorEvent.Parse(Packets.Hci(1, 0x0F, 0x09, 1, 0x05, 0x04)));
    }

    [Fact]
    public void Whom_the_controller_was_told_to_connect_to_is_read()
    {
        Assert.Equal(new MonitorEvent.ConnectAsked(1, Peer), MonitorEvent.Parse(Packets.Connect(1)));
        Assert.Equal(new MonitorEvent.ConnectAsked(1, Peer), MonitorEvent.Parse(Packets.ExtendedConnect(1)));
        var byList = Packets.Connect(1);
        byList[13] = 1;
        Assert.Equal(new MonitorEvent.ConnectAsked(1, null), MonitorEvent.Parse(byList));
        for (var length = 0; length < 8; length++) Assert.Null(MonitorEvent.Parse(Packets.Connect(1).AsSpan(0, length)));
        for (var length = 8; length < 21; length++) Assert.Equal(new MonitorEvent.CommandGiven(1), MonitorEvent.Parse(Packets.Connect(1).AsSpan(0, length)));
    }

    [Fact]
    public void A_refusal_is_of_whom_was_asked_for_last()
    {
        var links = new LinkTracker();
        Assert.Null(links.Apply(new MonitorEvent.ConnectFailed(0, null, 0x09)));
        links.Apply(Seen(Packets.Connect(0)));
        Assert.Equal(Peer, links.Apply(new MonitorEvent.ConnectFailed(0, null, 0x09)));
        Assert.Null(links.Apply(new MonitorEvent.ConnectFailed(1, null, 0x09)));
        links.Apply(new MonitorEvent.ConnectAsked(0, null));
        Assert.Null(links.Apply(new MonitorEvent.ConnectFailed(0, null, 0x09)));
        links.Apply(Seen(Packets.Connect(0)));
        links.Apply(new MonitorEvent.Closed(0));
        Assert.Null(links.Apply(new MonitorEvent.ConnectFailed(0, null, 0x09)));
    }

    [Theory]
    [MemberData(nameof(Makings))]
    public void A_link_whose_making_is_cut_short_is_none(byte[] packet)
    {
        Assert.NotNull(MonitorEvent.Parse(packet));

        // By the packet's own length, and by that of the event; 26 bytes are the shortest form up to its parameters.
        for (var length = 0; length < 26; length++)
        {
            Assert.Null(MonitorEvent.Parse(packet.AsSpan(0, length)));
            if (length <= 8) continue;
            byte[] cut = [.. packet[..length]];
            cut[7] = (byte)(length - 8);
            Assert.Null(MonitorEvent.Parse(cut));
        }
    }

    [Fact]
    public void Changes_and_ends_are_read()
    {
        Assert.Equal(
            new MonitorEvent.LinkUpdated(0, 0x40, new(TimeSpan.FromMilliseconds(7.5), 0, TimeSpan.FromMilliseconds(100))),
            MonitorEvent.Parse(Packets.Hci(0, 0x3E, 0x03, 0, 0x40, 0, 6, 0, 0, 0, 10, 0)));
        Assert.Equal(new MonitorEvent.PhyUpdated(0, 0x41, new(2, 1)), MonitorEvent.Parse(Packets.Hci(0, 0x3E, 0x0C, 0, 0x41, 0, 2, 1)));
        Assert.Equal(new MonitorEvent.LinkEnded(2, 0x40, 0x13), MonitorEvent.Parse(Packets.LinkEnded(2, 0x13)));
        Assert.Equal(new MonitorEvent.BuffersRead(0, 8), MonitorEvent.Parse(Packets.Hci(0, 0x0E, 1, 0x02, 0x20, 0, 251, 0, 8)));
        Assert.Equal(new MonitorEvent.Closed(3), MonitorEvent.Parse(Packets.Monitor(9, 3)));
    }

    [Fact]
    public void What_is_not_of_links_is_passed_over_but_for_answers()
    {
        Assert.Null(MonitorEvent.Parse(Packets.Monitor(4, 0, [.. Packets.LinkMade(0).Skip(6)])));
        Assert.Null(MonitorEvent.Parse(Packets.Hci(0, 0x3E, 0x02, 1, 0, 1, 1, 0, 0x57, 0x46, 0x55, 0xC4, 0, 0xC0)));
        Assert.Equal(new MonitorEvent.Answered(0), MonitorEvent.Parse(Packets.Hci(0, 0x0E, 1, 0x03, 0x0C, 0, 0, 0, 0)));
    }

    [Fact]
    public void A_link_has_the_parameters_it_was_last_seen_with_until_it_ends()
    {
        var links = new LinkTracker();
        Assert.Null(links.InForce(0, Peer));
        links.Apply(Seen(Packets.LinkMade(0)));
        Assert.Equal((Made, null), (links.InForce(0, Peer), links.Phy(0, Peer)));
        Assert.Null(links.InForce(1, Peer));

        links.Apply(new MonitorEvent.LinkUpdated(0, 0x40, Made with { Latency = 0 }));
        links.Apply(new MonitorEvent.PhyUpdated(0, 0x40, new(2, 2)));
        links.Apply(new MonitorEvent.LinkUpdated(1, 0x40, Made with { Latency = 7 }));
        Assert.Equal((Made with { Latency = 0 }, new LinkPhy(2, 2)), (links.InForce(0, Peer), links.Phy(0, Peer)!.Value));

        Assert.Equal(Peer, links.Apply(Seen(Packets.LinkEnded(0, 0x08))));
        Assert.Null(links.InForce(0, Peer));
        Assert.Null(links.Apply(Seen(Packets.LinkEnded(0, 0x08))));
    }

    [Fact]
    public void The_end_of_an_older_link_whose_handle_was_missed_does_not_end_the_newer()
    {
        var links = new LinkTracker();
        links.Apply(Seen(Packets.LinkMade(0, handle: 0x40)));
        links.Apply(Seen(Packets.LinkMade(0, handle: 0x41)));
        Assert.Null(links.Apply(Seen(Packets.LinkEnded(0, 0x08, handle: 0x40))));
        Assert.Equal(Made, links.InForce(0, Peer));
    }

    [Fact]
    public void A_closed_controller_has_no_links()
    {
        var links = new LinkTracker();
        links.Apply(Seen(Packets.LinkMade(0)));
        links.Apply(Seen(Packets.LinkMade(1)));
        links.Apply(new MonitorEvent.Closed(0));
        Assert.Equal((null, Made), (links.InForce(0, Peer), links.InForce(1, Peer)));
    }

    private static MonitorEvent Seen(byte[] packet) => MonitorEvent.Parse(packet)!;
}
