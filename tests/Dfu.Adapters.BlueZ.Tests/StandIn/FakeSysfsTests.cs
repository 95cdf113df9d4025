using Dfu.Adapters.BlueZ.Kernel;

namespace Dfu.Adapters.BlueZ.Tests.StandIn;

public sealed class FakeSysfsTests
{
    [Fact]
    public void Controllers_are_listed_with_their_ports_while_they_are_plugged_in()
    {
        using var sysfs = new FakeSysfs();
        sysfs.Add(1, "1-1.2");
        sysfs.Add(0, "1-1.1");
        Assert.Equal(["bluez:usb-1-1.1", "bluez:usb-1-1.2"], Controllers.List(sysfs.Root).Select(static controller => controller.Id));
        sysfs.Remove(0);
        sysfs.Add(5, "1-1.1");
        Assert.Equal(
            [(1, "bluez:usb-1-1.2"), (5, "bluez:usb-1-1.1")], Controllers.List(sysfs.Root).Select(static controller => (controller.Index, controller.Id)));
    }
}
