using Dfu.Adapters.BlueZ.Links;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Tmds.DBus;

namespace Dfu.Adapters.BlueZ.Tests.Links;

public sealed class PacketTests
{
    private readonly LinkFixture _fixture = new();

    [Fact]
    public async Task A_packet_is_one_datagram_and_the_socket_is_asked_for_once()
    {
        var (device, link) = await _fixture.BootloaderAsync();
        var acquired = 0;
        device[DfuCharacteristic.Packet].OnAcquireWrite = () =>
        {
            acquired++;
            return Task.CompletedTask;
        };
        var packet = new byte[244];
        for (byte i = 0; i < 17; i++)
        {
            packet.AsSpan().Fill(i); // the buffer may be used again after each
            await SendAsync(link, packet);
        }

        for (byte i = 0; i < 17; i++) Assert.Equal(Enumerable.Repeat(i, 244).ToArray(), await device[DfuCharacteristic.Packet].ReadPacketAsync());
        Assert.Equal(1, acquired);
        await link.DisposeAsync();
    }

    [Fact]
    public async Task A_request_does_not_overtake_packets_that_bluetoothd_has_not_read()
    {
        var (device, link) = await _fixture.BootloaderAsync();
        for (byte i = 0; i < 17; i++) await SendAsync(link, [i]);
        var write = link.WriteAsync(DfuCharacteristic.ControlPoint, new byte[] { 4 }, CancellationToken.None);
        Assert.Empty(device.Air);
        for (var i = 0; i < 16; i++) await device[DfuCharacteristic.Packet].ReadPacketAsync();
        Assert.False(write.IsCompleted);
        await device[DfuCharacteristic.Packet].ReadPacketAsync();
        await write;
        Assert.Equal([.. Enumerable.Range(0, 17).Select(i => $"packet {i:X2}"), "request 04"], device.Air);
        await link.DisposeAsync();
    }

    [Fact]
    public async Task Packets_do_not_overtake_a_request_either()
    {
        var (device, link) = await _fixture.BootloaderAsync();
        var acknowledged = new TaskCompletionSource();
        device[DfuCharacteristic.ControlPoint].OnWrite = (_, _) => acknowledged.Task;
        await SendAsync(link, [0]);
        await device[DfuCharacteristic.Packet].ReadPacketAsync();
        var write = link.WriteAsync(DfuCharacteristic.ControlPoint, new byte[] { 1 }, CancellationToken.None);
        var packet = SendAsync(link, [1]);
        Assert.False(packet.IsCompleted);
        acknowledged.SetResult();
        await write;
        await packet;
        await device[DfuCharacteristic.Packet].ReadPacketAsync();
        Assert.Equal(["packet 00", "request 01", "packet 01"], device.Air);
        await link.DisposeAsync();
    }

    [Theory]
    [InlineData("org.bluez.Error.NotSupported", "Operation is not supported")]
    [InlineData("org.freedesktop.DBus.Error.UnknownMethod", "no AcquireWrite")]
    public async Task Without_a_socket_every_packet_is_a_call_and_a_request_comes_after_them(string name, string message)
    {
        var (device, link) = await _fixture.BootloaderAsync();
        var calls = new List<TaskCompletionSource>();
        var packets = device[DfuCharacteristic.Packet];
        packets.OnAcquireWrite = () => throw new DBusException(name, message);
        packets.OnWrite = (_, _) =>
        {
            lock (calls) calls.Add(new(TaskCreationOptions.RunContinuationsAsynchronously));
            return calls[^1].Task;
        };
        for (byte i = 0; i < PacketPath.CallsInFlight; i++) await SendAsync(link, [i]);
        var fifth = SendAsync(link, [4]);
        Assert.False(fifth.IsCompleted);
        Assert.Equal(PacketPath.CallsInFlight, calls.Count);
        calls[0].SetResult();
        await fifth;
        var write = link.WriteAsync(DfuCharacteristic.ControlPoint, new byte[] { 9 }, CancellationToken.None);
        Assert.False(write.IsCompleted);
        foreach (var call in calls) call.TrySetResult();
        await write;
        Assert.Equal(["command 00", "command 01", "command 02", "command 03", "command 04", "request 09"], device.Air);
        await link.DisposeAsync();
    }

    [Fact]
    public async Task A_refused_call_fails_the_next_packet()
    {
        var (device, link) = await _fixture.BootloaderAsync();
        device[DfuCharacteristic.Packet].OnAcquireWrite = () => throw new DBusException("org.bluez.Error.NotPermitted", "Write acquired");
        device[DfuCharacteristic.Packet].OnWrite = (_, _) => throw new DBusException("org.bluez.Error.NotPermitted", "Write acquired");
        await SendAsync(link, [0]);
        var e = await LinkFixture.FailsAsync(DfuError.AttError, () => SendAsync(link, [1]));
        Assert.Contains("Write acquired", e.Message, StringComparison.Ordinal);
        await link.DisposeAsync();
    }

    [Fact]
    public async Task A_packet_longer_than_the_MTU_allows_is_refused_here()
    {
        var (_, link) = await _fixture.BootloaderAsync();
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => SendAsync(link, new byte[245]));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => link.WriteCommandAsync(DfuCharacteristic.ControlPoint, new byte[] { 1 }, CancellationToken.None).AsTask());
        await link.DisposeAsync();
    }

    [Fact]
    public async Task No_more_than_four_objects_go_out_unanswered_and_an_answer_lets_more_go()
    {
        var (device, link) = await _fixture.BootloaderAsync(speed: 0.01); // no pause comes by itself
        await link.SubscribeAsync(DfuCharacteristic.ControlPoint, CancellationToken.None);
        await SendAsync(link, new byte[244]);
        var reader = Task.Run(async () =>
        {
            while (await device[DfuCharacteristic.Packet].ReadPacketAsync() is not null)
            {
            }
        });
        for (var sent = 1; sent < SendWindow.Limit / 244; sent++) await SendAsync(link, new byte[244]);
        var next = SendAsync(link, new byte[244]);
        Assert.False(next.IsCompleted);
        await device[DfuCharacteristic.ControlPoint].SayAsync(0x60, 3, 1);
        await next;
        device.Drop(LinkClosure.RemoteUser);
        await link.Closed;
        await reader;
    }

    [Fact]
    public async Task A_device_that_answers_nothing_is_sent_on_after_a_pause()
    {
        var (device, link) = await _fixture.BootloaderAsync();
        for (var i = 0; i < 3 * SendWindow.Limit / 244; i++)
        {
            var sending = SendAsync(link, new byte[244]);
            await sending;
            Assert.Equal(244, (await device[DfuCharacteristic.Packet].ReadPacketAsync())!.Length);
        }

        await link.DisposeAsync();
    }

    [Fact]
    public async Task A_packet_waiting_for_room_ends_with_the_link_or_its_token()
    {
        var (device, link) = await _fixture.BootloaderAsync(speed: 0.01); // no pause comes by itself
        using var stop = new CancellationTokenSource();
        for (var sent = 0; sent < SendWindow.Limit / 244; sent++) await SendAsync(link, new byte[244]);
        var full = link.WriteCommandAsync(DfuCharacteristic.Packet, new byte[244], stop.Token).AsTask();
        Assert.False(full.IsCompleted);
        stop.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => full);
        var waiting = SendAsync(link, new byte[244]);
        device.Drop(LinkClosure.SupervisionTimeout);
        await LinkFixture.FailsAsync(DfuError.LinkLost, () => waiting);
    }

    private static Task SendAsync(IDfuLink link, byte[] packet) => link.WriteCommandAsync(DfuCharacteristic.Packet, packet, CancellationToken.None).AsTask();
}
