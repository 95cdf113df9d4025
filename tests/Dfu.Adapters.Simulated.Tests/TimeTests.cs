using Dfu.Adapters.Simulated.Time;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Requests;

namespace Dfu.Adapters.Simulated.Tests;

public sealed class TimeTests
{
    [Fact]
    public void The_same_seed_gives_the_same_run_and_another_seed_another()
    {
        static string Trace(int seed)
        {
            var trace = new List<string>();
            TestHost.Run(
                async host =>
                {
                    for (var attempt = 0; attempt < 6; attempt++)
                    {
                        try
                        {
                            await host.ConnectAsync();
                            await host.InitAsync();
                            await host.SelectAsync(ObjectType.Data);
                            await host.ObjectsAsync(0, 8192);
                        }
                        catch (DfuException lost)
                        {
                            trace.Add($"{host.Milliseconds} {lost.Error} {host.Device.Counters.PacketBytes}");
                        }
                        catch (FormatException)
                        {
                            trace.Add($"{host.Milliseconds} closed");
                        }
                        catch (Xunit.Sdk.XunitException)
                        {
                            trace.Add($"{host.Milliseconds} other {host.Device.Counters.PacketBytes}");
                        }

                        await host.Link.DisposeAsync();
                    }
                },
                link: LinkModel.Perfect with { DropRate = 0.5, PacketLoss = 0.1 },
                seed: seed);
            return string.Join('\n', trace);
        }

        Assert.Equal(Trace(7), Trace(7));
        Assert.NotEqual(Trace(7), Trace(8));
    }

    [Fact]
    public void Addresses_derive_from_the_seed_and_are_all_different()
    {
        var addresses = Enumerable.Range(0, 600).Select(i => VirtualDeviceOptions.AddressFor(5, i)).ToList();
        Assert.Equal(1200, addresses.Concat(addresses.Select(address => address.Bootloader)).Distinct().Count());
        Assert.All(addresses, address => Assert.Equal(0xC0ul, (address.Value >> 40) & 0xC0));
        Assert.Equal(addresses[7], VirtualDeviceOptions.AddressFor(5, 7));
        Assert.NotEqual(addresses[7], VirtualDeviceOptions.AddressFor(6, 7));
    }

    [Fact]
    public void A_hundred_devices_take_their_images_in_virtual_time()
    {
        var time = new VirtualTime();
        using var air = new SimulatedAir(time, LinkModel.Perfect, 1);
        var image = TestData.Image("app10k");
        var devices = Enumerable.Range(1, 100).Select(
            i => air.Add(TestHost.Options() with { ApplicationAddress = new BluetoothAddress((ulong)i << 8) })).ToList();
        time.Run(async () =>
        {
            await Task.WhenAll(devices.Chunk(25).Select(async (chunk, i) =>
            {
                var adapter = await air.CreateAdapter($"sim{i}", new AdapterModel()).OpenAsync(default);
                foreach (var device in chunk) await UpdateAsync(adapter, device);
            }));
            await Task.Delay(TimeSpan.FromSeconds(5), time);
        });
        Assert.All(devices, device => Assert.Equal(image.Firmware, device.ActivatedImage!.Value.ToArray()));

        async Task UpdateAsync(IAdapter adapter, VirtualDevice device)
        {
            var link = await adapter.ConnectAsync(device.BootloaderAddress, AddressType.Random, new LinkOptions(), default);
            await link.SubscribeAsync(DfuCharacteristic.ControlPoint, default);
            await ObjectAsync(1, image.Init);
            await AskAsync(OpCode.Select, 2);
            for (var at = 0; at < image.Firmware.Length; at += 4096) await ObjectAsync(2, image.Firmware[at..Math.Min(at + 4096, image.Firmware.Length)]);
            await link.Closed;

            async Task ObjectAsync(byte type, byte[] bytes)
            {
                await AskAsync([OpCode.Create, type, .. BitConverter.GetBytes(bytes.Length)]);
                await Task.Delay(TimeSpan.FromMilliseconds(320), time);
                foreach (var packet in bytes.Chunk(244)) await link.WriteCommandAsync(DfuCharacteristic.Packet, packet, default);
                await AskAsync(OpCode.Execute);
            }

            async Task AskAsync(params byte[] request)
            {
                await link.WriteAsync(DfuCharacteristic.ControlPoint, request, default);
                Assert.Equal(1, (await link.Notifications.ReadAsync()).Value.Span[2]);
            }
        }
    }

    [Fact]
    public void A_paced_pump_that_was_held_up_does_not_make_up_for_it()
    {
        var time = new VirtualTime { Scale = 10 };
        var free = 0L;
        time.Run(async () =>
        {
            var began = TimeProvider.System.GetTimestamp();
            while (TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(0.3)) Thread.SpinWait(100);
            free = TimeProvider.System.GetTimestamp();
            await Task.Delay(TimeSpan.FromSeconds(0.1), time);
            await Task.Delay(TimeSpan.FromSeconds(1), time);
        });
        Assert.True(TimeProvider.System.GetElapsedTime(free) >= TimeSpan.FromSeconds(0.1));
        Assert.Equal(TimeSpan.FromSeconds(1.1), time.Elapsed);
    }

    [Fact]
    public async Task Scaled_time_runs_faster_than_real_time_and_the_model_runs_in_it()
    {
        var time = new ScaledTime(50);
        using var air = new SimulatedAir(time, LinkModel.Perfect, 1);
        var device = air.Add(TestHost.Options());
        await using var adapter = await air.CreateAdapter("sim", new AdapterModel()).OpenAsync(default);
        var outer = TimeProvider.System.GetTimestamp();
        var scaled = time.GetTimestamp();
        var inner = TimeProvider.System.GetTimestamp();
        var link = await adapter.ConnectAsync(device.BootloaderAddress, AddressType.Random, new LinkOptions(), default);
        await link.SubscribeAsync(DfuCharacteristic.ControlPoint, default);
        await link.WriteAsync(DfuCharacteristic.ControlPoint, new byte[] { OpCode.Select, 2 }, default);
        Assert.Equal(15, (await link.Notifications.ReadAsync()).Value.Length);
        await Task.Delay(TimeSpan.FromSeconds(2), time);
        await link.DisposeAsync();

        // The thread may be held up between any two looks at a clock.
        var least = 50 * TimeProvider.System.GetElapsedTime(inner);
        var passed = time.GetElapsedTime(scaled);
        var most = 50 * TimeProvider.System.GetElapsedTime(outer);
        Assert.InRange(passed, least - TimeSpan.FromMilliseconds(1), most + TimeSpan.FromMilliseconds(1));
        Assert.True(passed >= TimeSpan.FromSeconds(2));
    }

    [Fact]
    public async Task The_model_runs_in_real_time()
    {
        using var air = new SimulatedAir(TimeProvider.System, LinkModel.Perfect with { Interval = TimeSpan.FromMilliseconds(7.5) }, 1);
        var device = air.Add(TestHost.Options());
        await using var adapter = await air.CreateAdapter("sim", new AdapterModel { ConnectTime = TimeSpan.FromMilliseconds(5) }).OpenAsync(default);
        await using var link = await adapter.ConnectAsync(device.BootloaderAddress, AddressType.Random, new LinkOptions(), default);
        await link.SubscribeAsync(DfuCharacteristic.ControlPoint, default);
        await link.WriteAsync(DfuCharacteristic.ControlPoint, new byte[] { OpCode.Select, 1 }, default);
        Assert.Equal(15, (await link.Notifications.ReadAsync()).Value.Length);
    }
}
