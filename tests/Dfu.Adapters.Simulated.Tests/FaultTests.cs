using System.IO.Hashing;
using Dfu.Protocol.Links;
using Dfu.Protocol.Requests;

namespace Dfu.Adapters.Simulated.Tests;

/// <summary>The traps of Nordic's code (docs/bootloader.md has their numbers) and of the air, each in the situation that springs it.</summary>
public sealed class FaultTests
{
    [Fact]
    public void T1_packets_sent_out_of_turn_use_up_the_buffers_until_a_reset() => TestHost.Run(async host =>
    {
        await host.ConnectAsync();
        await host.SelectAsync(ObjectType.Data);
        for (var i = 0; i < 17; i++) await host.SendAsync(new byte[20]);
        await host.InitWithoutPacketsAsync();
        Assert.Equal(0, (await host.CrcAsync()).Offset);
        Assert.True(host.Device.Counters.PacketsWithoutBuffer > 0);
        host.Device.PowerCycle();
        await host.ConnectAsync();
        await host.InitAsync();
    });

    [Fact]
    public void T2_a_failed_flash_operation_makes_sdk_12_refuse_every_object_until_a_reset() => TestHost.Run(
        async host =>
        {
            await host.ConnectAsync();
            await host.InitAsync();
            await host.Wait(300);
            host.Device.FailFlash(1);
            Assert.Equal("600101", await host.CreateAsync(ObjectType.Data, 4096));
            await host.Wait(300);
            Assert.Equal("600105", await host.CreateAsync(ObjectType.Data, 4096));
            host.Device.PowerCycle();
            await host.ConnectAsync();
            Assert.Equal("600101", await host.CreateAsync(ObjectType.Data, 4096));
        },
        TestHost.Options(BootloaderProfile.Sdk12));

    [Fact]
    public void T3_execute_of_sdk_14_fails_when_the_settings_find_no_room_although_it_counted() => TestHost.Run(
        async host =>
        {
            await host.ConnectAsync();
            await host.InitAsync();
            await host.SelectAsync(ObjectType.Data);
            await host.Wait(300);
            await host.CreateAsync(ObjectType.Data, 4096);
            await host.Wait(300);
            await host.SendAsync(host.Image.Firmware.AsMemory(0, 3200));
            await host.Wait(100);
            host.Device.StallFlash(true);
            await host.SendAsync(host.Image.Firmware.AsMemory(3200, 896));
            Assert.Equal(4096, (await host.CrcAsync()).Offset);
            Assert.Equal("60040a", await host.ExecuteAsync());
            host.Device.StallFlash(false);
            await host.Wait(300);
            Assert.Equal("600401", await host.ExecuteAsync());
            Assert.Equal(4096, (await host.HeldAsync(ObjectType.Data)).Offset);
        },
        TestHost.Options(BootloaderProfile.Sdk14));

    [Fact]
    public void T4_and_F15b_a_command_object_that_was_not_executed_blocks_data_after_a_reconnect() => TestHost.Run(
        async host =>
        {
            await host.ConnectAsync();
            await host.InitAsync();
            await host.SelectAsync(ObjectType.Data);
            await host.ObjectsAsync(0, 4096);
            await host.Wait(300);
            await host.CreateAsync(ObjectType.Command, 140);
            await host.Link.DisposeAsync();
            await host.ConnectAsync();
            Assert.Equal((host.Image.Init.Length, Crc32.HashToUInt32(host.Image.Init)), await host.HeldAsync(ObjectType.Command));
            Assert.Equal(4096, (await host.HeldAsync(ObjectType.Data)).Offset);
            Assert.Equal("600108", await host.CreateAsync(ObjectType.Data, 4096));
            await host.SelectAsync(ObjectType.Command);
            Assert.Equal("600401", await host.ExecuteAsync());
            Assert.Equal(4096, (await host.HeldAsync(ObjectType.Data)).Offset);
            Assert.Equal("600101", await host.CreateAsync(ObjectType.Data, 4096));
        },
        TestHost.Options(BootloaderProfile.Sdk17Saving));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void T6_without_a_backup_page_a_power_cut_in_a_save_loses_all_settings(bool backup) => TestHost.Run(
        async host =>
        {
            await host.ConnectAsync();
            await host.InitAsync();
            await host.Wait(50);
            host.Device.PowerCycle();
            await host.WaitFor(() => host.Device.Advertises is not null);
            Assert.Equal(backup, host.Device.InApplication);
        },
        TestHost.Options(backup ? BootloaderProfile.Sdk17 : BootloaderProfile.Sdk150) with { ApplicationSize = 20_000, PowerCutDamagesSettings = true });

    [Theory]
    [InlineData("sdk13")]
    [InlineData("sdk14")]
    public void T7_a_link_lost_before_the_last_answer_leaves_the_device_waiting_for_a_notification(string name)
    {
        Assert.True(BootloaderProfile.TryParse(name, out var profile));
        TestHost.Run(
            async host =>
            {
                await host.ConnectAsync();
                await host.InitAsync();
                await host.SelectAsync(ObjectType.Data);
                await host.ObjectsAsync(0, 8192);
                await host.ObjectAsync(8192, 300);
                await host.Wait(400);
                host.Device.CutAfter(1);
                await Assert.ThrowsAnyAsync<Exception>(() => host.ExecuteAsync());
                await host.Link.Closed;
                await host.ConnectAsync();
                Assert.Equal(DeviceMode.Bootloader, host.Device.Mode);
                Assert.Equal("600201", await host.AskAsync(OpCode.SetPrn, 0, 0));
                await host.WaitFor(() => host.Device.InApplication);
                Assert.Equal(host.Image.Firmware, host.Device.ActivatedImage!.Value.ToArray());
            },
            TestHost.Options(profile));
    }

    [Fact]
    public void From_sdk_15_on_the_device_activates_though_the_last_answer_was_lost() => TestHost.Run(async host =>
    {
        await host.ConnectAsync();
        await host.InitAsync();
        await host.SelectAsync(ObjectType.Data);
        await host.ObjectsAsync(0, 8192);
        await host.ObjectAsync(8192, 300);
        host.Device.CutAfter(1);
        await Assert.ThrowsAnyAsync<Exception>(() => host.ExecuteAsync());
        await host.WaitFor(() => host.Device.InApplication);
    });

    [Fact]
    public void T8_packets_that_are_no_multiple_of_four_give_right_crcs_and_a_wrong_image() => TestHost.Run(async host =>
    {
        await host.ConnectAsync();
        await host.InitAsync();
        await host.SelectAsync(ObjectType.Data);
        for (var offset = 0; offset < host.Image.Firmware.Length; offset += 4096)
        {
            await host.CreateAsync(ObjectType.Data, host.ObjectSize(offset));
            await host.Wait(300);
            await host.SendAsync(host.Image.Firmware.AsMemory(offset, host.ObjectSize(offset)), packet: 242);
            var end = offset + host.ObjectSize(offset);
            Assert.Equal((end, Crc32.HashToUInt32(host.Image.Firmware.AsSpan(0, end))), await host.CrcAsync());
            Assert.Equal(end == host.Image.Firmware.Length ? "60040b0c" : "600401", await host.ExecuteAsync());
        }

        Assert.True(host.Device.Counters.UnalignedWrites > 0);
    });

    [Fact]
    public void T10_sdk_14_hashes_while_writes_are_still_queued() => TestHost.Run(
        async host =>
        {
            await host.ConnectAsync();
            await host.InitAsync();
            await host.SelectAsync(ObjectType.Data);
            await host.ObjectsAsync(0, 8192);
            await host.CreateAsync(ObjectType.Data, 2048);
            await host.Wait(300);
            await host.SendAsync(host.Image.Firmware.AsMemory(8192, 1600));
            await host.Wait(100);
            host.Device.StallFlash(true);
            await host.SendAsync(host.Image.Firmware.AsMemory(9792, 448));
            Assert.Equal(host.Image.Firmware.Length, (await host.CrcAsync()).Offset);
            Assert.Equal("60040b0c", await host.ExecuteAsync());
        },
        TestHost.Options(BootloaderProfile.Sdk14));

    [Fact]
    public void T11_sdk_15_0_takes_data_after_it_refused_the_size() => TestHost.Run(
        async host =>
        {
            host.Image = TestData.Image("appbig");
            await host.ConnectAsync();
            await host.CreateAsync(ObjectType.Command, host.Image.Init.Length);
            await host.SendAsync(host.Image.Init);
            await host.CrcAsync();
            Assert.Equal("600404", await host.ExecuteAsync());
            Assert.Equal("600101", await host.CreateAsync(ObjectType.Data, 4096));
        },
        TestHost.Options(BootloaderProfile.Sdk150));

    [Fact]
    public void F14_execute_of_data_without_any_init_packet_resets_the_device() => TestHost.Run(async host =>
    {
        await host.ConnectAsync();
        await host.SelectAsync(ObjectType.Data);
        Assert.Equal("60040b0c", await host.ExecuteAsync());
        Assert.Equal(LinkClosure.RemoteUser, (await host.Link.Closed).Reason);
        await host.WaitFor(() => host.Device.Boots == 2 && host.Device.Advertises is not null);
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void F12_a_drop_right_after_execute_can_leave_a_hole_and_F34_closes_it(bool cured) => TestHost.Run(
        async host =>
        {
            await host.ConnectAsync();
            await host.InitAsync();
            await host.SelectAsync(ObjectType.Data);
            await host.ObjectsAsync(0, 8192);
            // The save of 8192 is still queued: RAM goes back to 4096, the flash goes on to 8192.
            await host.Link.DisposeAsync();
            await host.ConnectAsync();
            Assert.Equal(4096, (await host.HeldAsync(ObjectType.Data)).Offset);
            if (cured)
            {
                await host.SelectAsync(ObjectType.Command);
                Assert.Equal("600401", await host.ExecuteAsync());
                await host.SelectAsync(ObjectType.Data);
                Assert.Equal("600401", await host.ExecuteAsync());
            }

            await host.CreateAsync(ObjectType.Data, 4096);
            await host.Wait(400);
            await host.SendAsync(host.Image.Firmware.AsMemory(4096, 1952));
            await host.Wait(100);
            host.Device.PowerCycle(holdsBootloader: true);
            await host.ConnectAsync();
            var held = await host.HeldAsync(ObjectType.Data);
            Assert.Equal(cured ? 4096 : 8192, held.Offset);
            Assert.Equal(Crc32.HashToUInt32(host.Image.Firmware.AsSpan(0, held.Offset)), held.Crc);
            await host.ObjectsAsync(held.Offset, 8192);
            Assert.Equal(host.Image.Firmware.Length, await host.ObjectAsync(8192, 400));
            Assert.Equal(cured ? "600401" : "60040b0c", await host.ExecuteAsync());
        },
        TestHost.Options(BootloaderProfile.Sdk17Saving));

    [Fact]
    public void F16_with_lazy_system_attributes_a_write_succeeds_and_no_answer_comes() => TestHost.Run(
        async host =>
        {
            await host.ConnectAsync(subscribe: false);
            Assert.Equal("", await host.CreateAsync(ObjectType.Command, 140));
            Assert.Equal(1, host.Device.Counters.CreateCommands);
            await host.Link.SubscribeAsync(host.Control, default);
            Assert.Equal("600101", await host.CreateAsync(ObjectType.Command, 140));
        },
        TestHost.Options() with { LazySystemAttributes = true });

    [Fact]
    public void F25_select_decides_where_packets_go() => TestHost.Run(async host =>
    {
        await host.ConnectAsync();
        await host.InitAsync();
        await host.SelectAsync(ObjectType.Data);
        await host.Wait(300);
        await host.CreateAsync(ObjectType.Data, 4096);
        await host.Wait(300);
        await host.SendAsync(host.Image.Firmware.AsMemory(0, 488));
        await host.SelectAsync(ObjectType.Command);
        await host.SendAsync(host.Image.Firmware.AsMemory(488, 244));
        Assert.Equal(488, (await host.HeldAsync(ObjectType.Data)).Offset);
    });

    [Fact]
    public void A_lost_notification_and_a_lost_request_leave_the_other_half_done() => TestHost.Run(async host =>
    {
        await host.ConnectAsync();
        host.Device.LoseNotification();
        Assert.Equal("", await host.CreateAsync(ObjectType.Command, 140));
        Assert.Equal(1, host.Device.Counters.CreateCommands);
        host.Device.LoseRequest(1);
        Assert.Equal("600101", await host.CreateAsync(ObjectType.Command, 140));
        Assert.Equal("", await host.CreateAsync(ObjectType.Command, 140));
        Assert.Equal(2, host.Device.Counters.CreateCommands);
    });

    [Fact]
    public void While_the_signature_is_checked_nothing_else_is_handled() => TestHost.Run(
        async host =>
        {
            await host.ConnectAsync();
            await host.CreateAsync(ObjectType.Command, host.Image.Init.Length);
            await host.SendAsync(host.Image.Init);
            await host.CrcAsync();
            var start = host.Milliseconds;
            Assert.Equal("600401", await host.ExecuteAsync());
            Assert.InRange(host.Milliseconds - start, 250, 285);
        },
        TestHost.Options() with { SignatureCheckTime = TimeSpan.FromMilliseconds(250) });
}
