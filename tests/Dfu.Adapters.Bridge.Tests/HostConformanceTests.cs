using Dfu.Adapters.Bridge.Wire;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Google.Protobuf;
using Body = Dfu.Adapters.Bridge.Wire.ToBridge.BodyOneofCase;

namespace Dfu.Adapters.Bridge.Tests;

/// <summary>The host against the sentences of bridge.proto, with a bridge written frame by frame.</summary>
public sealed class HostConformanceTests : FakeBridge
{
    private static readonly LinkOptions Options = new();

    [Fact]
    public async Task A_packet_is_never_sent_without_credit()
    {
        var (bridge, _, link) = await LinkAsync();
        using var _ = bridge;
        var packets = Enumerable.Range(0, 10).Select(i => link.WriteCommandAsync(DfuCharacteristic.Packet, new[] { (byte)i }, Ct).AsTask()).ToArray();
        var sent = 0;
        foreach (var grant in new uint[] { 3, 1, 4 })
        {
            await bridge.SendAsync(Credit(1, grant));
            for (var i = 0; i < grant; i++)
            {
                var packet = await bridge.ReadAsync();
                Assert.Equal((1u, Body.WriteCommand, (byte)sent), (packet.Link, packet.BodyCase, packet.WriteCommand.Value[0]));
                await packets[sent++].Soon();
            }

            Assert.All(packets[sent..], waiting => Assert.False(waiting.IsCompleted));
        }

        await AssertSilentAsync(bridge, link);
        Assert.All(packets[sent..], waiting => Assert.True(waiting.IsFaulted));
    }

    [Fact]
    public async Task Credit_adds_up_and_ends_with_the_link()
    {
        var (bridge, adapter, link) = await LinkAsync();
        using var _ = bridge;
        await bridge.SendAsync(Credit(1, 2), Credit(1, uint.MaxValue), Notification(1, 1));
        await link.Notifications.ReadAsync(Ct).Soon();
        for (var i = 0; i < 20; i++) await link.WriteCommandAsync(DfuCharacteristic.Packet, new byte[] { 1 }, Ct).Soon();
        for (var i = 0; i < 20; i++) await bridge.ReadAsync();
        await bridge.SendAsync(Disconnected(1, 0x08));
        await link.Closed.Soon();
        var again = await ConnectAsync(bridge, adapter);
        Assert.False(again.WriteCommandAsync(DfuCharacteristic.Packet, new byte[] { 1 }, Ct).AsTask().IsCompleted);
        await AssertSilentAsync(bridge, again);
    }

    [Fact]
    public async Task A_packet_that_is_cancelled_while_it_waits_is_not_sent_and_costs_nothing()
    {
        var (bridge, _, link) = await LinkAsync();
        using var _ = bridge;
        using var stop = new CancellationTokenSource();
        var cancelled = link.WriteCommandAsync(DfuCharacteristic.Packet, new byte[] { 1 }, stop.Token).AsTask();
        var next = link.WriteCommandAsync(DfuCharacteristic.Packet, new byte[] { 2 }, Ct).AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.Soon());
        await bridge.SendAsync(Credit(1, 1));
        Assert.Equal(2, (await bridge.ReadAsync()).WriteCommand.Value[0]);
        await next.Soon();
    }

    [Theory]
    [InlineData(0, null)]
    [InlineData(1, DfuError.PairingRefused)]
    [InlineData(2, DfuError.BondRequired)]
    [InlineData(77, DfuError.PairingRefused)]
    public async Task A_link_is_secured_by_a_bridge_that_can(int result, DfuError? expected)
    {
        var (bridge, adapter) = await OpenAsync(secures: true);
        using var _ = bridge;
        var link = await ConnectAsync(bridge, adapter);
        var securing = link.SecureAsync(Ct);
        Assert.Equal((1u, Body.Secure), await bridge.ReadAsync() is var asked ? (asked.Link, asked.BodyCase) : default);
        await bridge.SendAsync(new FromBridge { Link = 1, Secured = new Secured { Result = (SecureResult)result } });
        if (expected is { } error) Assert.Equal(error, (await Assert.ThrowsAsync<DfuException>(() => securing.Soon())).Error);
        else await securing.Soon();
    }

    [Fact]
    public async Task A_bridge_of_an_earlier_version_is_not_asked_and_the_operator_is_told()
    {
        var (bridge, _, link) = await LinkAsync();
        using var _ = bridge;
        var refused = await Assert.ThrowsAsync<DfuException>(() => link.SecureAsync(Ct).Soon());
        Assert.Equal((DfuError.BondRequired, "raw says nothing of being able to pair"), (refused.Error, refused.Message));
        await AssertSilentAsync(bridge, link);
    }

    [Fact]
    public async Task A_write_leaves_after_the_packets_called_before_it()
    {
        var (bridge, _, link) = await LinkAsync();
        using var _ = bridge;
        var packet = link.WriteCommandAsync(DfuCharacteristic.Packet, new byte[] { 1 }, Ct);
        var write = link.WriteAsync(DfuCharacteristic.ControlPoint, new byte[] { 2 }, Ct);
        var late = link.WriteCommandAsync(DfuCharacteristic.Packet, new byte[] { 3 }, Ct);
        await bridge.SendAsync(Credit(1, 2));
        Assert.Equal(
            [Body.WriteCommand, Body.Write, Body.WriteCommand],
            new[] { (await bridge.ReadAsync()).BodyCase, (await bridge.ReadAsync()).BodyCase, (await bridge.ReadAsync()).BodyCase });
        await bridge.SendAsync(Written(1));
        await write.Soon();
        await packet.Soon();
        await late.Soon();
    }

    [Fact]
    public async Task At_most_one_request_is_outstanding_also_after_one_was_cancelled()
    {
        var (bridge, _, link) = await LinkAsync();
        using var _ = bridge;
        using var stop = new CancellationTokenSource();
        var given = link.WriteAsync(DfuCharacteristic.ControlPoint, new byte[] { 1 }, stop.Token);
        Assert.Equal(1, (await bridge.ReadAsync()).Write.Value[0]);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given.Soon());
        var next = link.WriteAsync(DfuCharacteristic.ControlPoint, new byte[] { 2 }, Ct);
        await bridge.SendAsync(Notification(1, 9));
        await link.Notifications.ReadAsync(Ct).Soon();
        Assert.False(next.IsCompleted);
        await bridge.SendAsync(Written(1, 0x0d));
        Assert.Equal(2, (await bridge.ReadAsync()).Write.Value[0]);
        Assert.False(next.IsCompleted);
        await bridge.SendAsync(Written(1));
        await next.Soon();
    }

    [Fact]
    public async Task The_notification_may_come_before_written()
    {
        var (bridge, _, link) = await LinkAsync();
        using var _ = bridge;
        var write = link.WriteAsync(DfuCharacteristic.ControlPoint, new byte[] { 6, 1 }, Ct);
        await bridge.ReadAsync();
        await bridge.SendAsync(Notification(1, 0x60, 6, 1));
        Assert.Equal([0x60, 6, 1], (await link.Notifications.ReadAsync(Ct).Soon()).Value.ToArray());
        Assert.False(write.IsCompleted);
        await bridge.SendAsync(Written(1));
        await write.Soon();
    }

    [Theory]
    [InlineData(0x3eu, DfuError.ConnectTimeout)]
    [InlineData(0x08u, DfuError.ConnectFailed)]
    [InlineData(0x09u, DfuError.AdapterFull)]
    [InlineData(70_000u, DfuError.ConnectFailed)]
    public async Task A_disconnected_before_connected_says_why(uint reason, DfuError error)
    {
        var (bridge, adapter) = await OpenAsync();
        using var _ = bridge;
        var connecting = adapter.ConnectAsync(Device, AddressType.Public, new LinkOptions { ConnectTimeout = TimeSpan.FromSeconds(3), PreferredMtu = 185 }, Ct);
        var connect = new Connect
        {
            Address = ByteString.CopyFrom(0xd0, 0x11, 0x22, 0x33, 0x44, 0x55),
            AddressType = Wire.AddressType.Public,
            TimeoutMs = 3000,
            PreferredMtu = 185,
        };
        Assert.Equal(new ToBridge { Link = 1, Connect = connect }, await bridge.ReadAsync());
        await bridge.SendAsync(Disconnected(1, reason));
        Assert.Equal(error, (await Assert.ThrowsAsync<DfuException>(() => connecting.Soon())).Error);
        await ConnectAsync(bridge, adapter, expectedNumber: 1);
    }

    [Fact]
    public async Task A_fault_of_a_link_ends_what_is_pending_and_the_link_with_disconnected()
    {
        var (bridge, adapter, link) = await LinkAsync();
        using var _ = bridge;
        var write = link.WriteAsync(DfuCharacteristic.ControlPoint, new byte[] { 1 }, Ct);
        await bridge.ReadAsync();
        await bridge.SendAsync(Fault(1, "no such thing"));
        var lost = await Assert.ThrowsAsync<DfuException>(() => write.Soon());
        Assert.Equal(DfuError.LinkLost, lost.Error);
        Assert.Contains("no such thing", lost.Message, StringComparison.Ordinal);
        Assert.False(link.Closed.IsCompleted);
        await bridge.SendAsync(Disconnected(1, 0x1f));
        var closure = await link.Closed.Soon();
        Assert.Equal(0x1f, closure.Reason);
        Assert.Contains("no such thing", closure.Detail, StringComparison.Ordinal);
        Assert.False(adapter.Lost.IsCompleted);
    }

    [Fact]
    public async Task A_number_is_free_only_after_disconnected_and_the_lowest_free_one_is_taken()
    {
        var (bridge, adapter) = await OpenAsync(maxLinks: 3);
        using var _ = bridge;
        var first = await ConnectAsync(bridge, adapter, 1);
        var second = await ConnectAsync(bridge, adapter, 2);
        var disposing = first.DisposeAsync().AsTask();
        Assert.Equal((1u, Body.Disconnect), await bridge.ReadAsync() is var m ? (m.Link, m.BodyCase) : default);
        await ConnectAsync(bridge, adapter, 3);
        Assert.Equal(
            DfuError.AdapterFull, (await Assert.ThrowsAsync<DfuException>(() => adapter.ConnectAsync(Device, AddressType.Random, Options, Ct).Soon())).Error);
        await bridge.SendAsync(Disconnected(1, 0x16));
        await disposing.Soon();
        await ConnectAsync(bridge, adapter, 1);
        await bridge.SendAsync(Disconnected(2, 0x13), Disconnected(2, 0x08));
        Assert.Equal(0x13, (await second.Closed.Soon()).Reason);
    }

    [Fact]
    public async Task Messages_nobody_asked_for_and_of_links_nobody_knows_are_ignored()
    {
        var (bridge, adapter, link) = await LinkAsync();
        using var _ = bridge;
        await bridge.SendAsync(
            new FromBridge { Link = 1 }, Written(1), Credit(77, 5), Disconnected(77, 0x08), Notification(77, 1), Fault(77, "who"),
            new FromBridge { Link = 77, Connected = new Connected() },
            new FromBridge { Link = 1, Connected = new Connected { Mtu = 23 } }, new FromBridge { Link = 1, Subscribed = new Subscribed() },
            new FromBridge { Link = 1, Hello = new HelloReply() },
            new FromBridge { Advertisement = new Wire.Advertisement { Address = ByteString.CopyFrom(1, 2, 3) } }, Notification(1, 5));
        await bridge.SendBytesAsync(0);
        Assert.Equal([5], (await link.Notifications.ReadAsync(Ct).Soon()).Value.ToArray());
        Assert.Equal(247, link.Mtu);
        Assert.False(adapter.Lost.IsCompleted);
        Assert.False(link.Closed.IsCompleted);
    }

    [Fact]
    public async Task Scanning_is_turned_on_and_off()
    {
        var (bridge, adapter) = await OpenAsync();
        using var _ = bridge;
        var heard = adapter.ScanAsync(Ct).GetAsyncEnumerator(Ct);
        var first = heard.MoveNextAsync();
        Assert.Equal(new ToBridge { StartScan = new StartScan() }, await bridge.ReadAsync());
        await bridge.SendAsync(
            new FromBridge { Advertisement = new Wire.Advertisement { Address = ByteString.CopyFrom(Device.ToBytes()), Rssi = -40, Name = "n" } });
        Assert.True(await first.Soon());
        Assert.Equal(new Advertisement(Device, AddressType.Random, -40, "n", false, false), heard.Current);
        await bridge.SendAsync(new FromBridge
        {
            Advertisement = new Wire.Advertisement
            {
                Address = ByteString.CopyFrom(Device.ToBytes()), Rssi = -40, Services = { (Service)99, Service.Smp, Service.Unspecified, Service.Smp },
            },
        });
        Assert.True(await heard.MoveNextAsync().Soon());
        Assert.Equal(new Advertisement(Device, AddressType.Random, -40, "", false, false) { Others = OtherServices.Smp }, heard.Current);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await adapter.ScanAsync(Ct).GetAsyncEnumerator(Ct).MoveNextAsync());
        await heard.DisposeAsync().Soon();
        Assert.Equal(new ToBridge { StopScan = new StopScan() }, await bridge.ReadAsync());
    }

    [Theory]
    [InlineData("closed")]
    [InlineData("reset")]
    [InlineData("garbage")]
    [InlineData("fault")]
    public async Task When_the_stream_ends_everything_that_waits_ends_and_the_adapter_is_lost(string how)
    {
        var (bridge, adapter, link) = await LinkAsync();
        var write = link.WriteAsync(DfuCharacteristic.ControlPoint, new byte[] { 1 }, Ct);
        var packet = link.WriteCommandAsync(DfuCharacteristic.Packet, new byte[] { 1 }, Ct).AsTask();
        var connecting = adapter.ConnectAsync(Device, AddressType.Random, Options, Ct);
        var scanning = adapter.ScanAsync(Ct).GetAsyncEnumerator(Ct);
        var hearing = scanning.MoveNextAsync().AsTask();
        for (var i = 0; i < 3; i++) await bridge.ReadAsync();
        if (how == "closed") bridge.Dispose();
        if (how == "reset") bridge.Break();
        if (how == "garbage") await bridge.SendBytesAsync(0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
        if (how == "fault") await bridge.SendAsync(Fault(0, "somebody sat on the board"));
        var reason = await adapter.Lost.Soon();
        if (how == "fault") Assert.Contains("somebody sat on the board", reason, StringComparison.Ordinal);
        Assert.Equal(LinkClosure.SupervisionTimeout, (await link.Closed.Soon()).Reason);
        await link.Notifications.Completion.Soon();
        Assert.Equal(DfuError.LinkLost, (await Assert.ThrowsAsync<DfuException>(() => write.Soon())).Error);
        Assert.Equal(DfuError.LinkLost, (await Assert.ThrowsAsync<DfuException>(() => packet.Soon())).Error);
        Assert.Equal(DfuError.AdapterLost, (await Assert.ThrowsAsync<DfuException>(() => connecting.Soon())).Error);
        Assert.Equal(DfuError.AdapterLost, (await Assert.ThrowsAsync<DfuException>(() => hearing.Soon())).Error);
        await adapter.DisposeAsync().Soon();
        await link.DisposeAsync().Soon();
        bridge.Dispose();
    }

    [Fact]
    public async Task Disposing_the_adapter_disconnects_its_links_and_closes_the_stream()
    {
        var (bridge, adapter, link) = await LinkAsync();
        using var _ = bridge;
        var disposing = adapter.DisposeAsync().AsTask();
        Assert.Equal(new ToBridge { Link = 1, Disconnect = new Disconnect() }, await bridge.ReadAsync());
        await bridge.SendAsync(Disconnected(1, 0x16));
        Assert.Null(await bridge.ReadOrEndAsync());
        await disposing.Soon();
        Assert.Equal(0x16, (await link.Closed.Soon()).Reason);
        await adapter.Lost.Soon();
    }

    [Fact]
    public async Task A_bridge_that_takes_nothing_makes_writers_wait_and_gets_everything_in_order()
    {
        var (bridge, _, link) = await LinkAsync();
        using var _ = bridge;
        await bridge.SendAsync(Credit(1, 1_000_000), Notification(1, 1));
        await link.Notifications.ReadAsync(Ct).Soon();
        var value = new byte[500];
        var sent = 0;
        ValueTask last;
        do
        {
            BitConverter.TryWriteBytes(value, sent++);
            last = link.WriteCommandAsync(DfuCharacteristic.Packet, value, Ct);
        }
        while (last.IsCompletedSuccessfully);
        for (var i = 0; i < sent; i++) Assert.Equal(i, BitConverter.ToInt32((await bridge.ReadAsync()).WriteCommand.Value.Span));
        await last.Soon();
    }

    [Fact]
    public async Task A_peripheral_whose_notifications_nobody_reads_loses_its_link_and_not_our_memory()
    {
        var (bridge, adapter, link) = await LinkAsync();
        using var _ = bridge;
        for (var i = 0; i < 50; i++) await bridge.SendAsync([.. Enumerable.Repeat(Notification(1, 1), 100)]);
        Assert.Equal(new ToBridge { Link = 1, Disconnect = new Disconnect() }, await bridge.ReadAsync());
        await bridge.SendAsync(Disconnected(1, 0x16));
        Assert.Contains("notifications", (await link.Closed.Soon()).Detail, StringComparison.Ordinal);
        Assert.False(adapter.Lost.IsCompleted);
    }

    [Fact]
    public async Task A_value_longer_than_an_attribute_is_refused_before_it_is_sent()
    {
        var (bridge, _, link) = await LinkAsync();
        using var _ = bridge;
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => link.WriteAsync(DfuCharacteristic.ControlPoint, new byte[513], Ct));
        await AssertSilentAsync(bridge, link);
    }

    /// <summary>Nothing was sent since: the next message is the Disconnect of the link, asked for now.</summary>
    private static async Task AssertSilentAsync(RawEnd<ToBridge, FromBridge> bridge, IDfuLink link)
    {
        var disposing = link.DisposeAsync().AsTask();
        var next = await bridge.ReadAsync();
        Assert.Equal(Body.Disconnect, next.BodyCase);
        await bridge.SendAsync(Disconnected(next.Link, 0x16));
        await disposing.Soon();
    }
}
