using Dfu.Adapters.Bridge.Wire;
using Dfu.Protocol.Links;
using Google.Protobuf;
using Body = Dfu.Adapters.Bridge.Wire.FromBridge.BodyOneofCase;

namespace Dfu.Adapters.Bridge.Tests;

/// <summary>The bridge against the sentences of bridge.proto that speak of the stream, its life and the radio.</summary>
public sealed class BridgeStreamConformanceTests : ServedRadio
{
    [Fact]
    public async Task Hello_is_answered_with_the_radios_name_links_and_address()
    {
        using var host = await HostAsync();
        await host.SendAsync(new ToBridge { Hello = new Hello { Version = 1 } });
        var reply = await host.ReadAsync();
        Assert.Equal(
            new FromBridge
            {
                Hello = new HelloReply { Version = 1, Name = "fake radio", MaxLinks = 32, Address = ByteString.CopyFrom(0xc0, 0, 0, 0, 0, 1), Secures = true },
            },
            reply);
    }

    [Fact]
    public async Task A_radio_without_an_address_leaves_it_empty()
    {
        MakeRadio = static () => new FakeRadio { Address = null };
        using var host = await HostAsync();
        await host.SendAsync(new ToBridge { Hello = new Hello { Version = 1 } });
        Assert.True((await host.ReadAsync()).Hello.Address.IsEmpty);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(2u)]
    public async Task A_version_that_is_not_spoken_gets_fault_and_the_stream_is_closed(uint version)
    {
        using var host = await HostAsync();
        await host.SendAsync(new ToBridge { Hello = new Hello { Version = version } });
        var fault = Assert.Single(await ReadToEndAsync(host));
        Assert.Equal((0u, Body.Fault), (fault.Link, fault.BodyCase));
        Assert.Empty(Radios);
    }

    [Fact]
    public async Task Hello_comes_first()
    {
        using var host = await HostAsync();
        await host.SendAsync(new ToBridge { StartScan = new StartScan() });
        Assert.Equal(Body.Fault, Assert.Single(await ReadToEndAsync(host)).BodyCase);
        Assert.Empty(Radios);
    }

    public static TheoryData<byte[]> Undecodable => new()
    {
        new byte[] { 3, 0xff, 0xff, 0xff },
        new byte[] { 2, 0x42, 0x05 },
        new byte[] { 0x81, 0x80, 0x04 },
        new byte[] { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01 },
        "GET / HTTP/1.1\r\n\r\n"u8.ToArray().Concat(new byte[200]).ToArray(),
    };

    [Theory]
    [MemberData(nameof(Undecodable))]
    public async Task A_frame_that_cannot_be_decoded_or_is_too_long_closes_the_stream(byte[] bytes)
    {
        using var host = await GreetedHostAsync();
        await host.SendBytesAsync(bytes);
        Assert.Empty(await ReadToEndAsync(host));
        await Radio.Disposed.Soon();
    }

    [Fact]
    public async Task A_frame_of_65536_bytes_is_taken()
    {
        using var host = await GreetedHostAsync();
        // Field 1000, which no version knows, with so many bytes that the message has 65,536.
        byte[] unknown = [0xc2, 0x3e, 0xfb, 0xff, 0x03, .. new byte[65_531]];
        await host.SendBytesAsync([0x80, 0x80, 0x04, .. unknown]);
        await host.SendAsync(new ToBridge { Hello = new Hello { Version = 1 } });
        Assert.Equal(Body.Hello, (await host.ReadAsync()).BodyCase);
    }

    [Fact]
    public async Task A_message_whose_body_is_not_set_is_ignored_also_before_hello()
    {
        using var host = await HostAsync();
        await host.SendBytesAsync(0);
        await host.SendAsync(new ToBridge { Link = 7 });
        await host.SendAsync(new ToBridge { Hello = new Hello { Version = 1 } });
        Assert.Equal(Body.Hello, (await host.ReadAsync()).BodyCase);
    }

    [Fact]
    public async Task A_listener_takes_several_streams_and_each_is_a_radio_of_its_own()
    {
        using var first = await GreetedHostAsync();
        using var second = await GreetedHostAsync();
        Assert.Equal(2, Radios.Count);
        await first.SendAsync(Connect(1));
        await second.SendAsync(Connect(1));
        Assert.Equal(Body.Connected, (await first.ReadAsync()).BodyCase);
        Assert.Equal(Body.Connected, (await second.ReadAsync()).BodyCase);
        first.Dispose();
        await Radios[0].Disposed.Soon();
        Assert.Equal(Body.Credit, (await second.ReadAsync()).BodyCase);
        await second.SendAsync(Write(1, 1));
        Assert.Equal(Body.Written, (await second.ReadAsync()).BodyCase);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task When_a_stream_ends_its_links_are_dropped_its_scan_stops_and_packets_taken_leave_the_air_first(bool broken)
    {
        var (host, link, credit) = await LinkedHostAsync();
        await host.SendAsync(new ToBridge { StartScan = new StartScan() });
        Assert.True(await Radio.NextScanAsync());
        var air = new TaskCompletionSource();
        link.OnPacket = _ => air.Task;
        // A notification that the host leaves unread makes its kernel break the stream when the host is killed.
        if (broken) link.Notify(DfuCharacteristic.ControlPoint, 1);
        await host.SendAsync([.. Enumerable.Range(0, (int)credit).Select(i => Packet(1, (byte)i))]);
        host.Dispose();
        Assert.False(await Radio.NextScanAsync());
        Assert.False(link.Closed.IsCompleted);
        air.SetResult();
        Assert.Equal(LinkClosure.LocalHost, (await link.Closed.Soon()).Reason);
        for (byte i = 0; i < credit; i++) Assert.Equal([i], (await link.NextAsync()).Value);
        await Radio.Disposed.Soon();
    }

    [Fact]
    public async Task A_stream_that_is_reset_ends_like_any_other()
    {
        var (host, link, _) = await LinkedHostAsync();
        host.Break();
        await link.Closed.Soon();
        await Radio.Disposed.Soon();
    }

    [Fact]
    public async Task Advertisements_come_only_while_a_scan_is_on()
    {
        using var host = await GreetedHostAsync();
        await host.SendAsync(new ToBridge { StartScan = new StartScan() });
        Radio.Air.Writer.TryWrite(new Advertisement(new BluetoothAddress(0xD01122334455), AddressType.Public, -71, "DfuTarg", true, false));
        Assert.Equal(
            new FromBridge
            {
                Advertisement = new Wire.Advertisement
                {
                    Address = ByteString.CopyFrom(Address), AddressType = Wire.AddressType.Public, Rssi = -71, Name = "DfuTarg", DfuService = true,
                },
            },
            await host.ReadAsync());
        await host.SendAsync(new ToBridge { StopScan = new StopScan() });
        Assert.True(await Radio.NextScanAsync());
        Assert.False(await Radio.NextScanAsync());
        Radio.Air.Writer.TryWrite(new Advertisement(new BluetoothAddress(0xD01122334455), AddressType.Random, -71, "late", true, false));
        await host.SendAsync(new ToBridge { Hello = new Hello { Version = 1 } });
        Assert.Equal(Body.Hello, (await host.ReadAsync()).BodyCase);
        await host.SendAsync(new ToBridge { StartScan = new StartScan() });
        Assert.Equal("late", (await host.ReadAsync()).Advertisement.Name);
    }

    [Fact]
    public async Task A_second_start_or_stop_of_the_scan_changes_nothing()
    {
        using var host = await GreetedHostAsync();
        var (start, stop) = (new ToBridge { StartScan = new StartScan() }, new ToBridge { StopScan = new StopScan() });
        await host.SendAsync(stop, start, start, stop, stop, start);
        Assert.True(await Radio.NextScanAsync());
        Assert.False(await Radio.NextScanAsync());
        Assert.True(await Radio.NextScanAsync());
        await host.SendAsync(new ToBridge { Hello = new Hello { Version = 1 } });
        Assert.Equal(Body.Hello, (await host.ReadAsync()).BodyCase);
    }

    [Fact]
    public async Task A_radio_that_is_lost_is_a_fault_of_link_0_and_its_links_still_end_in_disconnected()
    {
        var (host, _, _) = await LinkedHostAsync();
        Radio.Lose("unplugged");
        var last = await ReadToEndAsync(host);
        Assert.Equal([(0u, Body.Fault), (1u, Body.Disconnected)], last.Select(m => (m.Link, m.BodyCase)));
        Assert.Contains("unplugged", last[0].Fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connect_without_a_link_number_is_a_fault_of_the_radio()
    {
        using var host = await GreetedHostAsync();
        await host.SendAsync(Connect(0));
        Assert.Equal((0u, Body.Fault), Assert.Single(await ReadToEndAsync(host)) is var m ? (m.Link, m.BodyCase) : default);
    }
}
