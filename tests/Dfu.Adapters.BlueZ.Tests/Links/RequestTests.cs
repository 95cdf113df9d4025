using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Tmds.DBus;

namespace Dfu.Adapters.BlueZ.Tests.Links;

public sealed class RequestTests
{
    private readonly LinkFixture _fixture = new();

    [Fact]
    public async Task Notifications_come_whole_in_order_and_none_is_lost()
    {
        var (device, link) = await _fixture.BootloaderAsync();
        await link.SubscribeAsync(DfuCharacteristic.ControlPoint, CancellationToken.None);
        for (var i = 0; i < 500; i++) await device[DfuCharacteristic.ControlPoint].SayAsync(0x60, (byte)i, (byte)(i >> 8));
        for (var i = 0; i < 500; i++) Assert.Equal([0x60, (byte)i, (byte)(i >> 8)], await LinkFixture.NextAsync(link));
        Assert.Equal((1, 0), (device[DfuCharacteristic.ControlPoint].Started, device[DfuCharacteristic.ControlPoint].NotifiesAcquired)); // see Subscriptions
        await link.DisposeAsync();
    }

    [Fact]
    public async Task What_else_the_device_has_is_read_and_a_refusal_has_its_status()
    {
        var device = FakePeripheral.Application(_fixture.BlueZ, _fixture.Kernel);
        var revision = new FakeCharacteristic(device, (DfuCharacteristic)0x26, "00002a26-0000-1000-8000-00805f9b34fb", "read");
        device.Members.Add(revision);
        device.Members.Add(new(device, (DfuCharacteristic)0x99, "0000abcd-0000-1000-8000-00805f9b34fb", "write"));
        await using var link = await _fixture.OpenAsync(device);
        Assert.Equal([BluetoothUuid.FirmwareRevision], link.Readable);
        revision.OnRead = static () => Task.FromResult<byte[]>([0x31, 0x2e, 0x30]);
        Assert.Equal("1.0"u8.ToArray(), (await link.ReadAsync(BluetoothUuid.FirmwareRevision, CancellationToken.None)).ToArray());
        revision.OnRead = static () => throw new DBusException("org.bluez.Error.NotPermitted", "Read not permitted");
        var refused = await Assert.ThrowsAsync<DfuException>(() => link.ReadAsync(BluetoothUuid.FirmwareRevision, CancellationToken.None));
        Assert.Equal(DfuError.AttError, refused.Error);
    }

    [Fact]
    public async Task What_the_device_said_at_once_and_last_is_heard()
    {
        var (device, link) = await _fixture.BootloaderAsync(speed: 1);
        var control = device[DfuCharacteristic.ControlPoint];
        await link.SubscribeAsync(DfuCharacteristic.ControlPoint, CancellationToken.None);
        await control.SayAsync(1);
        await control.SayAsync(2);
        device.Drop(LinkClosure.RemoteUser);
        Assert.Equal(LinkClosure.RemoteUser, (await link.Closed).Reason);
        Assert.Equal([1], await LinkFixture.NextAsync(link));
        Assert.Equal([2], await LinkFixture.NextAsync(link));
        Assert.False(await link.Notifications.WaitToReadAsync());
    }

    [Fact]
    public async Task Indications_come_over_the_bus_the_same_one_twice_too()
    {
        var (device, link) = await _fixture.ApplicationAsync();
        var buttonless = device[DfuCharacteristic.Buttonless];
        await link.SubscribeAsync(DfuCharacteristic.Buttonless, CancellationToken.None);
        Assert.Equal(1, buttonless.Started);
        await buttonless.SayAsync(0x20, 0x01, 0x01);
        await buttonless.SayAsync(0x20, 0x01, 0x01); // the same again is another one
        Assert.Equal([0x20, 0x01, 0x01], await LinkFixture.NextAsync(link));
        Assert.Equal([0x20, 0x01, 0x01], await LinkFixture.NextAsync(link));
        await link.DisposeAsync();
        Assert.Equal(1, buttonless.Stopped);
    }

    [Fact]
    public async Task What_BlueZ_remembers_of_an_earlier_link_is_no_indication()
    {
        var device = FakePeripheral.Application(_fixture.BlueZ, _fixture.Kernel);
        device[DfuCharacteristic.Buttonless].Remembered = [0x20, 0x01, 0x01];
        await using var link = await _fixture.OpenAsync(device);
        await link.SubscribeAsync(DfuCharacteristic.Buttonless, CancellationToken.None);
        await device[DfuCharacteristic.Buttonless].SayAsync(0x20, 0x02, 0x01);
        Assert.Equal([0x20, 0x02, 0x01], await LinkFixture.NextAsync(link));
    }

    [Fact]
    public async Task Subscribing_returns_when_the_peripheral_has_accepted_it_and_twice_is_once()
    {
        var (device, link) = await _fixture.BootloaderAsync();
        var accepted = new TaskCompletionSource();
        var calls = 0;
        device[DfuCharacteristic.ControlPoint].OnSubscribe = () =>
        {
            calls++;
            return accepted.Task;
        };
        var subscribing = link.SubscribeAsync(DfuCharacteristic.ControlPoint, CancellationToken.None);
        Assert.False(subscribing.IsCompleted);
        accepted.SetResult();
        await subscribing;
        await link.SubscribeAsync(DfuCharacteristic.ControlPoint, CancellationToken.None);
        Assert.Equal(1, calls);
        await link.DisposeAsync();
    }

    [Fact]
    public async Task A_refused_subscription_tells_the_status()
    {
        var (device, link) = await _fixture.ApplicationAsync();
        device[DfuCharacteristic.Buttonless].OnSubscribe = () => throw new DBusException("org.bluez.Error.NotPermitted", "Not paired");
        var e = await LinkFixture.FailsAsync(DfuError.AttError, () => link.SubscribeAsync(DfuCharacteristic.Buttonless, CancellationToken.None));
        Assert.Equal(0x05, e.AttStatus);
        await link.DisposeAsync();
    }

    [Fact]
    public async Task A_write_is_a_request()
    {
        var (device, link) = await _fixture.ApplicationAsync();
        await link.WriteAsync(DfuCharacteristic.Buttonless, new byte[] { 1 }, CancellationToken.None);
        Assert.Equal(["request 01"], device.Air);
        await link.DisposeAsync();
    }

    [Fact]
    public async Task A_refused_write_tells_the_status_and_leaves_the_link()
    {
        var (device, link) = await _fixture.BootloaderAsync();
        device[DfuCharacteristic.ControlPoint].OnWrite = (_, _) => throw new DBusException("org.bluez.Error.Failed", "Operation failed with ATT error: 0x85");
        var e = await LinkFixture.FailsAsync(
            DfuError.AttError, () => link.WriteAsync(DfuCharacteristic.ControlPoint, new byte[] { 1 }, CancellationToken.None));
        Assert.Equal(0x85, e.AttStatus);
        Assert.False(link.Closed.IsCompleted);
        await link.DisposeAsync();
    }

    [Fact]
    public async Task A_write_that_failed_because_the_link_goes_is_a_lost_link()
    {
        var (device, link) = await _fixture.BootloaderAsync(speed: 1);
        device[DfuCharacteristic.ControlPoint].OnWrite = (_, _) =>
        {
            _ = Task.Run(() => device.Drop(LinkClosure.RemoteUser));
            throw new DBusException("org.bluez.Error.Failed", "Operation failed with ATT error: 0x0e");
        };
        var e = await LinkFixture.FailsAsync(
            DfuError.LinkLost, () => link.WriteAsync(DfuCharacteristic.ControlPoint, new byte[] { 1 }, CancellationToken.None));
        Assert.Contains("0x13", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_pending_ends_with_the_link()
    {
        var (device, link) = await _fixture.BootloaderAsync();
        device[DfuCharacteristic.ControlPoint].OnWrite = (_, _) => new TaskCompletionSource().Task;
        var pending = link.WriteAsync(DfuCharacteristic.ControlPoint, new byte[] { 1 }, CancellationToken.None);
        device.Drop(LinkClosure.SupervisionTimeout);
        await LinkFixture.FailsAsync(DfuError.LinkLost, () => pending);
        await LinkFixture.FailsAsync(DfuError.LinkLost, () => link.WriteAsync(DfuCharacteristic.ControlPoint, new byte[] { 1 }, CancellationToken.None));
        await LinkFixture.FailsAsync(
            DfuError.LinkLost, () => link.WriteCommandAsync(DfuCharacteristic.Packet, new byte[] { 1 }, CancellationToken.None).AsTask());
        await LinkFixture.FailsAsync(DfuError.LinkLost, () => link.SubscribeAsync(DfuCharacteristic.ControlPoint, CancellationToken.None));
    }

    [Fact]
    public async Task A_write_that_is_never_answered_ends_and_ends_the_link()
    {
        var (device, link) = await _fixture.BootloaderAsync(speed: 200);
        device[DfuCharacteristic.ControlPoint].OnWrite = (_, _) => new TaskCompletionSource().Task;
        await LinkFixture.FailsAsync(DfuError.RequestTimeout, () => link.WriteAsync(DfuCharacteristic.ControlPoint, new byte[] { 1 }, CancellationToken.None));
        Assert.Equal(LinkClosure.LocalHost, (await link.Closed).Reason);
        Assert.Equal(1, device.Disconnects);
    }

    [Fact]
    public async Task A_cancelled_write_leaves_the_link()
    {
        var (device, link) = await _fixture.BootloaderAsync();
        using var stop = new CancellationTokenSource();
        device[DfuCharacteristic.ControlPoint].OnWrite = (_, _) => new TaskCompletionSource().Task;
        var pending = link.WriteAsync(DfuCharacteristic.ControlPoint, new byte[] { 1 }, stop.Token);
        stop.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pending);
        device[DfuCharacteristic.ControlPoint].OnWrite = static (_, _) => Task.CompletedTask;
        await link.WriteAsync(DfuCharacteristic.ControlPoint, new byte[] { 2 }, CancellationToken.None);
        await link.DisposeAsync();
    }
}
