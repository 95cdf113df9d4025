using System.IO.Hashing;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Requests;

namespace Dfu.Adapters.Simulated.Tests;

/// <summary>What one generation of bootloaders does and another does not.</summary>
public sealed class ProfileTests
{
    public static TheoryData<BootloaderProfile> All => [.. BootloaderProfile.All];

    [Theory]
    [MemberData(nameof(All))]
    public void Every_profile_takes_an_image_and_activates_it(BootloaderProfile profile) => TestHost.Run(
        async host =>
        {
            await host.ConnectAsync();
            await host.InitAsync();
            await host.Wait(300);
            await host.SelectAsync(ObjectType.Data);
            await host.ObjectsAsync(0, host.Image.Firmware.Length);
            await host.WaitFor(() => host.Device.InApplication);
            Assert.Equal(host.Image.Firmware, host.Device.ActivatedImage!.Value.ToArray());
            Assert.Equal(2u, host.Device.FlashSettings.ApplicationVersion);
        },
        TestHost.Options(profile));

    [Theory]
    [InlineData("sdk12", 256, 23)]
    [InlineData("sdk13", 256, 23)]
    [InlineData("sdk14", 256, 23)]
    [InlineData("sdk15.0", 256, 247)]
    [InlineData("sdk15.3", 512, 247)]
    [InlineData("sdk17", 512, 247)]
    public void Sizes_tell_the_generation(string name, int initMax, int mtu)
    {
        Assert.True(BootloaderProfile.TryParse(name, out var profile));
        TestHost.Run(
            async host =>
            {
                await host.ConnectAsync();
                Assert.Equal(mtu, host.Link.Mtu);
                Assert.Equal("600601" + Convert.ToHexStringLower(BitConverter.GetBytes(initMax)), (await host.SelectAsync(ObjectType.Command))[..14]);
                Assert.Equal("600104", await host.CreateAsync(ObjectType.Command, initMax + 1));
            },
            TestHost.Options(profile));
    }

    [Theory]
    [InlineData("sdk12", "600903", "600607")]
    [InlineData("sdk14", "600903", "600607")]
    [InlineData("sdk15.0", "6009012a", "600605")]
    [InlineData("sdk15.3", "600902", "600605")]
    [InlineData("sdk17", "600902", "600605")]
    public void Unknown_operations_and_types_are_answered_by_generation(string name, string ping, string select)
    {
        Assert.True(BootloaderProfile.TryParse(name, out var profile));
        TestHost.Run(
            async host =>
            {
                await host.ConnectAsync();
                Assert.Equal(ping, await host.AskAsync(OpCode.Ping, 0x2a));
                Assert.Equal(select, await host.AskAsync(OpCode.Select, 3));
            },
            TestHost.Options(profile));
    }

    [Theory]
    [InlineData("sdk12", 6144, 4096)]
    [InlineData("sdk13", 6144, 4096)]
    [InlineData("sdk14", 6144, 4096)]
    [InlineData("sdk15.0", 6144, 0)]
    [InlineData("sdk15.3", 6144, 0)]
    [InlineData("sdk17", 0, 0)]
    [InlineData("sdk17 saving", 4096, 4096)]
    public void After_a_drop_and_after_a_power_cycle_in_an_object_the_device_holds(string name, int afterDrop, int afterPower)
    {
        var profile = BootloaderProfile.All.Single(candidate => candidate.ToString() == name);
        TestHost.Run(
            async host =>
            {
                await host.ConnectAsync();
                await host.InitAsync();
                await host.SelectAsync(ObjectType.Data);
                await host.ObjectsAsync(0, 4096);
                await host.CreateAsync(ObjectType.Data, 4096);
                await host.Wait(300);
                await host.SendAsync(host.Image.Firmware.AsMemory(4096, 2048));
                await host.Wait(300);
                host.Device.CutLink();
                await host.Link.Closed;
                await host.ConnectAsync();
                Assert.Equal(host.Image.Init.Length, (await host.HeldAsync(ObjectType.Command)).Offset);
                Assert.Equal((afterDrop, Crc32.HashToUInt32(host.Image.Firmware.AsSpan(0, afterDrop))), await host.HeldAsync(ObjectType.Data));
                host.Device.PowerCycle();
                await host.ConnectAsync();
                Assert.Equal(host.Image.Init.Length, (await host.HeldAsync(ObjectType.Command)).Offset);
                Assert.Equal((afterPower, Crc32.HashToUInt32(host.Image.Firmware.AsSpan(0, afterPower))), await host.HeldAsync(ObjectType.Data));
            },
            TestHost.Options(profile));
    }

    [Theory]
    [InlineData("sdk15.3")]
    [InlineData("sdk17")]
    public void A_forced_save_survives_drop_and_power_cycle(string name)
    {
        Assert.True(BootloaderProfile.TryParse(name, out var profile));
        TestHost.Run(
            async host =>
            {
                await host.ConnectAsync();
                await host.InitAsync();
                await host.SelectAsync(ObjectType.Data);
                await host.ObjectsAsync(0, 4096);
                await host.SelectAsync(ObjectType.Command);
                Assert.Equal("600401", await host.ExecuteAsync());
                await host.SelectAsync(ObjectType.Data);
                Assert.Equal("600401", await host.ExecuteAsync());
                host.Device.PowerCycle();
                await host.ConnectAsync();
                Assert.Equal(4096, (await host.HeldAsync(ObjectType.Data)).Offset);
            },
            TestHost.Options(profile));
    }

    [Fact]
    public void An_inactive_bootloader_of_sdk_17_resets_after_two_minutes_and_one_of_sdk_12_never()
    {
        TestHost.Run(async host =>
        {
            await host.ConnectAsync();
            await host.Wait(119_000);
            Assert.Equal(1, host.Device.Boots);
            await host.Wait(2_000);
            Assert.Equal(2, host.Device.Boots);
        });
        TestHost.Run(
            async host =>
            {
                await host.ConnectAsync();
                await host.Wait(3_600_000);
                Assert.Equal(1, host.Device.Boots);
            },
            TestHost.Options(BootloaderProfile.Sdk12));
    }

    [Theory]
    [InlineData("sdk14", true)]
    [InlineData("sdk17", false)]
    public void Create_data_restarts_the_inactivity_timer_of_sdk_14_only(string name, bool restarts)
    {
        Assert.True(BootloaderProfile.TryParse(name, out var profile));
        TestHost.Run(
            async host =>
            {
                await host.ConnectAsync();
                await host.InitAsync();
                await host.Wait(80_000);
                await host.CreateAsync(ObjectType.Data, 4096);
                await host.Wait(80_000);
                Assert.Equal(restarts ? 1 : 2, host.Device.Boots);
            },
            TestHost.Options(profile));
    }

    [Fact]
    public void Sdk_14_and_older_throw_the_object_away_when_a_write_finds_no_room() => TestHost.Run(
        async host =>
        {
            await host.ConnectAsync();
            await host.InitAsync();
            await host.Wait(300);
            await host.CreateAsync(ObjectType.Data, 4096);
            host.Device.StallFlash(true);
            await host.SendAsync(host.Image.Firmware.AsMemory(0, 1024));
            var (offset, _) = await host.CrcAsync();
            Assert.InRange(offset, 0, 4 * 128 - 1);
            Assert.True(host.Device.Counters.PacketsRefused > 0);
        },
        TestHost.Options(BootloaderProfile.Sdk14 with { FlashQueue = 4 }));

    [Fact]
    public void Sdk_12_has_no_extended_errors() => TestHost.Run(
        async host =>
        {
            host.Image = TestData.Image("app_hw51");
            await host.ConnectAsync();
            await host.CreateAsync(ObjectType.Command, host.Image.Init.Length);
            await host.SendAsync(host.Image.Init);
            await host.CrcAsync();
            Assert.Equal("600405", await host.ExecuteAsync());
        },
        TestHost.Options(BootloaderProfile.Sdk12) with { HwVersion = 52 });

    [Theory]
    [InlineData("sdk12", LinkClosure.SupervisionTimeout)]
    [InlineData("sdk13", LinkClosure.SupervisionTimeout)]
    [InlineData("sdk14", LinkClosure.RemoteUser)]
    [InlineData("sdk17", LinkClosure.RemoteUser)]
    public void After_the_last_execute_the_link_ends(string name, byte reason)
    {
        Assert.True(BootloaderProfile.TryParse(name, out var profile));
        TestHost.Run(
            async host =>
            {
                await host.ConnectAsync();
                await host.InitAsync();
                await host.SelectAsync(ObjectType.Data);
                await host.ObjectsAsync(0, host.Image.Firmware.Length);
                Assert.Equal(reason, (await host.Link.Closed).Reason);
            },
            TestHost.Options(profile));
    }

    [Theory]
    [InlineData("sdk12", DfuCharacteristic.ButtonlessSdk12, "200202")]
    [InlineData("sdk13", DfuCharacteristic.Buttonless, "200202")]
    [InlineData("sdk17", DfuCharacteristic.Buttonless, "200201")]
    public void An_application_enters_its_bootloader(string name, DfuCharacteristic characteristic, string naming)
    {
        Assert.True(BootloaderProfile.TryParse(name, out var profile));
        TestHost.Run(
            async host =>
            {
                await host.ConnectAsync();
                Assert.Contains(characteristic, host.Link.Characteristics);
                Assert.Equal(naming, await host.AskAsync(2, 3, (byte)'A', (byte)'b', (byte)'c'));
                Assert.Equal("200101", await host.AskAsync(1));
                Assert.Equal(LinkClosure.RemoteUser, (await host.Link.Closed).Reason);
                await host.WaitFor(() => host.Device.Advertises is not null);
                Assert.Equal((host.Device.ApplicationAddress.Bootloader, naming == "200201" ? "Abc" : "DfuTarg"), host.Device.Advertises);
                host.Device.FireInactivity();
                await host.WaitFor(() => host.Device.InApplication);
            },
            TestHost.Options(profile) with { StartsInApplication = true, ApplicationVersion = 3 });
    }

    [Fact]
    public void A_bonded_application_keeps_its_address_and_wants_the_bond()
    {
        var options = TestHost.Options() with { StartsInApplication = true, Bonded = true };
        TestHost.Run(
            async host =>
            {
                await host.ConnectAsync(subscribe: false);
                var error = await Assert.ThrowsAsync<DfuException>(() => host.AskAsync(1));
                Assert.Equal(0x05, error.AttStatus);
                await host.Link.SecureAsync(default);
                await host.Link.SubscribeAsync(host.Control, default);
                Assert.Equal("200101", await host.AskAsync(1));
                await host.WaitFor(() => host.Device.Mode == DeviceMode.Bootloader);
                Assert.Equal(host.Device.ApplicationAddress, host.Device.BootloaderAddress);
            },
            options);
    }

    [Fact]
    public void After_a_softdevice_the_bootloader_waits_ten_seconds_for_more() => TestHost.Run(
        async host =>
        {
            host.Image = TestData.Image("sdblapp");
            Assert.True(host.Image.Firmware.Length > 100_000);
            await host.ConnectAsync();
            await host.InitAsync();
            await host.SelectAsync(ObjectType.Data);
            await host.ObjectsAsync(0, host.Image.Firmware.Length);
            await host.WaitFor(() => host.Device.Mode == DeviceMode.Bootloader && host.Device.Boots > 1);
            Assert.Equal(0x101u, host.Device.Memory.SoftDevice?.Id);
            await host.Wait(9_000);
            Assert.False(host.Device.InApplication);
            await host.Wait(2_000);
            Assert.True(host.Device.InApplication);
        },
        TestHost.Options() with { SoftDeviceId = 0x100, ApplicationSize = 20_000 });
}
