using Dfu.BlueZ.Rig.VirtualControllers;

namespace Dfu.Adapters.BlueZ.Tests.VirtualControllers;

public sealed class InitTests
{
    [Fact]
    public void What_a_kernel_asks_at_the_start_is_answered_as_a_controller_for_low_energy_alone_does() => Bench.Run(async bench =>
    {
        var (controller, host, _) = await bench.PlugInAsync();
        Assert.Equal("000800000859000000", Hex(await host.CommandAsync(HciOpCode.ReadLocalVersion)));
        Assert.Equal("000000000060000000", Hex(await host.CommandAsync(HciOpCode.ReadLocalFeatures)));
        Assert.Equal("00341200000002", Hex(await host.CommandAsync(HciOpCode.ReadAddress)));
        Assert.Equal("00fb0008", Hex(await host.CommandAsync(HciOpCode.LeReadBufferSize)));
        Assert.Equal("00fb000008000000", Hex(await host.CommandAsync(HciOpCode.ReadBufferSize)));
        Assert.Equal(249, (await host.CommandAsync(HciOpCode.ReadLocalName)).Length);
        Assert.Equal(65, (await host.CommandAsync(HciOpCode.ReadLocalCommands)).Length);
        Assert.Equal("004000", Hex(await host.CommandAsync(HciOpCode.LeSetDataLength, 0x40, 0, 0xfb, 0, 0x48, 0x08)));
        ushort[] all =
            [HciOpCode.SetEventMask, HciOpCode.LeSetEventMask, HciOpCode.LeSetRandomAddress, HciOpCode.LeWriteDefaultDataLength, HciOpCode.LeClearAcceptList];
        foreach (var opCode in all)
        {
            Assert.Equal([0], await host.CommandAsync(opCode, new byte[8]));
        }

        Assert.Empty(controller.UnknownCommands);
    });

    [Fact]
    public void Extended_advertising_and_physical_layers_are_not_announced_and_asking_for_them_is_refused() => Bench.Run(async bench =>
    {
        var (controller, host, _) = await bench.PlugInAsync();
        Assert.Equal("002000000000000000", Hex(await host.CommandAsync(HciOpCode.LeReadFeatures)));
        var commands = (await host.CommandAsync(HciOpCode.ReadLocalCommands))[1..];
        Assert.All(commands[36..], octet => Assert.Equal(0, octet)); // everything of Bluetooth 5 is there
        Assert.Equal((byte[])[HciStatus.UnknownCommand], await host.CommandAsync(0x2041, new byte[8]));
        Assert.Equal((byte[])[HciStatus.UnknownCommand], await host.CommandAsync(0x2041, new byte[8]));
        Assert.Equal([(ushort)0x2041], controller.UnknownCommands);
        Assert.Single(bench.Log, line => line.Contains("0x2041", StringComparison.Ordinal));
    });

    [Fact]
    public void A_command_cut_short_is_refused_and_a_packet_of_no_kind_passed_over() => Bench.Run(async bench =>
    {
        var (_, host, _) = await bench.PlugInAsync();
        Assert.Equal((byte[])[HciStatus.InvalidParameters], await host.CommandAsync(HciOpCode.LeCreateConnection, 1, 2, 3));
        Assert.Equal((byte[])[HciStatus.UnknownCommand], await host.CommandAsync(HciOpCode.LeSetScan, 1));
        Assert.Equal((byte[])[HciStatus.UnknownConnection], await host.CommandAsync(HciOpCode.Disconnect, 0x40, 0, 0x13));
    });

    [Fact]
    public void A_host_that_goes_ends_the_controller_and_an_adapter_that_is_lost_unplugs_it() => Bench.Run(async bench =>
    {
        var (first, host, _) = await bench.PlugInAsync();
        host.Unplug();
        await first.Ended;
        await host.Ended;
        var (second, other, source) = await bench.PlugInAsync();
        source.Kill();
        await second.Ended;
        await other.Ended;
        await second.DisposeAsync();
    });

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}
