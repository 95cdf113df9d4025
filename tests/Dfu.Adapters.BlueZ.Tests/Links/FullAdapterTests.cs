using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Tmds.DBus;

namespace Dfu.Adapters.BlueZ.Tests.Links;

/// <summary>bluetoothd has one answer to nearly every connect that fails; the controller's is the kernel's to tell.</summary>
public sealed class FullAdapterTests
{
    private readonly LinkFixture _fixture = new();
    private readonly FakePeripheral _device;

    public FullAdapterTests()
    {
        _device = FakePeripheral.Bootloader(_fixture.BlueZ, _fixture.Kernel);
        _device.OnConnect = () => Refuse(0, _device.Address, 0x09);
    }

    [Theory]
    [InlineData(0x07)]
    [InlineData(0x09)]
    [InlineData(0x0d)]
    public async Task A_controller_that_holds_no_more_links_is_told_as_full_and_not_asked_again(byte status)
    {
        foreach (var address in new[] { "C0:98:76:54:32:21", "C0:98:76:54:32:22" })
            await FakePeripheral.Bootloader(_fixture.BlueZ, _fixture.Kernel, address).ConnectsAsync();
        _device.OnConnect = () => Refuse(0, _device.Address, status);
        var e = await FailsAsync(DfuError.AdapterFull);
        Assert.Equal($"the controller holds 2 links and refused one to {_device.Address}: le-connection-abort-by-local, HCI status 0x{status:x2}", e.Message);
        Assert.Equal(1, _device.Connects);
    }

    [Fact]
    public async Task It_may_say_so_without_naming_the_device()
    {
        _device.OnConnect = () => Refuse(0, null, 0x09);
        await FailsAsync(DfuError.AdapterFull);
    }

    [Fact]
    public async Task The_kernel_may_tell_a_moment_after_BlueZ_has_answered()
    {
        _device.OnConnect = () =>
        {
            _ = TellLaterAsync();
            throw Abort();
        };
        await FailsAsync(DfuError.AdapterFull, speed: 1);

        async Task TellLaterAsync()
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            _fixture.Kernel.TellRefusal(0, _device.Address, 0x09);
        }
    }

    [Theory]
    [InlineData(1, "C0:98:76:54:32:11")]
    [InlineData(0, "C0:98:76:54:32:12")]
    public async Task Another_controllers_or_devices_refusal_is_not_this_ones(int index, string address)
    {
        _device.OnConnect = () => Refuse(index, BluetoothAddress.Parse(address), 0x09);
        await FailsAsync(DfuError.ConnectFailed);
        Assert.Equal(2, _device.Connects);
    }

    [Fact]
    public async Task A_refusal_of_an_earlier_connect_is_not_this_ones()
    {
        await FailsAsync(DfuError.AdapterFull);
        _device.OnConnect = () => throw Abort();
        await FailsAsync(DfuError.ConnectFailed);
    }

    [Fact]
    public async Task A_connect_that_nobody_answered_is_a_time_out()
    {
        _device.OnConnect = () => Refuse(0, _device.Address, 0x02);
        var e = await FailsAsync(DfuError.ConnectTimeout);
        Assert.EndsWith("HCI status 0x02", e.Message, StringComparison.Ordinal);
        Assert.Equal(2, _device.Connects);
    }

    [Fact]
    public async Task A_link_that_was_never_established_is_tried_again()
    {
        _device.OnConnect = () => _device.Connects == 1 ? Refuse(0, _device.Address, 0x3e) : _device.ConnectsAsync();
        await using var link = await _fixture.OpenAsync(_device);
        Assert.Equal(2, _device.Connects);
    }

    [Fact]
    public async Task Where_the_kernel_tells_nothing_it_stays_a_failed_connect()
    {
        _fixture.Kernel.MayConfigure = false;
        _device.OnConnect = () => throw Abort();
        var e = await FailsAsync(DfuError.ConnectFailed);
        Assert.EndsWith("le-connection-abort-by-local", e.Message, StringComparison.Ordinal);
        Assert.Equal(2, _device.Connects);
    }

    private Task Refuse(int index, BluetoothAddress? peer, byte status)
    {
        _fixture.Kernel.TellRefusal(index, peer, status);
        throw Abort();
    }

    private static DBusException Abort() => new("org.bluez.Error.Failed", "le-connection-abort-by-local");

    private Task<DfuException> FailsAsync(DfuError error, double speed = 10) => LinkFixture.FailsAsync(error, () => _fixture.OpenAsync(_device, speed));
}
