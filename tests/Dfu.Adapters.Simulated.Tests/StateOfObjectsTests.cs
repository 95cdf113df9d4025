using Dfu.Protocol.Requests;

namespace Dfu.Adapters.Simulated.Tests;

/// <summary>Requests out of any host's order, byte for byte as Nordic's code answers them.</summary>
public sealed class StateOfObjectsTests
{
    public static TheoryData<BootloaderProfile> All => [.. BootloaderProfile.All];

    [Theory]
    [MemberData(nameof(All))]
    public void After_a_boot_requests_are_about_the_command_object(BootloaderProfile profile) => TestHost.Run(
        async host =>
        {
            await host.ConnectAsync();
            Assert.Equal("6003010000000000000000", await host.AskAsync(OpCode.GetCrc));
            Assert.Equal("600405", await host.ExecuteAsync());
            Assert.Equal("6003010000000000000000", await host.AskAsync(OpCode.GetCrc));
        },
        TestHost.Options(profile));

    [Fact]
    public void What_was_asked_about_last_outlives_a_disconnect_and_not_a_reset() => TestHost.Run(
        async host =>
        {
            await host.ConnectAsync();
            await host.InitAsync();
            await host.SelectAsync(ObjectType.Data);
            await host.ObjectsAsync(0, 4096);
            await host.Wait(300);
            await host.Link.DisposeAsync();
            await host.ConnectAsync();
            Assert.Equal(4096, (await host.CrcAsync()).Offset);
            host.Device.PowerCycle();
            await host.ConnectAsync();
            Assert.Equal(host.Image.Init.Length, (await host.CrcAsync()).Offset);
        },
        TestHost.Options(BootloaderProfile.Sdk17Saving));

    [Fact]
    public void Packets_right_after_a_boot_go_to_a_command_object_that_takes_none() => TestHost.Run(async host =>
    {
        await host.ConnectAsync();
        await host.AskAsync(OpCode.SetPrn, 1, 0);
        await host.SendAsync(new byte[20]);
        Assert.Equal("600303", await host.AnswerAsync());
        Assert.Equal((20L, 0L), (host.Device.Counters.InitBytes, host.Device.Counters.FirmwareBytes));
    });

    [Theory]
    [InlineData("sdk15.0")]
    [InlineData("sdk17")]
    public void Execute_of_data_without_any_init_packet_leaves_no_address_in_the_crc(string name)
    {
        Assert.True(BootloaderProfile.TryParse(name, out var profile));
        TestHost.Run(
            async host =>
            {
                await host.ConnectAsync();
                Assert.Equal("60060100100000" + "0000000000000000", await host.SelectAsync(ObjectType.Data));
                Assert.Equal("60040b0c", await host.ExecuteAsync());
                await host.WaitFor(() => host.Device.Boots == 2 && host.Device.Advertises is not null);
                await host.ConnectAsync();
                Assert.Equal("60060100100000" + "0000000000000000", await host.SelectAsync(ObjectType.Data));
            },
            TestHost.Options(profile));
    }

    [Fact]
    public void Nor_does_it_after_an_init_packet_that_was_refused() => TestHost.Run(
        async host =>
        {
            await host.ConnectAsync();
            await host.InitAsync();
            host.Image = InitPackets.Application(5000, 0xcb);
            await host.InitWithoutPacketsAsync();
            await host.CrcAsync();
            Assert.Equal("60040b07", await host.ExecuteAsync());
            await host.SelectAsync(ObjectType.Data);
            Assert.Equal("60040b0c", await host.ExecuteAsync());
            Assert.Equal("60060100100000" + "0000000000000000", await host.SelectAsync(ObjectType.Data));
        },
        TestHost.Options() with { SoftDeviceId = 0x100 });

    [Fact]
    public void After_an_activation_the_crc_at_offset_0_is_the_address_of_the_update() => TestHost.Run(async host =>
    {
        await host.ConnectAsync();
        await host.InitAsync();
        await host.SelectAsync(ObjectType.Data);
        await host.ObjectsAsync(0, host.Image.Firmware.Length);
        await host.WaitFor(() => host.Device.InApplication);
        host.Device.EnterBootloader();
        await host.ConnectAsync();
        Assert.Equal((0, 0x27000u), await host.HeldAsync(ObjectType.Data));
    });

    [Fact]
    public void An_init_packet_that_cannot_be_read_stays_and_one_that_is_refused_does_not() => TestHost.Run(
        async host =>
        {
            await host.ConnectAsync();
            host.Image = host.Image with { Init = [.. Enumerable.Repeat((byte)0xff, 40)] };
            await host.InitWithoutPacketsAsync();
            Assert.Equal(40, (await host.CrcAsync()).Offset);
            Assert.Equal("600405", await host.ExecuteAsync());
            Assert.Equal(40, (await host.HeldAsync(ObjectType.Command)).Offset);
            host.Image = InitPackets.Application(5000, 0xcb);
            await host.InitWithoutPacketsAsync();
            await host.CrcAsync();
            Assert.Equal("60040b07", await host.ExecuteAsync());
            Assert.Equal(0, (await host.HeldAsync(ObjectType.Command)).Offset);
        },
        TestHost.Options() with { SoftDeviceId = 0x100 });

    [Theory]
    [InlineData("sdk12", "600607", "600301")]
    [InlineData("sdk14", "600607", "600301")]
    [InlineData("sdk15.0", "600605", "600305")]
    [InlineData("sdk17", "600605", "600305")]
    public void An_unknown_type_leaves_the_object_asked_about_before_sdk_15_only(string name, string select, string checksum)
    {
        Assert.True(BootloaderProfile.TryParse(name, out var profile));
        TestHost.Run(
            async host =>
            {
                await host.ConnectAsync();
                await host.SelectAsync(ObjectType.Data);
                Assert.Equal(select, await host.AskAsync(OpCode.Select, 3));
                Assert.Equal(checksum, (await host.AskAsync(OpCode.GetCrc))[..6]);
            },
            TestHost.Options(profile));
    }
}
