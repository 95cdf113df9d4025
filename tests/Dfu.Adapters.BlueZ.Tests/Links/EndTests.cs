using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Adapters.BlueZ.Tests.Links;

public sealed class EndTests
{
    private readonly LinkFixture _fixture = new();

    [Fact]
    public async Task The_kernel_tells_why()
    {
        var (device, link) = await _fixture.BootloaderAsync();
        device.Drop(LinkClosure.RemoteUser);
        Assert.Equal(new LinkClosure(LinkClosure.RemoteUser), await link.Closed);
        Assert.Equal(0, device.ReasonWatchers);
        NothingIsHeld();
    }

    [Fact]
    public async Task The_reason_may_come_a_moment_later_and_others_reasons_are_not_taken()
    {
        var (device, link) = await _fixture.BootloaderAsync(speed: 1);
        _fixture.Kernel.Tell(1, device.Address, LinkClosure.RemoteUser);
        _fixture.Kernel.Tell(0, device.Address.Bootloader, LinkClosure.RemoteUser);
        device.Drop(null);
        _fixture.Kernel.Tell(0, device.Address, LinkClosure.SupervisionTimeout);
        Assert.Equal(LinkClosure.SupervisionTimeout, (await link.Closed).Reason);
    }

    [Theory]
    [InlineData("org.bluez.Reason.Remote", LinkClosure.RemoteUser)]
    [InlineData("org.bluez.Reason.Timeout", LinkClosure.SupervisionTimeout)]
    [InlineData("org.bluez.Reason.Local", LinkClosure.LocalHost)]
    public async Task Without_the_permission_a_new_BlueZ_tells_why(string name, byte reason)
    {
        _fixture.Kernel.MayConfigure = false;
        var (device, link) = await _fixture.BootloaderAsync();
        Assert.Equal(1, device.ReasonWatchers);
        device.TellReason(name);
        device.Drop(null);
        Assert.Equal(reason, (await link.Closed).Reason);
        Assert.Equal(0, device.ReasonWatchers);
    }

    [Fact]
    public async Task A_reason_nobody_tells_is_neither_a_drop_nor_the_devices_wish()
    {
        _fixture.Kernel.MayConfigure = false;
        var (device, link) = await _fixture.BootloaderAsync();
        device.Drop(null);
        var closure = await link.Closed;
        Assert.Equal(0x1f, closure.Reason);
        Assert.Contains("CAP_NET_ADMIN", closure.Detail, StringComparison.Ordinal);
        NothingIsHeld();
    }

    [Fact]
    public async Task A_removed_object_is_the_end()
    {
        var (device, link) = await _fixture.BootloaderAsync();
        _fixture.BlueZ.Remove(device.ObjectPath);
        Assert.Equal("BlueZ removed the device", (await link.Closed).Detail);
        NothingIsHeld();
    }

    [Fact]
    public async Task BlueZ_gone_is_the_end_of_all_its_links()
    {
        var (device, link) = await _fixture.BootloaderAsync();
        device[DfuCharacteristic.ControlPoint].OnWrite = (_, _) => new TaskCompletionSource().Task;
        var pending = link.WriteAsync(DfuCharacteristic.ControlPoint, new byte[] { 1 }, CancellationToken.None);
        _fixture.BlueZ.End("bluetoothd was restarted");
        Assert.Equal(new LinkClosure(LinkClosure.SupervisionTimeout, "bluetoothd was restarted"), await link.Closed);
        await LinkFixture.FailsAsync(DfuError.LinkLost, () => pending);
        await link.DisposeAsync();
        Assert.Equal(0, device.Disconnects);
        NothingIsHeld();
    }

    [Fact]
    public async Task Disposal_disconnects_once_and_waits_until_that_is_done()
    {
        var (device, link) = await _fixture.BootloaderAsync(speed: 1);
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var disconnected = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        device.OnDisconnect = () =>
        {
            asked.SetResult();
            return disconnected.Task;
        };
        var first = link.DisposeAsync().AsTask();
        var second = link.DisposeAsync().AsTask();
        await asked.Task;
        Assert.False(first.IsCompleted || second.IsCompleted || link.Closed.IsCompleted);
        await LinkFixture.FailsAsync(DfuError.LinkLost, () => link.WriteAsync(DfuCharacteristic.ControlPoint, new byte[] { 1 }, CancellationToken.None));
        device.Drop(LinkClosure.LocalHost);
        disconnected.SetResult();
        await first;
        await second;
        Assert.Equal(new LinkClosure(LinkClosure.LocalHost), await link.Closed);
        Assert.Equal(1, device.Disconnects);
        NothingIsHeld();
    }

    [Fact]
    public async Task Disposal_ends_also_when_BlueZ_does_not_answer()
    {
        var (device, link) = await _fixture.BootloaderAsync();
        device.OnDisconnect = () => new TaskCompletionSource().Task;
        await link.DisposeAsync();
        Assert.Equal(LinkClosure.LocalHost, (await link.Closed).Reason);
        NothingIsHeld();
    }

    [Fact]
    public async Task Disposal_after_the_end_disconnects_nothing()
    {
        var (device, link) = await _fixture.BootloaderAsync();
        device.Drop(LinkClosure.RemoteUser);
        await link.Closed;
        await link.DisposeAsync();
        Assert.Equal(0, device.Disconnects);
        Assert.Equal(LinkClosure.RemoteUser, (await link.Closed).Reason);
    }

    [Fact]
    public async Task A_link_whose_socket_closed_and_which_stays_is_closed()
    {
        var (device, link) = await _fixture.BootloaderAsync();
        await link.WriteCommandAsync(DfuCharacteristic.Packet, new byte[] { 1 }, CancellationToken.None);
        device[DfuCharacteristic.Packet].CloseSockets();
        await LinkFixture.FailsAsync(
            DfuError.LinkLost, () => link.WriteCommandAsync(DfuCharacteristic.Packet, new byte[] { 1 }, CancellationToken.None).AsTask());
        var closure = await link.Closed;
        Assert.Equal(LinkClosure.LocalHost, closure.Reason);
        Assert.Contains("socket", closure.Detail, StringComparison.Ordinal);
        Assert.Equal(1, device.Disconnects);
    }

    [Fact]
    public async Task A_packet_into_a_closed_socket_is_a_lost_link()
    {
        var (device, link) = await _fixture.BootloaderAsync(speed: 1);
        await link.WriteCommandAsync(DfuCharacteristic.Packet, new byte[] { 1 }, CancellationToken.None);
        device[DfuCharacteristic.Packet].CloseSockets();
        _ = Task.Run(() => device.Drop(LinkClosure.SupervisionTimeout));
        await LinkFixture.FailsAsync(
            DfuError.LinkLost, () => link.WriteCommandAsync(DfuCharacteristic.Packet, new byte[] { 1 }, CancellationToken.None).AsTask());
        Assert.Equal(LinkClosure.SupervisionTimeout, (await link.Closed).Reason);
    }

    [Fact]
    public async Task The_bus_gone_during_a_write_is_a_lost_link()
    {
        var (device, link) = await _fixture.BootloaderAsync();
        device[DfuCharacteristic.ControlPoint].OnWrite = (_, _) => throw new ObjectDisposedException("Tmds.DBus.Connection");
        device.OnDisconnect = () => throw new ObjectDisposedException("Tmds.DBus.Connection");
        await LinkFixture.FailsAsync(DfuError.LinkLost, () => link.WriteAsync(DfuCharacteristic.ControlPoint, new byte[] { 1 }, CancellationToken.None));
    }

    private void NothingIsHeld()
    {
        Assert.Equal(0, _fixture.BlueZ.Held);
        Assert.Equal(0, _fixture.Kernel.Listeners);
    }
}
