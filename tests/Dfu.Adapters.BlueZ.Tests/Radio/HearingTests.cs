using Dfu.Adapters.BlueZ.Bus;
using Dfu.Adapters.BlueZ.Links;
using Dfu.Adapters.BlueZ.Radio;
using Dfu.Adapters.BlueZ.Tests.Links;
using Dfu.Protocol.Links;
using Dfu.Protocol.Timing;

namespace Dfu.Adapters.BlueZ.Tests.Radio;

public sealed class HearingTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);
    private readonly FakeBlueZ _bluez = new();

    [Fact]
    public async Task What_one_adapter_has_no_room_to_follow_is_followed_when_another_adapter_forgets_a_device()
    {
        var budget = new FollowBudget(2);
        var first = Show(0, 1, dfu: true);
        Show(0, 2, dfu: true);
        var waiting = Show(1, 3, dfu: true);
        var heard = new TaskCompletionSource<BluetoothAddress>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var full = new Hearing(_bluez, "/org/bluez/hci0", budget, static _ => { });
        using var other = new Hearing(_bluez, "/org/bluez/hci1", budget, advertisement => heard.TrySetResult(advertisement.Address));

        _bluez.Remove(first.Path);

        Assert.Equal(waiting.Address, await heard.Task.WithinAsync(Soon, TimeProvider.System, default));
    }

    [Fact]
    public async Task A_device_that_has_gone_before_it_was_followed_leaves_its_place_to_others()
    {
        var budget = new FollowBudget(1);
        var gone = Show(0, 1, dfu: true);
        var waiting = Show(1, 2, dfu: true);
        var heard = new TaskCompletionSource<BluetoothAddress>(TaskCreationOptions.RunContinuationsAsynchronously);
        var follow = new TaskCompletionSource();
        (_bluez.GoneUntold, _bluez.FollowGate) = (gone.Path, follow.Task);
        using var full = new Hearing(_bluez, "/org/bluez/hci0", budget, static _ => { });
        using var other = new Hearing(_bluez, "/org/bluez/hci1", budget, advertisement => heard.TrySetResult(advertisement.Address));

        follow.SetResult();

        Assert.Equal(waiting.Address, await heard.Task.WithinAsync(Soon, TimeProvider.System, default));
    }

    [Fact]
    public async Task Devices_without_the_service_leave_room_for_those_with_it_on_other_adapters()
    {
        var budget = new FollowBudget(4);
        for (var i = 1; i < 9; i++) Show(0, i, dfu: false);
        var wanted = Show(1, 9, dfu: true);
        var heard = new TaskCompletionSource<BluetoothAddress>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var crowded = new Hearing(_bluez, "/org/bluez/hci0", budget, static _ => { });
        using var other = new Hearing(_bluez, "/org/bluez/hci1", budget, advertisement => heard.TrySetResult(advertisement.Address));

        Assert.Equal(wanted.Address, await heard.Task.WithinAsync(Soon, TimeProvider.System, default));
    }

    /// <summary>A device that is told of when it begins to be followed.</summary>
    private (string Path, BluetoothAddress Address) Show(int adapter, int number, bool dfu)
    {
        var address = BluetoothAddress.Parse($"C4:7C:8D:00:11:0{number}");
        var path = $"/org/bluez/hci{adapter}/dev_{address.ToString().Replace(':', '_')}";
        _bluez.Set(
            path, BlueZObjects.Device, ("Address", address.ToString()), ("AddressType", "random"), ("RSSI", (short)-50),
            ("UUIDs", dfu ? new[] { Characteristics.DfuService } : []));
        return (path, address);
    }
}
