using Dfu.Adapters.Simulated;
using Dfu.BlueZ.Rig.VirtualControllers;

namespace Dfu.Adapters.BlueZ.Tests.VirtualControllers;

public sealed class ScanTests
{
    private const string FlagsAndService = "020106030359fe";
    private const string Name = "080944667554617267"; // DfuTarg

    [Fact]
    public void A_passive_scan_hears_flags_and_service_and_an_active_one_the_name_too() => Bench.Run(async bench =>
    {
        var (_, host, _) = await bench.PlugInAsync();
        await host.ScanAsync(active: false, filters: false);
        await bench.Wait(600);
        var peer = bench.Devices[0].BootloaderAddress;
        Assert.Equal(2, host.Reports.Count);
        Assert.All(host.Reports, report => Assert.Equal((HciEvents.Connectable, peer, FlagsAndService), report));
        await host.CommandAsync(HciOpCode.LeSetScan, 0, 0);
        host.Reports.Clear();
        await bench.Wait(600);
        Assert.Empty(host.Reports);
        await host.ScanAsync(active: true, filters: false);
        await bench.Wait(300);
        Assert.Equal([(HciEvents.Connectable, peer, FlagsAndService), (HciEvents.ScanResponse, peer, Name)], host.Reports);
    });

    [Fact]
    public void A_filter_of_duplicates_lets_each_device_through_once_per_scan_as_far_as_it_remembers() => Bench.Run(
        async bench =>
        {
            var (_, host, _) = await bench.PlugInAsync();
            for (var scan = 0; scan < 2; scan++)
            {
                host.Reports.Clear();
                await host.ScanAsync(active: false, filters: true);
                await bench.Wait(1100);
                Assert.Equal(bench.Devices.Select(device => device.BootloaderAddress).Order(), host.Reports.Select(report => report.Peer).Order());
                await host.CommandAsync(HciOpCode.LeSetScan, 0, 0);
            }
        },
        devices: 3);

    [Fact]
    public void More_devices_than_a_filter_remembers_are_heard_again() => Bench.Run(
        async bench =>
        {
            var (_, host, _) = await bench.PlugInAsync(new AdapterModel { Sensitivity = -120 });
            await host.ScanAsync(active: false, filters: true);
            await bench.Wait(1100);
            Assert.Equal(4 * 17, host.Reports.Count);
        },
        devices: 17);

    [Fact]
    public void A_scan_for_the_accept_list_hears_nobody_else() => Bench.Run(
        async bench =>
        {
            var (_, host, _) = await bench.PlugInAsync();
            var wanted = bench.Devices[1].BootloaderAddress;
            Assert.Equal([0], await host.CommandAsync(HciOpCode.LeAddToAcceptList, [1, .. wanted.ToBytes().Reverse()]));
            await host.ScanAsync(active: false, filters: true, acceptList: true);
            await bench.Wait(600);
            Assert.Equal([wanted], host.Reports.Select(report => report.Peer));
            await host.CommandAsync(HciOpCode.LeSetScan, 0, 0);
            Assert.Equal([0], await host.CommandAsync(HciOpCode.LeRemoveFromAcceptList, [1, .. wanted.ToBytes().Reverse()]));
            host.Reports.Clear();
            await host.ScanAsync(active: false, filters: true, acceptList: true);
            await bench.Wait(600);
            Assert.Empty(host.Reports);
        },
        devices: 2);

    [Fact]
    public void All_controllers_of_a_room_hear_the_same_devices() => Bench.Run(async bench =>
    {
        var (_, first, _) = await bench.PlugInAsync();
        var (_, second, _) = await bench.PlugInAsync();
        await first.ScanAsync(active: false, filters: true);
        await second.ScanAsync(active: false, filters: true);
        await bench.Wait(600);
        Assert.Equal(first.Reports, second.Reports);
        Assert.Single(first.Reports);
    });
}
