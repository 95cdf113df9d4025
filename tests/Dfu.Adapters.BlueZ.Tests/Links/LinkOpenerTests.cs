using Dfu.Adapters.BlueZ.Links;
using Dfu.Adapters.Simulated.Time;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Tmds.DBus;

namespace Dfu.Adapters.BlueZ.Tests.Links;

public sealed class LinkOpenerTests
{
    private readonly LinkFixture _fixture = new();
    private readonly FakePeripheral _device;
    private readonly LinkOpener _opener;
    private readonly LinkOptions _options = new() { ConnectTimeout = TimeSpan.FromSeconds(20) };

    public LinkOpenerTests()
    {
        _device = FakePeripheral.Bootloader(_fixture.BlueZ, _fixture.Kernel);
        _opener = new LinkOpener(_fixture.BlueZ, _fixture.Kernel, 0, TimeProvider.System);
    }

    [Fact]
    public async Task An_open_link_knows_its_characteristics_MTU_and_interval()
    {
        _fixture.Kernel.Parameters = new(TimeSpan.FromMilliseconds(15), 0, TimeSpan.FromSeconds(6));
        await using var link = await OpenAsync();
        Assert.Equal([DfuCharacteristic.ControlPoint, DfuCharacteristic.Packet], link.Characteristics.Order());
        Assert.Equal(247, link.Mtu);
        Assert.Equal(TimeSpan.FromMilliseconds(15), link.Interval);
        Assert.True(link.KeepsOrder);
        Assert.False(link.Closed.IsCompleted);
        Assert.Equal(0, _device.Disconnects);
    }

    [Fact]
    public async Task An_MTU_beyond_the_longest_value_is_not_used()
    {
        _device[DfuCharacteristic.Packet].Mtu = 517;
        await using var link = await OpenAsync();
        Assert.Equal(515, link.Mtu);
    }

    [Fact]
    public async Task An_old_BlueZ_tells_the_MTU_with_the_socket()
    {
        _device[DfuCharacteristic.Packet].Mtu = null;
        _device[DfuCharacteristic.Packet].SocketMtu = 131;
        await using var link = await OpenAsync();
        Assert.Equal(131, link.Mtu);
    }

    [Fact]
    public async Task Characteristics_told_after_the_services_were_resolved_count()
    {
        _device.OnConnect = () =>
        {
            _fixture.BlueZ.Set(_device.ObjectPath, FakePeripheral.Device, ("Connected", true));
            _device[DfuCharacteristic.ControlPoint].Show();
            _fixture.BlueZ.Set(_device.ObjectPath, FakePeripheral.Device, ("ServicesResolved", true));
            _ = Task.Run(_device[DfuCharacteristic.Packet].Show);
            return Task.CompletedTask;
        };
        await using var link = await _fixture.OpenAsync(_device, speed: 1);
        Assert.Equal(2, link.Characteristics.Count);
    }

    [Fact]
    public async Task Characteristics_that_a_busy_host_tells_seconds_after_the_services_were_resolved_count()
    {
        var time = new VirtualTime();
        _device.OnConnect = () =>
        {
            Resolved(DfuCharacteristic.ControlPoint);
            _ = LateAsync();
            return Task.CompletedTask;
        };
        await using var link = Open(time);
        Assert.Equal(2, link.Characteristics.Count);

        async Task LateAsync()
        {
            await Task.Delay(TimeSpan.FromSeconds(4), time);
            _device[DfuCharacteristic.Packet].Show();
        }
    }

    [Fact]
    public void A_DFU_service_without_its_characteristics_is_a_failed_connect_and_no_link_without_a_control_point()
    {
        _device.OnConnect = () =>
        {
            Resolved(DfuCharacteristic.Packet);
            return Task.CompletedTask;
        };
        var e = FailsInTime(DfuError.ConnectFailed);
        Assert.Contains("ControlPoint", e.Message, StringComparison.Ordinal);
        Assert.True(e.Error.IsTransient());
    }

    [Fact]
    public async Task A_device_without_DFU_is_not_waited_for_to_show_it()
    {
        _fixture.BlueZ.Set(_device.ObjectPath, FakePeripheral.Device, ("UUIDs", Array.Empty<string>()));
        _device.Members.Clear();
        var time = new VirtualTime();
        await using var link = Open(time);
        Assert.Empty(link.Characteristics);
        Assert.Equal(TimeSpan.Zero, time.Elapsed);
    }

    [Fact]
    public void A_connect_that_takes_too_long_is_given_up_and_disconnected()
    {
        _device.OnConnect = () => new TaskCompletionSource().Task;
        var e = FailsInTime(DfuError.ConnectTimeout);
        Assert.Contains("no link within 20 s", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Services_that_take_too_long_are_a_time_out_as_well()
    {
        _device.OnConnect = Connected;
        var e = FailsInTime(DfuError.ConnectTimeout);
        Assert.Contains("services", e.Message, StringComparison.Ordinal);
        Assert.False(_fixture.BlueZ.Find(_device.ObjectPath)!.Get<bool>(FakePeripheral.Device, "Connected"));
    }

    [Fact]
    public async Task A_cancelled_connect_is_disconnected()
    {
        using var stop = new CancellationTokenSource();
        _device.OnConnect = () =>
        {
            stop.Cancel();
            return new TaskCompletionSource().Task;
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _opener.OpenAsync(_device.ObjectPath, _options, stop.Token));
        NothingIsLeft(disconnects: 1);
    }

    [Fact]
    public async Task A_device_that_goes_before_its_services_are_known_is_a_failed_connect()
    {
        _device.OnConnect = async () =>
        {
            await Connected();
            _ = Task.Run(() => _device.Drop(0x3e));
        };
        var e = await FailsAsync(DfuError.ConnectFailed);
        Assert.Contains("0x3e", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_link_that_BlueZ_answers_for_and_does_not_tell_of_is_used_and_its_end_is_seen()
    {
        _device.OnConnect = () =>
        {
            _fixture.BlueZ.SetUntold(_device.ObjectPath, FakePeripheral.Device, ("Connected", true));
            _device.ShowServices();
            _fixture.BlueZ.Set(_device.ObjectPath, FakePeripheral.Device, ("ServicesResolved", true));
            return Task.CompletedTask;
        };
        await using var link = await OpenAsync();
        Assert.Equal(1, _device.Connects);
        _device.Drop(LinkClosure.SupervisionTimeout);
        Assert.Equal(LinkClosure.SupervisionTimeout, (await link.Closed).Reason);
    }

    [Fact]
    public async Task A_link_that_BlueZ_makes_itself_after_it_answered_for_one_that_was_aborted_is_used()
    {
        _device.OnConnect = () =>
        {
            _ = Task.Run(_device.ConnectsAsync);
            return Task.CompletedTask;
        };
        await using var link = await _fixture.OpenAsync(_device, speed: 1);
        Assert.Equal(1, _device.Connects);
    }

    [Fact]
    public async Task A_connect_that_was_answered_without_a_link_is_repeated()
    {
        _device.OnConnect = () => _device.Connects == 1 ? Task.CompletedTask : _device.ConnectsAsync();
        await using var link = Open(new VirtualTime());
        Assert.Equal(2, _device.Connects);
        Assert.Equal(1, _device.Disconnects); // ends what BlueZ tries by itself after such an answer
    }

    [Fact]
    public void A_connect_that_was_answered_twice_without_a_link_has_failed()
    {
        _device.OnConnect = () => Task.CompletedTask;
        var e = FailsInTime(DfuError.ConnectFailed, disconnects: 2);
        Assert.True(e.Error.IsTransient());
        Assert.Equal(2, _device.Connects);
    }

    [Theory]
    [InlineData("org.bluez.Error.Failed", "le-connection-abort-by-local")]
    [InlineData("org.bluez.Error.InProgress", "In Progress")]
    public async Task What_an_immediate_repeat_cures_is_repeated_once(string name, string message)
    {
        _device.OnConnect = () => _device.Connects == 1 ? throw new DBusException(name, message) : _device.ConnectsAsync();
        await using var link = await OpenAsync();
        Assert.Equal(2, _device.Connects);
        Assert.Equal(1, _device.Disconnects); // clears what the first left in progress
    }

    [Fact]
    public async Task A_link_that_came_and_went_before_the_answer_is_repeated_too()
    {
        _device.OnConnect = async () =>
        {
            if (_device.Connects == 2)
            {
                await _device.ConnectsAsync();
                return;
            }

            await Connected();
            _device.Drop(0x3e);
            throw new DBusException("org.bluez.Error.Failed", "le-connection-abort-by-local");
        };
        await using var link = await OpenAsync();
        Assert.Equal(2, _device.Connects);
    }

    [Fact]
    public async Task It_is_repeated_once_and_not_more()
    {
        _device.OnConnect = () => throw new DBusException("org.bluez.Error.Failed", "le-connection-abort-by-local");
        await FailsAsync(DfuError.ConnectFailed, disconnects: 2);
        Assert.Equal(2, _device.Connects);
    }

    [Theory]
    [InlineData("org.bluez.Error.Failed", "Too many links", DfuError.AdapterFull)]
    [InlineData("org.bluez.Error.NotReady", "Resource Not Ready", DfuError.AdapterLost)]
    [InlineData("org.freedesktop.DBus.Error.UnknownObject", "gone", DfuError.ConnectFailed)]
    [InlineData("org.freedesktop.DBus.Error.NoReply", "gone", DfuError.AdapterLost)]
    public async Task A_refusal_is_told_as_what_it_means(string name, string message, DfuError error)
    {
        _device.OnConnect = () => throw new DBusException(name, message);
        await FailsAsync(error);
    }

    [Fact]
    public async Task A_device_BlueZ_does_not_know_cannot_be_connected()
    {
        _fixture.BlueZ.Remove(_device.ObjectPath);
        await FailsAsync(DfuError.ConnectFailed, disconnects: 0);
    }

    [Fact]
    public async Task BlueZ_going_during_a_connect_is_the_adapter_lost()
    {
        _device.OnConnect = () =>
        {
            _fixture.BlueZ.End("bluetoothd has ended");
            return new TaskCompletionSource().Task;
        };
        var e = await FailsAsync(DfuError.AdapterLost, disconnects: 0);
        Assert.Equal("bluetoothd has ended", e.Message);
        await FailsAsync(DfuError.AdapterLost, disconnects: 0);
        Assert.Equal(1, _device.Connects);
    }

    [Fact]
    public void A_bluetoothd_that_answers_nothing_is_the_adapter_lost()
    {
        _device.OnConnect = () => new TaskCompletionSource().Task;
        _device.OnDisconnect = () => new TaskCompletionSource().Task;
        _device.Hangs = true;
        FailsInTime(DfuError.AdapterLost);
    }

    [Fact]
    public void A_bluetoothd_that_answers_nothing_is_the_adapter_lost_also_when_who_asked_gives_up_meanwhile()
    {
        var time = new VirtualTime();
        _device.OnConnect = () => new TaskCompletionSource().Task;
        _device.OnDisconnect = () => new TaskCompletionSource().Task;
        _device.Hangs = true;
        time.Run(async () =>
        {
            using var late = new CancellationTokenSource(_options.ConnectTimeout + TimeSpan.FromSeconds(1), time);
            var opener = new LinkOpener(_fixture.BlueZ, _fixture.Kernel, 0, time);
            await LinkFixture.FailsAsync(DfuError.AdapterLost, () => opener.OpenAsync(_device.ObjectPath, _options, late.Token));
        });
    }

    [Fact]
    public void A_link_that_takes_long_to_end_is_not_taken_for_a_bluetoothd_that_hangs_and_waited_for_4_s()
    {
        var time = new VirtualTime();
        _device.OnConnect = Connected;
        _device.OnDisconnect = () => new TaskCompletionSource().Task;
        time.Run(async () =>
        {
            var began = time.GetTimestamp();
            var opener = new LinkOpener(_fixture.BlueZ, _fixture.Kernel, 0, time);
            var e = await LinkFixture.FailsAsync(DfuError.ConnectTimeout, () => opener.OpenAsync(_device.ObjectPath, _options, CancellationToken.None));
            Assert.Contains("services", e.Message, StringComparison.Ordinal);
            Assert.Equal(TimeSpan.FromSeconds(24), time.GetElapsedTime(began));
        });
        NothingIsLeft(disconnects: 1);
    }

    [Fact]
    public async Task A_link_that_is_there_already_is_closed_first()
    {
        await _device.ConnectsAsync();
        var during = true;
        _device.OnConnect = () =>
        {
            during = _fixture.BlueZ.Find(_device.ObjectPath)!.Get<bool>(FakePeripheral.Device, "Connected");
            return _device.ConnectsAsync();
        };
        await using var link = await OpenAsync();
        Assert.False(during);
        Assert.Equal(1, _device.Disconnects);
    }

    [Fact]
    public void A_stale_GATT_cache_is_named()
    {
        _device.Members.Clear();
        var e = FailsInTime(DfuError.ConnectFailed);
        Assert.Contains("GATT cache", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_device_without_DFU_is_linked_for_the_caller_to_judge()
    {
        _fixture.BlueZ.Set(_device.ObjectPath, FakePeripheral.Device, ("UUIDs", new[] { "0000180a-0000-1000-8000-00805f9b34fb" }));
        _device.Members.Clear();
        await using var link = await OpenAsync();
        Assert.Empty(link.Characteristics);
        Assert.Equal(23, link.Mtu);
    }

    private async Task<IDfuLink> OpenAsync() => await _opener.OpenAsync(_device.ObjectPath, _options, CancellationToken.None);

    private IDfuLink Open(VirtualTime time) =>
        time.Run(() => new LinkOpener(_fixture.BlueZ, _fixture.Kernel, 0, time).OpenAsync(_device.ObjectPath, _options, CancellationToken.None));

    private async Task<DfuException> FailsAsync(DfuError error, int disconnects = 1)
    {
        var e = await Assert.ThrowsAsync<DfuException>(OpenAsync);
        Assert.True(error == e.Error, $"{e.Error}: {e.Message}");
        NothingIsLeft(disconnects);
        return e;
    }

    /// <summary>The same where waits have to pass, which they do at once.</summary>
    private DfuException FailsInTime(DfuError error, int disconnects = 1)
    {
        var e = Assert.Throws<DfuException>(() => Open(new VirtualTime()));
        Assert.True(error == e.Error, $"{e.Error}: {e.Message}");
        NothingIsLeft(disconnects);
        return e;
    }

    private void NothingIsLeft(int disconnects)
    {
        Assert.Equal(disconnects, _device.Disconnects);
        Assert.Equal(0, _fixture.BlueZ.Held);
        Assert.Equal(0, _fixture.Kernel.Listeners);
    }

    private void Resolved(params DfuCharacteristic[] shown)
    {
        _fixture.BlueZ.Set(_device.ObjectPath, FakePeripheral.Device, ("Connected", true));
        _fixture.BlueZ.Set($"{_device.ObjectPath}/service000a", Characteristics.ServiceInterface, ("UUID", Characteristics.DfuService));
        foreach (var characteristic in shown) _device[characteristic].Show();
        _fixture.BlueZ.Set(_device.ObjectPath, FakePeripheral.Device, ("ServicesResolved", true));
    }

    private Task Connected()
    {
        _fixture.BlueZ.Set(_device.ObjectPath, FakePeripheral.Device, ("Connected", true));
        return Task.CompletedTask;
    }
}
