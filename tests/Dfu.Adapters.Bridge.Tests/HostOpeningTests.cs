using System.Net.Sockets;
using Dfu.Adapters.Bridge.Client;
using Dfu.Adapters.Bridge.Wire;
using Dfu.Protocol.Errors;
using Google.Protobuf;

namespace Dfu.Adapters.Bridge.Tests;

/// <summary>What the host makes of addresses, and of whatever answers there.</summary>
public sealed class HostOpeningTests : FakeBridge
{
    [Theory]
    [InlineData("bridge:tcp://127.0.0.1:7001", "127.0.0.1", 7001)]
    [InlineData("tcp://bench-3.lab:80", "bench-3.lab", 80)]
    [InlineData("bridge:tcp://[::1]:65535", "::1", 65535)]
    [InlineData("BRIDGE:tcp://localhost:1/", "localhost", 1)]
    public void A_specification_names_host_and_port(string spec, string host, int port)
    {
        Assert.True(BridgeAddress.TryParse(spec, out var address));
        Assert.Equal(new BridgeAddress(host, port), address);
        Assert.True(BridgeAddress.TryParse(address.ToString(), out var again));
        Assert.Equal(address, again);
        Assert.Equal(spec, new BridgeAdapterSource(spec, Time).Id);
        Assert.Equal($"bridge:{address}", new BridgeAdapterSource(address, Time).Id);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("bridge:")]
    [InlineData("bridge:tcp://")]
    [InlineData("bridge:tcp://host")]
    [InlineData("bridge:tcp://host:0")]
    [InlineData("bridge:tcp://host:70000")]
    [InlineData("bridge:tcp://host:7001/path")]
    [InlineData("bridge:tcp://user@host:7001")]
    [InlineData("bridge:udp://host:7001")]
    [InlineData("bluez:hci0")]
    public void What_is_no_specification_is_refused(string? spec)
    {
        Assert.False(BridgeAddress.TryParse(spec, out _));
        Assert.Equal(DfuError.InvalidArgument, Assert.Throws<DfuException>(() => new BridgeAdapterSource(spec!, Time)).Error);
    }

    [Fact]
    public async Task Nobody_listening_is_adapter_not_found()
    {
        var source = new BridgeAdapterSource(Source.Id, TimeProvider.System);
        Dispose();
        Assert.Equal(DfuError.AdapterNotFound, (await Assert.ThrowsAsync<DfuException>(() => source.OpenAsync(Ct).Soon())).Error);
    }

    [Fact]
    public async Task A_bridge_that_is_silent_to_hello_is_adapter_not_found()
    {
        var opening = Source.OpenAsync(Ct);
        using var bridge = await AcceptAsync();
        await bridge.ReadAsync();
        await Time.PassAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(DfuError.AdapterNotFound, (await Assert.ThrowsAsync<DfuException>(() => opening.Soon())).Error);
        Assert.Null(await bridge.ReadOrEndAsync());
    }

    [Fact]
    public async Task Opening_can_be_cancelled()
    {
        using var stop = new CancellationTokenSource();
        var opening = Source.OpenAsync(stop.Token);
        using var bridge = await AcceptAsync();
        await bridge.ReadAsync();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => opening.Soon());
        Assert.Null(await bridge.ReadOrEndAsync());
    }

    [Fact]
    public Task A_bridge_that_refuses_the_version_is_adapter_not_found_with_its_words() =>
        RefusedAsync("version 1 is too old", bridge => bridge.SendAsync(Fault(0, "version 1 is too old\u001b[31m")));

    [Fact]
    public Task A_bridge_of_another_version_is_adapter_not_found() =>
        RefusedAsync("version 2", bridge => bridge.SendAsync(new FromBridge { Hello = new HelloReply { Version = 2, MaxLinks = 1 } }));

    [Fact]
    public Task Garbage_is_adapter_not_found() =>
        RefusedAsync("not a message", bridge => bridge.SendBytesAsync("SSH-2.0-OpenSSH_9.6\r\n"u8.ToArray().Concat(new byte[100]).ToArray()));

    [Fact]
    public Task A_frame_that_is_too_long_is_adapter_not_found() => RefusedAsync("65536", bridge => bridge.SendBytesAsync(0x81, 0x80, 0x04));

    [Fact]
    public Task A_stream_that_is_closed_at_once_is_adapter_not_found() => RefusedAsync("closed", bridge =>
    {
        bridge.Socket.Shutdown(SocketShutdown.Send);
        return Task.CompletedTask;
    });

    [Theory]
    [InlineData(0u, 1)]
    [InlineData(uint.MaxValue, 4096)]
    public async Task Odd_facts_in_a_hello_are_made_harmless(uint said, int links)
    {
        var opening = Source.OpenAsync(Ct);
        using var bridge = await AcceptAsync();
        var reply = new HelloReply { Version = 1, Name = "evil\u001b[2J\n" + new string('x', 1000), MaxLinks = said, Address = ByteString.CopyFrom(1, 2) };
        await bridge.SendAsync(new FromBridge { Hello = reply });
        var adapter = await opening.Soon();
        Assert.Equal(links, adapter.MaxLinks);
        Assert.Null(adapter.Address);
        Assert.StartsWith("evil [2J ", adapter.Name, StringComparison.Ordinal);
        Assert.Equal(200, adapter.Name.Length);
        await adapter.DisposeAsync().Soon();
    }

    [Fact]
    public async Task Sockets_are_set_up_to_notice_a_peer_that_vanished_without_a_word()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        var accepting = AcceptAsync();
        await socket.ConnectAsync(Source.Address.Host, Source.Address.Port, Ct).AsTask().Soon();
        (await accepting).Dispose();
        SocketSetup.Apply(socket);
        Assert.NotEqual(0, (int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive)!);
        var idle = (int)socket.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime)!;
        var interval = (int)socket.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval)!;
        var retries = (int)socket.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount)!;
        Assert.InRange(idle + (interval * retries), 1, SocketSetup.NoticedWithin);
    }

    private async Task RefusedAsync(string words, Func<RawEnd<ToBridge, FromBridge>, Task> answer)
    {
        var opening = Source.OpenAsync(Ct);
        using var bridge = await AcceptAsync();
        await bridge.ReadAsync();
        await answer(bridge);
        var refused = await Assert.ThrowsAsync<DfuException>(() => opening.Soon());
        Assert.Equal(DfuError.AdapterNotFound, refused.Error);
        Assert.Contains(words, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', refused.Message);
    }
}
