using Dfu.Adapters.BlueZ.Tests.StandIn;
using Xunit.Abstractions;

namespace Dfu.Adapters.BlueZ.Tests.EndToEnd;

/// <summary>Real updates of virtual devices, over the whole adapter and a bus.</summary>
public sealed class UpdateTests(ITestOutputHelper output)
{
    private const int Image = 40_000;

    [DbusFact]
    public async Task Devices_are_updated_in_parallel_over_two_dongles()
    {
        await using var bench = await Bench.StartAsync(dongles: 2, devices: 6);
        var view = await bench.UpdateAsync(Image);
        Assert.Equal(2, view.Devices.Select(static device => device.Adapter).Distinct().Count());
        Assert.All(view.Devices, static device => Assert.Equal(1, device.Attempts));
        Assert.True(
            view.Devices.Count(static device => device.BytesResent > 0) <= 1, "more was sent again than the one probe of what this class of bootloaders saves");
        output.WriteLine($"{view.Seconds:0.0} s");
    }

    [DbusFact]
    public async Task Requests_that_overtake_packets_do_no_harm()
    {
        await using var bench = await Bench.StartAsync(dongles: 1, devices: 2, new() { RequestsOvertake = 2 });
        await bench.UpdateAsync(Image / 2);
    }

    [DbusFact]
    public async Task Without_sockets_packets_go_by_calls()
    {
        await using var bench = await Bench.StartAsync(dongles: 1, devices: 1);
        bench.BlueZ.Faults.Fail("AcquireWrite", "org.bluez.Error.NotSupported", "Operation is not supported");
        await bench.UpdateAsync(Image / 2);
        Assert.True(bench.BlueZ.Faults.Calls("WriteValue") > Image / 2 / 244, "packets went another way");
    }

    [DbusFact]
    public async Task An_update_survives_bluetoothd_dying_and_returning()
    {
        await using var bench = await Bench.StartAsync(dongles: 2, devices: 4);
        var view = await bench.UpdateAsync(Image, async () =>
        {
            await bench.BlueZ.DieAsync();
            await bench.BlueZ.ReturnAsync();
        });
        Assert.Contains(view.Devices, static device => device.Attempts > 1);
    }

    [DbusFact]
    public async Task An_update_survives_the_bus_dying_and_returning()
    {
        await using var bench = await Bench.StartAsync(dongles: 2, devices: 4);
        var view = await bench.UpdateAsync(Image, async () =>
        {
            await bench.Bus.KillAsync();
            await bench.BlueZ.Died;
            await bench.Bus.StartAgainAsync();
            await bench.BlueZ.ReturnAsync();
        });
        Assert.Contains(view.Devices, static device => device.Attempts > 1);
    }

    [DbusFact]
    public async Task An_update_survives_a_dongle_switched_off()
    {
        await using var bench = await Bench.StartAsync(dongles: 1, devices: 2);
        var view = await bench.UpdateAsync(Image, () => bench.Dongles[0].SetPoweredAsync(false));
        Assert.Contains(view.Devices, static device => device.Attempts > 1);
    }

    [DbusFact]
    public async Task An_update_survives_a_dongle_pulled_out_that_returns_under_another_number()
    {
        await using var bench = await Bench.StartAsync(dongles: 1, devices: 2);
        var view = await bench.UpdateAsync(Image, async () =>
        {
            await bench.PullOutAsync(0);
            await bench.PlugInAsync(0, 7);
        });
        Assert.Equal("bluez:usb-1-1.1", view.Devices[0].Adapter);
        Assert.True(bench.BlueZ.Faults.Calls("Connect", bench.Dongles[0].PathOf(bench.Devices[0].BootloaderAddress)) > 0, "hci7 was not used");
    }

    [DbusFact]
    public async Task An_update_survives_links_that_drop_and_objects_that_vanish()
    {
        await using var bench = await Bench.StartAsync(dongles: 1, devices: 2);
        await bench.UpdateAsync(Image, async () =>
        {
            await bench.Dongles[0].DropAsync(bench.Devices[0].BootloaderAddress);
            await bench.Dongles[0].VanishAsync(bench.Devices[1].BootloaderAddress);
        });
    }

    [DbusFact]
    public async Task An_update_survives_connects_that_fail_or_pretend()
    {
        await using var bench = await Bench.StartAsync(dongles: 1, devices: 2);
        bench.BlueZ.Faults.Pretend("Connect", times: 1);
        bench.BlueZ.Faults.Fail("Connect", Faults.Failed, "le-connection-abort-by-local", times: 2);
        await bench.UpdateAsync(Image / 2);
    }
}
