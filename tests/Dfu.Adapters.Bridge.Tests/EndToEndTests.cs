using System.Net;
using Dfu.Adapters.Bridge.Client;
using Dfu.Adapters.Bridge.Server;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Adapters.Bridge.Tests;

/// <summary>Our host against our bridge over loopback, with a radio in the test's hands behind it.</summary>
public sealed class EndToEndTests : IAsyncLifetime
{
    private static readonly CancellationToken Ct = CancellationToken.None;
    private static readonly LinkOptions Options = new();
    private readonly List<FakeRadio> _radios = [];
    private BridgeServer _server = null!;
    private IPEndPoint _where = null!;

    public async Task InitializeAsync()
    {
        _server = ServerAt(new IPEndPoint(IPAddress.Loopback, 0));
        _where = await _server.StartAsync(Ct);
    }

    public async Task DisposeAsync() => await _server.StopAsync().Soon();

    [Fact]
    public async Task A_radio_introduces_itself()
    {
        await using var adapter = await OpenAsync();
        Assert.Equal("fake radio", adapter.Name);
        Assert.Equal(BluetoothAddress.Parse("C0:00:00:00:00:01"), adapter.Address);
        Assert.Equal(32, adapter.MaxLinks);
        Assert.False(adapter.Lost.IsCompleted);
    }

    [Theory]
    [InlineData(OtherServices.None)]
    [InlineData(OtherServices.LegacyDfu)]
    [InlineData(OtherServices.Sdk12Buttonless | OtherServices.Uart | OtherServices.Smp)]
    public async Task What_else_is_advertised_comes_over_the_bridge(OtherServices services)
    {
        await using var adapter = await OpenAsync();
        var sent = new Advertisement(BluetoothAddress.Parse("D0:11:22:33:44:55"), AddressType.Random, -71, "Zephyr", false, true) { Others = services };
        _radios[0].Air.Writer.TryWrite(sent);
        await foreach (var heard in adapter.ScanAsync(Ct))
        {
            Assert.Equal(sent, heard);
            break;
        }
    }

    [Fact]
    public async Task A_scan_hears_what_the_radio_hears_until_it_is_cancelled_and_may_start_again()
    {
        await using var adapter = await OpenAsync();
        var heard = new Advertisement(BluetoothAddress.Parse("D0:11:22:33:44:55"), AddressType.Public, -71, "DfuTarg", true, true);
        for (var round = 0; round < 2; round++)
        {
            using var stop = new CancellationTokenSource();
            _radios[0].Air.Writer.TryWrite(heard);
            _radios[0].Air.Writer.TryWrite(heard with { Rssi = -70 });
            var all = new List<Advertisement>();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            {
                await foreach (var one in adapter.ScanAsync(stop.Token))
                {
                    all.Add(one);
                    if (all.Count == 2) await stop.CancelAsync();
                }
            }).Soon();
            Assert.Equal([heard, heard with { Rssi = -70 }], all);
            Assert.True(await _radios[0].NextScanAsync());
            Assert.False(await _radios[0].NextScanAsync());
        }
    }

    [Fact]
    public async Task A_link_has_what_the_radio_found()
    {
        await using var adapter = await OpenAsync();
        await using var link = await adapter.ConnectAsync(Device(1), AddressType.Random, Options, Ct).Soon();
        var served = await _radios[0].NextLinkAsync();
        Assert.Equal(Device(1), served.Address);
        Assert.Equal(247, link.Mtu);
        Assert.Equal(TimeSpan.FromMilliseconds(15), link.Interval);
        Assert.True(link.KeepsOrder);
        Assert.Equal([DfuCharacteristic.ControlPoint, DfuCharacteristic.Packet], link.Characteristics.Order());
    }

    [Fact]
    public async Task The_options_of_a_connect_reach_the_radio()
    {
        await using var adapter = await OpenAsync();
        var seen = new TaskCompletionSource<LinkOptions>();
        _radios[0].OnConnect = (_, options, _) =>
        {
            seen.SetResult(options);
            return Task.FromResult(new FakeLink());
        };
        await using var link = await adapter.ConnectAsync(
            Device(1), AddressType.Random, new LinkOptions { ConnectTimeout = TimeSpan.FromSeconds(7), PreferredMtu = 185 }, Ct).Soon();
        var options = await seen.Task.Soon();
        Assert.Equal(185, options.PreferredMtu);
        Assert.InRange(options.ConnectTimeout, TimeSpan.FromSeconds(6), TimeSpan.FromSeconds(7));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_write_may_be_acknowledged_after_or_before_the_notification_it_causes(bool notificationFirst)
    {
        await using var adapter = await OpenAsync();
        await using var link = await adapter.ConnectAsync(Device(1), AddressType.Random, Options, Ct).Soon();
        var served = await _radios[0].NextLinkAsync();
        var acknowledge = new TaskCompletionSource();
        served.OnRequest = call => call.Kind == "write" ? acknowledge.Task : Task.CompletedTask;
        await link.SubscribeAsync(DfuCharacteristic.ControlPoint, Ct).Soon();
        Assert.Equal("subscribe", (await served.NextAsync()).Kind);
        var write = link.WriteAsync(DfuCharacteristic.ControlPoint, new byte[] { 6, 1 }, Ct);
        Assert.Equal([6, 1], (await served.NextAsync()).Value);
        if (!notificationFirst)
        {
            acknowledge.SetResult();
            await write.Soon();
        }

        served.Notify(DfuCharacteristic.ControlPoint, 0x60, 6, 1);
        var notification = await link.Notifications.ReadAsync(Ct).Soon();
        Assert.Equal([0x60, 6, 1], notification.Value.ToArray());
        Assert.Equal(!notificationFirst, write.IsCompleted);
        acknowledge.TrySetResult();
        await write.Soon();
    }

    [Fact]
    public async Task What_the_radio_can_read_is_read_over_the_bridge()
    {
        await using var adapter = await OpenAsync();
        _radios[0].OnConnect = static (_, _, _) => Task.FromResult(new FakeLink
        {
            Values = new Dictionary<Guid, byte[]> { [BluetoothUuid.FirmwareRevision] = "1.0"u8.ToArray() },
        });
        await using var link = await adapter.ConnectAsync(Device(1), AddressType.Random, Options, Ct).Soon();
        var served = await _radios[0].NextLinkAsync();
        Assert.Equal([BluetoothUuid.FirmwareRevision], link.Readable);
        Assert.Equal("1.0"u8.ToArray(), (await link.ReadAsync(BluetoothUuid.FirmwareRevision, Ct).Soon()).ToArray());
        served.OnRequest = static _ => Task.FromException(new DfuException(DfuError.AttError, "no") { AttStatus = 0x02 });
        var refused = await Assert.ThrowsAsync<DfuException>(() => link.ReadAsync(BluetoothUuid.FirmwareRevision, Ct)).Soon();
        Assert.Equal((DfuError.AttError, (byte)0x02), (refused.Error, refused.AttStatus));
    }

    [Fact]
    public async Task A_refused_request_carries_its_att_status_and_the_link_goes_on()
    {
        await using var adapter = await OpenAsync();
        await using var link = await adapter.ConnectAsync(Device(1), AddressType.Random, Options, Ct).Soon();
        var served = await _radios[0].NextLinkAsync();
        served.OnRequest = static _ => Task.FromException(new DfuException(DfuError.AttError, "no") { AttStatus = 0xfd });
        Func<Task>[] requests =
        [
            () => link.WriteAsync(DfuCharacteristic.ControlPoint, new byte[] { 1 }, Ct),
            () => link.SubscribeAsync(DfuCharacteristic.ControlPoint, Ct),
        ];
        foreach (var request in requests)
        {
            var refused = await Assert.ThrowsAsync<DfuException>(request).Soon();
            Assert.Equal((DfuError.AttError, (byte)0xfd), (refused.Error, refused.AttStatus));
        }

        served.OnRequest = static _ => Task.CompletedTask;
        await link.WriteAsync(DfuCharacteristic.ControlPoint, new byte[] { 1 }, Ct).Soon();
    }

    [Theory]
    [InlineData(LinkClosure.SupervisionTimeout)]
    [InlineData(LinkClosure.RemoteUser)]
    public async Task When_the_peripheral_goes_what_it_said_last_is_still_read_and_the_reason_is_known(byte reason)
    {
        await using var adapter = await OpenAsync();
        await using var link = await adapter.ConnectAsync(Device(1), AddressType.Random, Options, Ct).Soon();
        var served = await _radios[0].NextLinkAsync();
        served.OnRequest = static _ => new TaskCompletionSource().Task;
        var pending = link.WriteAsync(DfuCharacteristic.ControlPoint, new byte[] { 4 }, Ct);
        await served.NextAsync();
        served.Notify(DfuCharacteristic.ControlPoint, 0x60, 4, 1);
        served.Close(reason);
        Assert.Equal(reason, (await link.Closed.Soon()).Reason);
        Assert.Equal([0x60, 4, 1], (await link.Notifications.ReadAsync(Ct).Soon()).Value.ToArray());
        await link.Notifications.Completion.Soon();
        Assert.Equal(DfuError.LinkLost, (await Assert.ThrowsAsync<DfuException>(() => pending.Soon())).Error);
        Assert.Equal(DfuError.LinkLost, (await Assert.ThrowsAsync<DfuException>(() => link.SubscribeAsync(DfuCharacteristic.ControlPoint, Ct))).Error);
        Assert.Equal(
            DfuError.LinkLost,
            (await Assert.ThrowsAsync<DfuException>(() => link.WriteCommandAsync(DfuCharacteristic.Packet, new byte[4], Ct).AsTask())).Error);
    }

    [Fact]
    public async Task Disposing_a_link_lets_what_was_sent_arrive_and_closes_it_as_this_host()
    {
        await using var adapter = await OpenAsync();
        var link = await adapter.ConnectAsync(Device(1), AddressType.Random, Options, Ct).Soon();
        var served = await _radios[0].NextLinkAsync();
        for (byte i = 0; i < 8; i++) await link.WriteCommandAsync(DfuCharacteristic.Packet, new[] { i }, Ct).Soon();
        await link.DisposeAsync().Soon();
        Assert.Equal(LinkClosure.LocalHost, (await link.Closed.Soon()).Reason);
        Assert.Equal(LinkClosure.LocalHost, (await served.Closed.Soon()).Reason);
        for (byte i = 0; i < 8; i++) Assert.Equal([i], (await served.NextAsync()).Value);
    }

    [Theory]
    [InlineData(DfuError.ConnectTimeout, DfuError.ConnectTimeout)]
    [InlineData(DfuError.ConnectFailed, DfuError.ConnectFailed)]
    [InlineData(DfuError.AdapterFull, DfuError.AdapterFull)]
    [InlineData(DfuError.Unexpected, DfuError.ConnectFailed)]
    public async Task A_connect_that_fails_says_why(DfuError radio, DfuError host)
    {
        await using var adapter = await OpenAsync();
        _radios[0].OnConnect = (_, _, _) => Task.FromException<FakeLink>(new DfuException(radio, "no"));
        var failed = await Assert.ThrowsAsync<DfuException>(() => adapter.ConnectAsync(Device(1), AddressType.Random, Options, Ct).Soon());
        Assert.Equal(host, failed.Error);
    }

    [Fact]
    public async Task A_cancelled_connect_is_cancelled_in_the_radio_and_its_number_comes_back()
    {
        await using var adapter = await OpenAsync();
        var began = new TaskCompletionSource();
        var ended = new TaskCompletionSource();
        _radios[0].OnConnect = async (_, _, token) =>
        {
            using var registration = token.Register(() => ended.TrySetResult());
            began.SetResult();
            return await FakeRadio.NeverAsync(token);
        };
        using var stop = new CancellationTokenSource();
        var connect = adapter.ConnectAsync(Device(1), AddressType.Random, Options, stop.Token);
        await began.Task.Soon();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connect.Soon());
        await ended.Task.Soon();
        _radios[0].OnConnect = static (_, _, _) => Task.FromResult(new FakeLink());
        await using var link = await adapter.ConnectAsync(Device(1), AddressType.Random, Options, Ct).Soon();
    }

    [Fact]
    public async Task Sixteen_links_at_once_each_get_their_own_bytes_in_order()
    {
        await using var adapter = await OpenAsync();
        const int Packets = 500;
        var sums = await Task.WhenAll(Enumerable.Range(1, 16).Select(n => Task.Run(async () =>
        {
            await using var link = await adapter.ConnectAsync(Device(n), AddressType.Random, Options, Ct);
            var value = new byte[244];
            for (var i = 0; i < Packets; i++)
            {
                BitConverter.TryWriteBytes(value, (n << 16) | i);
                await link.WriteCommandAsync(DfuCharacteristic.Packet, value, Ct);
                if (i % 100 == 99) await link.WriteAsync(DfuCharacteristic.ControlPoint, BitConverter.GetBytes(i), Ct);
            }

            return n;
        }))).Soon();
        Assert.Equal(16, sums.Length);
        Assert.Equal(1, _radios[0].MostConnectsAtOnce);
        for (var l = 0; l < 16; l++)
        {
            var served = await _radios[0].NextLinkAsync();
            for (var i = 0; i < Packets; i++)
            {
                Assert.Equal(((int)(served.Address.Value & 0xff) << 16) | i, BitConverter.ToInt32((await served.NextAsync()).Value));
                if (i % 100 == 99) Assert.Equal(("write", i), ((await served.NextAsync()) is var w ? w.Kind : "", BitConverter.ToInt32(w.Value)));
            }
        }
    }

    [Fact]
    public async Task Two_streams_on_one_listener_are_two_radios()
    {
        await using var first = await OpenAsync();
        await using var second = await OpenAsync();
        Assert.Equal(2, _radios.Count);
        await using var link = await second.ConnectAsync(Device(1), AddressType.Random, Options, Ct).Soon();
        await _radios[1].NextLinkAsync();
        await first.DisposeAsync().Soon();
        await _radios[0].Disposed.Soon();
        Assert.False(_radios[1].Disposed.IsCompleted);
        await link.WriteAsync(DfuCharacteristic.ControlPoint, new byte[] { 1 }, Ct).Soon();
    }

    [Fact]
    public async Task A_radio_that_is_lost_is_lost_for_the_host_with_its_reason()
    {
        await using var adapter = await OpenAsync();
        var link = await adapter.ConnectAsync(Device(1), AddressType.Random, Options, Ct).Soon();
        _radios[0].Lose("somebody pulled the dongle");
        Assert.Contains("somebody pulled the dongle", await adapter.Lost.Soon(), StringComparison.Ordinal);
        await link.Closed.Soon();
        Assert.Equal(
            DfuError.AdapterLost, (await Assert.ThrowsAsync<DfuException>(() => adapter.ConnectAsync(Device(1), AddressType.Random, Options, Ct))).Error);
        await _radios[0].Disposed.Soon();
    }

    [Fact]
    public async Task A_radio_that_does_not_open_makes_the_adapter_not_found()
    {
        await using var server = new BridgeServer(
            _ => Task.FromException<IAdapter>(new DfuException(DfuError.AdapterInUse, "another stream has it")),
            new IPEndPoint(IPAddress.Loopback, 0),
            TimeProvider.System);
        var where = await server.StartAsync(Ct);
        var failed = await Assert.ThrowsAsync<DfuException>(() => SourceAt(where).OpenAsync(Ct).Soon());
        Assert.Equal(DfuError.AdapterNotFound, failed.Error);
        Assert.Contains("another stream has it", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bridge_that_stopped_is_lost_and_found_again_at_the_same_address()
    {
        var source = SourceAt(_where);
        var adapter = await source.OpenAsync(Ct).Soon();
        var link = await adapter.ConnectAsync(Device(1), AddressType.Random, Options, Ct).Soon();
        await _server.StopAsync().Soon();
        await adapter.Lost.Soon();
        await link.Closed.Soon();
        Assert.Equal(DfuError.AdapterNotFound, (await Assert.ThrowsAsync<DfuException>(() => source.OpenAsync(Ct).Soon())).Error);
        await using var again = ServerAt(_where);
        await again.StartAsync(Ct);
        Assert.True(await source.RecoverAsync(RecoveryStep.Reopen, Ct).Soon());
        Assert.False(await source.RecoverAsync(RecoveryStep.UsbReset, Ct).Soon());
        await using var reopened = await source.OpenAsync(Ct).Soon();
        await using var fresh = await reopened.ConnectAsync(Device(1), AddressType.Random, Options, Ct).Soon();
    }

    [Fact]
    public async Task Stopping_the_server_tells_the_host_how_its_links_ended()
    {
        await using var adapter = await OpenAsync();
        var link = await adapter.ConnectAsync(Device(1), AddressType.Random, Options, Ct).Soon();
        await _server.StopAsync().Soon();
        Assert.Equal(LinkClosure.LocalHost, (await link.Closed.Soon()).Reason);
        await adapter.Lost.Soon();
        await _radios[0].Disposed.Soon();
    }

    private static BluetoothAddress Device(int n) => new(0xD000_0000_0000ul + (ulong)n);

    private static BridgeAdapterSource SourceAt(IPEndPoint where) => new($"bridge:tcp://{where}", TimeProvider.System);

    private Task<IAdapter> OpenAsync() => SourceAt(_where).OpenAsync(Ct).Soon();

    private BridgeServer ServerAt(IPEndPoint where) => new(
        _ =>
        {
            var radio = new FakeRadio();
            _radios.Add(radio);
            return Task.FromResult<IAdapter>(radio);
        },
        where,
        TimeProvider.System);
}
