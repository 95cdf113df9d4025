using Dfu.Adapters;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Scheduling;
using Dfu.Protocol.Links;
using Dfu.Protocol.Transfers;

namespace Dfu.Fleet.Tests.Scheduling;

/// <summary>An update of two parts keeps its slot, and its turn to connect, over the reset between them.</summary>
public sealed class PartPlanningTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly BluetoothAddress Other = new(0xC000_0000_0002);

    private static readonly AdapterState Radio = new() { Id = "a", Status = AdapterStatus.Ready, Limit = new() { Current = 1, Ceiling = 1 } };

    /// <summary>Its SoftDevice is in, and its bootloader waits for the application.</summary>
    private static readonly DeviceState Between = DeviceState.New(new(0xC000_0000_0010), [8192, 8192], Now) with
    {
        Adapter = "a",
        Image = 1,
        Images = [new() { Activated = true, Confirmed = 8192 }, new()],
        AttemptFruitful = true,
        BootloaderUntil = Now.AddSeconds(9),
    };

    [Theory]
    [InlineData(DevicePhase.Connecting, 1, true)]
    [InlineData(DevicePhase.Verifying, 0, true)]
    [InlineData(DevicePhase.Verifying, 1, false)]
    [InlineData(DevicePhase.Reconciling, 1, false)]
    public void Nobody_connects_before_a_device_that_is_between_its_parts(DevicePhase phase, int image, bool isProtected)
    {
        var left = Planning.ProtectedFor(Between with { Phase = phase, Image = image }, new BootloaderTraits(), 0);
        Assert.Equal(isProtected ? Scheduler.WorthWaiting : null, left);
    }

    [Fact]
    public void Who_lost_its_link_between_its_parts_finds_its_slot_when_it_is_heard_again()
    {
        Assert.Empty(Plan(Between));
        Assert.Equal([Other], Plan(Between with { BootloaderUntil = Now.AddSeconds(-1) })); // it has left: nothing is kept for it any more
        Assert.Equal([Other], Plan(Between with { BootloaderUntil = Now.AddSeconds(100) })); // it waits for long enough
        Assert.Equal([Other], Plan(Between with { Adapter = "b" }));
    }

    /// <summary>Its image is in and something is expected of its application: that is asked over another link, in its application.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void One_that_has_all_its_images_is_connected_to_in_its_application_only_to_be_asked_what_it_is(bool expects)
    {
        var heard = new HeardDevices();
        heard.AddTarget(Other, isApplication: true);
        heard.Hear(0, new Advertisement(Other, AddressType.Random, -60, "App", DfuService: true, Connectable: true), Now, out _);
        var device = DeviceState.New(Other, [8192], Now) with { Images = [new() { Activated = true, Confirmed = 8192 }], Expects = expects };
        var grants = Planning.Plan([new(Radio, 0, null)], [new QueuedDevice(device, heard)], [], Now);
        Assert.Equal(expects ? 1 : 0, grants.Length);
    }

    /// <summary>Who gets the only slot, while a device that nobody hears waits beside one that is heard.</summary>
    private static BluetoothAddress[] Plan(DeviceState unheard)
    {
        var heard = new HeardDevices();
        heard.AddTarget(Other, isApplication: true);
        heard.Hear(0, new Advertisement(Other, AddressType.Random, -60, "App", DfuService: true, Connectable: true), Now, out _);
        QueuedDevice[] queued = [new(DeviceState.New(Other, [8192], Now), heard), new(unheard, heard)];
        return [.. Planning.Plan([new(Radio, 0, null)], queued, [], Now).Select(static grant => grant.Device.Id)];
    }
}
