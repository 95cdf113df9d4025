using System.IO.Hashing;
using System.Text.Json;
using Dfu.Protocol.Requests;

namespace Dfu.Adapters.Simulated.Tests;

public sealed class StateTests : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("dfu-state-").FullName;

    public void Dispose() => Directory.Delete(_path, recursive: true);

    private void Session(Func<TestHost, Task> body, VirtualDeviceOptions options)
    {
        var state = new StateDirectory(_path);
        using var host = new TestHost(air => state.Add(air, options));
        host.Time.Run(() => body(host));
        state.Save(host.Air);
    }

    [Fact]
    public void A_device_goes_on_after_a_restart_where_its_flash_was()
    {
        var options = TestHost.Options(BootloaderProfile.Sdk17Saving);
        Session(
            async host =>
            {
                await host.ConnectAsync();
                await host.InitAsync();
                await host.SelectAsync(ObjectType.Data);
                await host.ObjectsAsync(0, 4096);
                await host.ObjectAsync(4096, 300);
                await host.Wait(300);
            },
            options);
        Session(
            async host =>
            {
                await host.ConnectAsync();
                Assert.Equal(host.Image.Init.Length, (await host.HeldAsync(ObjectType.Command)).Offset);
                Assert.Equal(4096, (await host.HeldAsync(ObjectType.Data)).Offset);
                await host.ObjectsAsync(4096, host.Image.Firmware.Length);
                await host.WaitFor(() => host.Device.InApplication);
                Assert.Equal(host.Image.Firmware, host.Device.ActivatedImage!.Value.ToArray());
            },
            options);
        Session(
            async host =>
            {
                await host.Wait(1000);
                Assert.True(host.Device.InApplication);
                Assert.Equal(host.Image.Firmware, host.Device.ActivatedImage!.Value.ToArray());
                Assert.Equal(2, host.Device.Counters.Connects);
            },
            options);
    }

    [Fact]
    public void An_activation_that_a_restart_cut_short_is_done_again()
    {
        var options = TestHost.Options() with { ApplicationSize = 30_000 };
        Session(
            async host =>
            {
                await host.ConnectAsync();
                await host.InitAsync();
                await host.SelectAsync(ObjectType.Data);
                await host.ObjectsAsync(0, host.Image.Firmware.Length);
                await host.WaitFor(() => host.Device.Mode == DeviceMode.Booting);
            },
            options);
        Session(
            async host => await host.WaitFor(() => host.Device.InApplication && host.Device.ActivatedImage!.Value.Span.SequenceEqual(host.Image.Firmware)),
            options);
    }

    [Fact]
    public void What_was_overrun_is_counted_over_restarts()
    {
        Session(
            async host =>
            {
                await host.ConnectAsync();
                await host.InitAsync();
                await host.SelectAsync(ObjectType.Data);
                await host.CreateAsync(ObjectType.Data, 4096);
                host.Device.StallFlash(true);
                await host.SendAsync(host.Image.Firmware.AsMemory(0, 4096));
                await host.CrcAsync();
                host.Device.StallFlash(false);
                await host.Wait(300);
                await host.CreateAsync(ObjectType.Data, 4096);
            },
            TestHost.Options());
        Session(_ => Task.CompletedTask, TestHost.Options());
        using var report = JsonDocument.Parse(File.ReadAllText(Path.Combine(_path, "devices.json")));
        Assert.Equal(4096, report.RootElement.GetProperty("devices")[0].GetProperty("overrunBytes").GetInt32());
    }

    [Fact]
    public void The_report_counts_what_the_device_received()
    {
        Session(
            async host =>
            {
                await host.ConnectAsync();
                await host.InitAsync();
                await host.SelectAsync(ObjectType.Data);
                await host.ObjectsAsync(0, host.Image.Firmware.Length);
                await host.WaitFor(() => host.Device.InApplication);
            },
            TestHost.Options());
        using var report = JsonDocument.Parse(File.ReadAllText(Path.Combine(_path, "devices.json")));
        var device = report.RootElement.GetProperty("devices")[0];
        var image = TestData.Image("app10k");
        Assert.Equal("C0:98:76:54:32:10", device.GetProperty("application").GetString());
        Assert.Equal("C0:98:76:54:32:11", device.GetProperty("bootloader").GetString());
        Assert.Equal(image.Init.Length + image.Firmware.Length, device.GetProperty("packetBytes").GetInt32());
        Assert.Equal(image.Firmware.Length, device.GetProperty("firmwareBytes").GetInt32());
        Assert.Equal(0, device.GetProperty("overrunBytes").GetInt32());
        Assert.Equal((1, 0, 3, 3, 1), (Count("connects"), Count("drops"), Count("creates"), Count("executes"), Count("createCommands")));
        Assert.Equal($"0x{Crc32.HashToUInt32(image.Firmware):x8}", device.GetProperty("activated").GetProperty("crc32").GetString());
        Assert.Equal(
            Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(image.Firmware)),
            device.GetProperty("activated").GetProperty("sha256").GetString());

        int Count(string name) => device.GetProperty(name).GetInt32();
    }
}
