using Dfu.Protocol.Requests;

namespace Dfu.Adapters.Simulated.Tests;

/// <summary>What bootloaders of each generation say to init packets and SoftDevices, as their sources do.</summary>
public sealed class JudgementTests
{
    private const int SoftDeviceBytes = 3 * 4096;

    public static TheoryData<string, string, string> SoftDeviceRequirements => new()
    {
        // An application by the ids its init packet names, on a device with SoftDevice 0x100: answers of sdk12 and 14, of sdk15.0, of sdk15.3 and 17.
        { "256", "01 01", "01 01 01" },
        { "1,256", "01 01", "01 01 01" },
        { "203", "05 0b07", "0b07 0b07 0b07" },
        { "65534", "05 0b07", "0b07 0b07 0b07" },
        { "65534,256", "01 01", "01 01 01" },
        { "0", "05 0b07", "01 01 01" },
        { "0,256", "01 01", "01 0b07 0b07" },
        { "0,203", "05 0b07", "0b07 0b07 0b07" },
        { "256,0", "01 01", "01 01 01" },
        { "203,0", "05 0b07", "0b07 0b07 0b07" },
        { "", "05 0b07", "01 0b07 0b07" },
    };

    [Theory]
    [MemberData(nameof(SoftDeviceRequirements))]
    public void A_required_SoftDevice_is_judged_by_generation(string ids, string before15, string since15)
    {
        string[] profiles = ["sdk12", "sdk14", "sdk15.0", "sdk15.3", "sdk17"];
        uint[] sdReq = [.. ids.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(uint.Parse)];
        var answers = profiles.Select(profile => Judge(profile, InitPackets.Application(5000, sdReq)));
        Assert.Equal($"{before15} {since15}", string.Join(' ', answers));
    }

    [Theory]
    [InlineData(1, "0b07")] // a SoftDevice that assumes none is there
    [InlineData(2, "01")]
    [InlineData(3, "01")]
    public void Only_a_SoftDevice_by_itself_may_not_assume_that_none_is_there(int type, string answer)
    {
        var image = new InitPackets { Type = type, SdReq = [0], SoftDeviceSize = SoftDeviceBytes, BootloaderSize = 4096 };
        Assert.Equal(answer, Judge("sdk17", image.Around(InitPackets.Random(4096))));
    }

    [Fact]
    public void Without_downgrade_prevention_an_application_may_name_none_beside_another() => Assert.Equal(
        "01",
        Judge("sdk17", InitPackets.Application(5000, 0, 203), options => options with { DowngradePrevention = false }));

    [Fact]
    public void An_application_for_no_SoftDevice_leaves_the_one_of_a_ble_bootloader_where_it_is() => TestHost.Run(
        async host =>
        {
            host.Image = InitPackets.Application(5000, 0);
            await SendAllAsync(host);
            await host.WaitFor(() => host.Device.InApplication);
            Assert.Equal(host.Image.Firmware, host.Device.ActivatedImage!.Value.ToArray());
            Assert.Equal(0x100u, host.Device.Memory.SoftDevice!.Id);
        },
        Options("sdk17"));

    public static TheoryData<string, string, string> Packets => new()
    {
        // A packet, and what sdk14 and sdk17 answer to it.
        { "external", "0b04", "0b04" },
        { "type 9", "0b04", "0b04" },
        { "no version", "0b04", "0b04" },
        { "no hardware", "0b04", "0b04" },
        { "other hardware", "0b06", "0b06" },
        { "debug", "0a", "01" },
        { "empty", "03", "0b04" },
        { "large bootloader", "04", "04" },
        { "softdevice older than the application", "01", "0b05" },
        { "softdevice without version", "01", "01" },
        { "other hardware and unsigned", "0b03", "0b08" },
    };

    [Theory]
    [MemberData(nameof(Packets))]
    public void An_odd_packet_is_judged_by_generation(string name, string before15, string since15)
    {
        var application = new InitPackets { ApplicationSize = 5000 };
        var packet = name switch
        {
            "external" => application with { Type = 4 },
            "type 9" => application with { Type = 9 },
            "no version" => application with { FwVersion = null },
            "no hardware" => application with { HwVersion = null },
            "other hardware" => application with { HwVersion = 51 },
            "debug" => application with { IsDebug = true },
            "empty" => application with { ApplicationSize = 0 },
            "large bootloader" => new InitPackets { Type = 2, BootloaderSize = 24_577 },
            "softdevice older than the application" => new InitPackets { Type = 1, SoftDeviceSize = SoftDeviceBytes, FwVersion = 0 },
            "softdevice without version" => new InitPackets { Type = 1, SoftDeviceSize = SoftDeviceBytes, FwVersion = null },
            _ => application with { HwVersion = 51, Signed = false },
        };
        var image = packet.Around(InitPackets.Random(5000));
        var answers = new[] { "sdk14", "sdk17" }.Select(profile => Judge(profile, image, options => options with { ApplicationVersion = 1 }));
        Assert.Equal([before15, since15], answers);
    }

    public static TheoryData<string, string> SoftDevices => new()
    {
        // A SoftDevice that was received whole, and what sdk12, sdk14, sdk15.0 and sdk17 answer to the last EXECUTE.
        { "good", "01 01 01 01" },
        { "no magic number", "01 01 05 05" },
        { "says it is smaller", "01 01 05 05" },
        { "says it is larger", "01 01 01 01" },
        { "other family", "01 01 01 05" },
        { "other major version", "01 05 05 05" },
    };

    [Theory]
    [MemberData(nameof(SoftDevices))]
    public void A_SoftDevice_is_looked_at_before_it_is_put_in_place(string name, string expected)
    {
        var firmware = name switch
        {
            "no magic number" => InitPackets.SoftDevice(SoftDeviceBytes, 0x101, magic: 0x51B1E5DA),
            "says it is smaller" => InitPackets.SoftDevice(SoftDeviceBytes, 0x101, says: SoftDeviceBytes),
            "says it is larger" => InitPackets.SoftDevice(SoftDeviceBytes, 0x101, says: 0x27000),
            "other family" => InitPackets.SoftDevice(SoftDeviceBytes, 0x101, family: 132),
            "other major version" => InitPackets.SoftDevice(SoftDeviceBytes, 0x101, version: 6_001_000),
            _ => InitPackets.SoftDevice(SoftDeviceBytes, 0x101),
        };
        var image = new InitPackets { Type = 1, SoftDeviceSize = SoftDeviceBytes }.Around(firmware);
        Assert.Equal(expected, string.Join(' ', new[] { "sdk12", "sdk14", "sdk15.0", "sdk17" }.Select(Received)));

        string Received(string profile)
        {
            var answer = "";
            TestHost.Run(
                async host =>
                {
                    host.Device.Memory.SoftDevice = new(0x100, 140, 7_002_000);
                    host.Image = image;
                    answer = await SendAllAsync(host);
                    await host.WaitFor(() => host.Device.Boots > 1 && host.Device.Advertises is not null);
                    Assert.Equal(answer == "01" ? 0x101u : 0x100u, host.Device.Memory.SoftDevice!.Id);
                    Assert.Equal(0, (await Again(host)).Offset);
                },
                Options(profile));
            return answer;
        }
    }

    [Theory]
    [InlineData("sdk12", 7_002_000u, true)]
    [InlineData("sdk14", 6_001_000u, false)]
    [InlineData("sdk17", 6_001_000u, false)]
    [InlineData("sdk17", 7_001_000u, true)]
    public void Another_major_version_with_its_bootloader_costs_the_application(string profile, uint present, bool stays) => TestHost.Run(
        async host =>
        {
            host.Device.Memory.SoftDevice = new(0x100, 140, present);
            byte[] both = [.. InitPackets.SoftDevice(SoftDeviceBytes, 0x101), .. InitPackets.Random(4096)];
            host.Image = new InitPackets { Type = 3, SoftDeviceSize = SoftDeviceBytes, BootloaderSize = 4096 }.Around(both);
            Assert.Equal("01", await SendAllAsync(host));
            await host.WaitFor(() => host.Device.Boots > 1 && host.Device.Advertises is not null);
            Assert.Equal((stays, 0x101u), (host.Device.FlashSettings.Bank0.Size == 20_000, host.Device.Memory.SoftDevice!.Id));
        },
        Options(profile) with { ApplicationSize = 20_000 });

    [Fact]
    public void The_SoftDevices_own_id_counts_and_not_what_a_package_says_of_it() => TestHost.Run(
        async host =>
        {
            byte[] both = [.. InitPackets.SoftDevice(SoftDeviceBytes, 0x123), .. InitPackets.Random(4096)];
            host.Image = new InitPackets { Type = 3, SoftDeviceSize = SoftDeviceBytes, BootloaderSize = 4096, SdReq = [0x100, 0xcb] }.Around(both);
            Assert.Equal("01", await SendAllAsync(host));
            await host.WaitFor(() => host.Device.Boots > 1 && host.Device.Advertises is not null);
            await host.ConnectAsync();
            host.Image = InitPackets.Application(5000, 0xcb);
            Assert.Equal("0b07", await InitAsync(host));
            host.Image = InitPackets.Application(5000, 0x123);
            Assert.Equal("01", await InitAsync(host));
        },
        Options("sdk17"));

    private static VirtualDeviceOptions Options(string profile)
    {
        Assert.True(BootloaderProfile.TryParse(profile, out var found));
        return TestHost.Options(found) with { SoftDeviceId = 0x100, HwVersion = 52, Chip = ChipModel.Instant };
    }

    private static string Judge(string profile, TestImage image, Func<VirtualDeviceOptions, VirtualDeviceOptions>? change = null)
    {
        var answer = "";
        TestHost.Run(
            async host =>
            {
                await host.ConnectAsync();
                host.Image = image;
                answer = await InitAsync(host);
            },
            change is null ? Options(profile) : change(Options(profile)));
        return answer;
    }

    /// <summary>The answer to EXECUTE of the init packet, without its first two bytes.</summary>
    private static async Task<string> InitAsync(TestHost host)
    {
        await host.InitWithoutPacketsAsync();
        Assert.Equal(host.Image.Init.Length, (await host.CrcAsync()).Offset);
        return (await host.ExecuteAsync())[4..];
    }

    /// <summary>The answer to the last EXECUTE, without its first two bytes.</summary>
    private static async Task<string> SendAllAsync(TestHost host)
    {
        await host.ConnectAsync();
        Assert.Equal("01", await InitAsync(host));
        await host.SelectAsync(ObjectType.Data);
        var last = (host.Image.Firmware.Length - 1) / 4096 * 4096;
        await host.ObjectsAsync(0, last);
        await host.ObjectAsync(last);
        return (await host.ExecuteAsync())[4..];
    }

    private static async Task<(int Offset, uint Crc)> Again(TestHost host)
    {
        await host.ConnectAsync();
        return await host.HeldAsync(ObjectType.Command);
    }
}
