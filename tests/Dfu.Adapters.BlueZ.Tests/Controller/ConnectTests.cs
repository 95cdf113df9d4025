using Dfu.Adapters.Simulated;
using Dfu.BlueZ.Rig.VirtualControllers;
using Dfu.Protocol.Links;

namespace Dfu.Adapters.BlueZ.Tests.VirtualControllers;

public sealed class ConnectTests
{
    [Fact]
    public void A_connection_tells_peer_interval_and_timeout_and_its_features() => Bench.Run(async bench =>
    {
        var (_, host, _) = await bench.PlugInAsync();
        var peer = bench.Devices[0].BootloaderAddress;
        var connected = await host.CreateConnectionAsync(peer);
        Assert.Equal(
            "00400000" + "01" + Convert.ToHexStringLower([.. peer.ToBytes().Reverse()]) + "0c00" + "0000" + "2a00" + "00", Convert.ToHexStringLower(connected));
        Assert.Equal([0], await host.CommandAsync(HciOpCode.LeReadRemoteFeatures, 0x40, 0));
        Assert.Equal([0], await host.CommandAsync(HciOpCode.LeUpdateConnection, 0x40, 0, 6, 0, 6, 0, 0, 0, 100, 0, 0, 0, 0, 0));
        await bench.Wait(1);
        Assert.Equal(((ushort)0x40, 12), Assert.Single(host.Updates)); // the radio keeps to its 15 ms
    });

    [Fact]
    public void A_device_that_is_not_there_is_waited_for_until_the_host_gives_up() => Bench.Run(async bench =>
    {
        var (_, host, _) = await bench.PlugInAsync();
        var nobody = BluetoothAddress.Parse("C0:00:00:00:00:01");
        Assert.Equal([0], await host.CommandAsync(HciOpCode.LeCreateConnection, SmallHost.CreateParameters(nobody)));
        Assert.Equal((byte[])[HciStatus.CommandDisallowed], await host.CommandAsync(HciOpCode.LeCreateConnection, SmallHost.CreateParameters(nobody)));
        await bench.Wait(30_000);
        Assert.Equal([0], await host.CommandAsync(HciOpCode.LeCancelConnection));
        Assert.Equal(HciStatus.UnknownConnection, (await host.NextConnectionEventAsync())[0]);
        Assert.Equal((byte[])[HciStatus.CommandDisallowed], await host.CommandAsync(HciOpCode.LeCancelConnection));
        await host.ConnectAsync(bench.Devices[0].BootloaderAddress);
    });

    [Fact]
    public void A_public_address_with_the_same_digits_is_somebody_else() => Bench.Run(async bench =>
    {
        var (_, host, _) = await bench.PlugInAsync();
        Assert.Equal([0], await host.CommandAsync(HciOpCode.LeCreateConnection, SmallHost.CreateParameters(bench.Devices[0].BootloaderAddress, type: 0)));
        await bench.Wait(2000);
        await host.CommandAsync(HciOpCode.LeCancelConnection);
        Assert.Equal(HciStatus.UnknownConnection, (await host.NextConnectionEventAsync())[0]);
        Assert.Equal(0, bench.Devices[0].Counters.Connects);
    });

    [Fact]
    public void The_accept_list_connects_to_whoever_of_it_is_heard() => Bench.Run(
        async bench =>
        {
            var (_, host, _) = await bench.PlugInAsync();
            await host.CommandAsync(HciOpCode.LeAddToAcceptList, [1, .. bench.Devices[1].BootloaderAddress.ToBytes().Reverse()]);
            Assert.Equal([0], await host.CommandAsync(HciOpCode.LeCreateConnection, SmallHost.CreateParameters(default, byAcceptList: true)));
            var connected = await host.NextConnectionEventAsync();
            Assert.Equal([0, .. bench.Devices[1].BootloaderAddress.ToBytes().Reverse()], [connected[0], .. connected[5..11]]);
            Assert.Empty(host.Reports);
        },
        devices: 2);

    [Fact]
    public void A_connect_that_fails_on_the_air_is_told_as_a_connection_that_was_never_established() => Bench.Run(async bench =>
    {
        var (_, host, _) = await bench.PlugInAsync(new AdapterModel { ConnectFailureRate = 1 });
        for (var attempt = 0; attempt < 2; attempt++)
        {
            var connection = await host.ConnectAsync(bench.Devices[0].BootloaderAddress);
            Assert.Equal(HciStatus.FailedToEstablish, await connection.Closed);
        }

        Assert.Equal(0, bench.Devices[0].Counters.Connects);
    });

    [Fact]
    public void A_controller_that_holds_all_its_links_says_so() => Bench.Run(
        async bench =>
        {
            var (_, host, _) = await bench.PlugInAsync(new AdapterModel { MaxLinks = 1 });
            await host.ConnectAsync(bench.Devices[0].BootloaderAddress);
            Assert.Equal(
                (byte[])[HciStatus.ConnectionLimit],
                await host.CommandAsync(HciOpCode.LeCreateConnection, SmallHost.CreateParameters(bench.Devices[1].BootloaderAddress)));
        },
        devices: 2);

    [Fact]
    public void The_host_disconnects_with_reason_16_and_the_device_is_on_the_air_again() => Bench.Run(async bench =>
    {
        var (_, host, _) = await bench.PlugInAsync();
        var connection = await host.ConnectAsync(bench.Devices[0].BootloaderAddress);
        Assert.Equal([0], await host.CommandAsync(HciOpCode.Disconnect, 0x40, 0, 0x13));
        Assert.Equal(HciStatus.LocalHost, await connection.Closed);
        await host.ConnectAsync(bench.Devices[0].BootloaderAddress);
        Assert.Equal((2, 0), (bench.Devices[0].Counters.Connects, bench.Devices[0].Counters.Drops));
    });

    [Fact]
    public void A_link_that_drops_ends_with_the_supervision_timeout() => Bench.Run(async bench =>
    {
        var (_, host, _) = await bench.PlugInAsync();
        var connection = await host.ConnectAsync(bench.Devices[0].BootloaderAddress);
        bench.Devices[0].CutLink();
        Assert.Equal(HciStatus.SupervisionTimeout, await connection.Closed);
        Assert.Equal(1, bench.Devices[0].Counters.Drops);
    });

    [Fact]
    public void More_links_share_the_time_of_a_radio_and_the_host_is_told_the_intervals() => Bench.Run(
        async bench =>
        {
            var (_, host, _) = await bench.PlugInAsync();
            var connections = new List<HostConnection>();
            foreach (var device in bench.Devices) connections.Add(await host.ConnectAsync(device.BootloaderAddress));
            await bench.Wait(1);
            Assert.Equal([(0x40, 18), (0x41, 18)], host.Updates.Select(update => ((int)update.Handle, update.Interval))); // 22.5 ms each of three
            host.Updates.Clear();
            await host.CommandAsync(HciOpCode.Disconnect, 0x40, 0, 0x13);
            await connections[0].Closed;
            await bench.Wait(1);
            Assert.Equal([(0x41, 12), (0x42, 12)], host.Updates.Select(update => ((int)update.Handle, update.Interval)));
        },
        devices: 3);

    [Fact]
    public void A_reset_ends_every_link_without_a_word() => Bench.Run(async bench =>
    {
        var (controller, host, _) = await bench.PlugInAsync();
        var before = await host.ConnectAsync(bench.Devices[0].BootloaderAddress);
        await host.StartAsync();
        var after = await host.ConnectAsync(bench.Devices[0].BootloaderAddress);
        Assert.Equal((false, before.Handle), (before.Closed.IsCompleted, after.Handle));
        Assert.Equal((247, 0), (await after.ExchangeMtuAsync(), controller.BuffersInUse));
    });

    [Fact]
    public void A_mute_controller_answers_nothing_loses_its_links_and_goes_on_when_it_is_not_mute_any_more() => Bench.Run(async bench =>
    {
        var (controller, host, _) = await bench.PlugInAsync();
        var connection = await host.ConnectAsync(bench.Devices[0].BootloaderAddress);
        controller.Mute();
        var asked = host.CommandAsync(HciOpCode.ReadAddress);
        await bench.Wait(3_900);
        Assert.Equal((false, true), (asked.IsCompleted, bench.Devices[0].Counters.Connects == 1));
        await bench.Wait(600);
        var (_, other, _) = await bench.PlugInAsync();
        await other.ConnectAsync(bench.Devices[0].BootloaderAddress); // the device is free
        Assert.Equal((false, false), (asked.IsCompleted, connection.Closed.IsCompleted));
        controller.Unmute();
        Assert.Equal(7, (await asked).Length);
        Assert.Equal(HciStatus.SupervisionTimeout, await connection.Closed);
    });
}
