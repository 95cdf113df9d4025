using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Requests;

namespace Dfu.Adapters.Simulated.Tests;

/// <summary>Rates and delays against figures worked out by hand in MODEL.md.</summary>
public sealed class LinkModelTests
{
    private static readonly TestImage Large = TestData.Image("app200k");

    [Fact]
    public void An_answer_leaves_one_event_after_its_request() => TestHost.Run(async host =>
    {
        await host.ConnectAsync();
        var start = host.Milliseconds;
        await host.SelectAsync(ObjectType.Data);
        Assert.Equal(30, host.Milliseconds - start);
    });

    [Fact]
    public void A_reaction_to_an_answer_is_in_the_next_event() => TestHost.Run(async host =>
    {
        await host.ConnectAsync();
        await host.InitAsync();
        await host.Wait(500);
        await host.CreateAsync(ObjectType.Data, 4096);
        var start = host.Milliseconds;
        // Three packets in each of six events; the request for the CRC shares the last one, its answer comes one event later.
        await host.SendAsync(host.Image.Firmware.AsMemory(0, 4096));
        await host.CrcAsync();
        Assert.Equal(7 * 15, host.Milliseconds - start);
    });

    [Theory]
    [InlineData(false, 150)]
    [InlineData(true, 210)]
    public void An_object_in_the_fastest_order_takes(bool deaf, double milliseconds) => TestHost.Run(
        async host =>
        {
            host.Image = Large;
            await host.ConnectAsync();
            await host.InitAsync();
            Assert.Equal("600201", await host.AskAsync(OpCode.SetPrn, 17, 0));
            await host.SelectAsync(ObjectType.Data);
            await host.Wait(500);
            var created = await FastObjectAsync(host, 0);
            for (var offset = 4096; offset < 10 * 4096; offset += 4096)
            {
                var next = await FastObjectAsync(host, offset);
                Assert.Equal(milliseconds, next - created);
                created = next;
            }
        },
        TestHost.Options() with { RadioDeafDuringErase = deaf });

    /// <summary>
    /// CREATE, 15 packets at once, two more and EXECUTE after the guard; the receipt and EXECUTE's answer come last. Returns when
    /// CREATE's answer came.
    /// </summary>
    private static async Task<double> FastObjectAsync(TestHost host, int offset)
    {
        Assert.Equal("600101", await host.CreateAsync(ObjectType.Data, 4096));
        var created = host.Milliseconds;
        var bytes = host.Image.Firmware.AsMemory(offset, 4096);
        await host.SendAsync(bytes[..(15 * 244)]);
        if (!host.Device.Options.RadioDeafDuringErase) await host.Wait(created + 100 - host.Milliseconds);
        await host.SendAsync(bytes[(15 * 244)..]);
        await host.Link.WriteAsync(DfuCharacteristic.ControlPoint, new byte[] { OpCode.Execute }, default);
        Assert.StartsWith("600301", await host.AnswerAsync(), StringComparison.Ordinal);
        Assert.Equal("600401", await host.AnswerAsync());
        return created;
    }

    [Theory]
    [InlineData(3, 4096)]
    [InlineData(4, 4096 - 244)]
    public void Without_a_guard_the_two_events_of_the_answer_make_the_difference(int packets, int held) => TestHost.Run(
        async host =>
        {
            await host.ConnectAsync();
            await host.InitAsync();
            await host.SelectAsync(ObjectType.Data);
            await host.Wait(500);
            Assert.Equal(held, await host.ObjectAsync(0, guard: 0));
        },
        link: LinkModel.Perfect with { PacketsPerEvent = packets });

    /// <summary>Save 188.4, erase 85, write 42: 315.4 ms of flash; the guard of 290 ms after EXECUTE's answer and the grid of events make it 345.</summary>
    [Fact]
    public void An_object_of_a_saving_bootloader_takes() => TestHost.Run(
        async host =>
        {
            host.Image = Large;
            await host.ConnectAsync();
            await host.InitAsync();
            await host.AskAsync(OpCode.SetPrn, 17, 0);
            await host.SelectAsync(ObjectType.Data);
            await host.Wait(500);
            double executed = host.Milliseconds, created = 0;
            for (var offset = 0; offset < 8 * 4096; offset += 4096)
            {
                Assert.Equal("600101", await host.CreateAsync(ObjectType.Data, 4096));
                if (offset > 4096) Assert.Equal(345, host.Milliseconds - created);
                created = host.Milliseconds;
                var bytes = host.Image.Firmware.AsMemory(offset, 4096);
                await host.SendAsync(bytes[..(11 * 244)]);
                await host.Wait(executed + 290 - host.Milliseconds);
                await host.SendAsync(bytes[(11 * 244)..]);
                await host.Link.WriteAsync(DfuCharacteristic.ControlPoint, new byte[] { OpCode.Execute }, default);
                Assert.Equal((offset + 4096), BitConverter.ToInt32(Convert.FromHexString(await host.AnswerAsync()), 3));
                Assert.Equal("600401", await host.AnswerAsync());
                executed = host.Milliseconds;
            }
        },
        TestHost.Options(BootloaderProfile.Sdk17Saving));

    [Fact]
    public void A_whole_image_in_the_fastest_order_takes_50_objects() => TestHost.Run(async host =>
    {
        host.Image = Large;
        await host.ConnectAsync();
        await host.InitAsync();
        await host.AskAsync(OpCode.SetPrn, 17, 0);
        await host.SelectAsync(ObjectType.Data);
        await host.Wait(500);
        var start = host.Milliseconds;
        for (var offset = 0; offset < Large.Firmware.Length; offset += 4096) await FastObjectAsync(host, offset);
        Assert.InRange(host.Milliseconds - start, (49 * 150) + 135, 50 * 150);
        await host.WaitFor(() => host.Device.InApplication);
        Assert.Equal(Large.Firmware, host.Device.ActivatedImage!.Value.ToArray());
    });

    [Theory]
    [InlineData(1, 1, 15)]
    [InlineData(2, 1, 15)]
    [InlineData(4, 1, 30)]
    [InlineData(8, 1, 60)]
    [InlineData(8, 2, 30)]
    [InlineData(7, 3, 22.5)]
    [InlineData(8, 8, 15)]
    public void Links_of_one_adapter_share_the_time_of_its_radios(int links, int radios, double interval)
    {
        using var host = new TestHost();
        var devices = Enumerable.Range(1, links).Select(
            i => host.Air.Add(TestHost.Options() with { ApplicationAddress = new BluetoothAddress((ulong)i << 8) })).ToList();
        host.Time.Run(async () =>
        {
            var adapter = await host.Air.CreateAdapter("other", new AdapterModel { Radios = radios }).OpenAsync(default);
            var open = new List<IDfuLink>();
            foreach (var device in devices) open.Add(await adapter.ConnectAsync(device.BootloaderAddress, AddressType.Random, new LinkOptions(), default));
            Assert.All(open, link => Assert.Equal(interval, link.Interval!.Value.TotalMilliseconds));
            await open[0].DisposeAsync();
            if (links > 2 && radios == 1) Assert.Equal(interval - 7.5, open[1].Interval!.Value.TotalMilliseconds);
        });
    }

    [Fact]
    public void A_write_command_waits_while_the_radio_is_full() => TestHost.Run(async host =>
    {
        await host.ConnectAsync();
        var packets = Enumerable.Range(0, 9).Select(_ => host.Link.WriteCommandAsync(DfuCharacteristic.Packet, new byte[20], default)).ToList();
        Assert.Equal(6, host.Link.Capacity);
        Assert.Equal(6, packets.Count(packet => packet.IsCompleted));
        await host.Wait(16);
        Assert.True(packets.All(packet => packet.IsCompleted));
    });

    [Fact]
    public void A_write_command_that_was_cancelled_while_it_waited_is_not_sent() => TestHost.Run(async host =>
    {
        await host.ConnectAsync();
        for (var i = 0; i < 6; i++) await host.Link.WriteCommandAsync(DfuCharacteristic.Packet, new byte[20], default);
        using var cancellation = new CancellationTokenSource();
        var waiting = host.Link.WriteCommandAsync(DfuCharacteristic.Packet, new byte[100], cancellation.Token).AsTask();
        cancellation.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await host.Wait(100);
        Assert.Equal(120, host.Device.Counters.PacketBytes);
    });

    [Fact]
    public void A_request_stays_behind_the_packets_written_before_it() => TestHost.Run(async host =>
    {
        await host.ConnectAsync();
        await host.InitAsync();
        await host.Wait(500);
        await host.CreateAsync(ObjectType.Data, 4096);
        await host.Wait(100);
        var packets = Enumerable.Range(0, 12).Select(
            i => host.Link.WriteCommandAsync(DfuCharacteristic.Packet, host.Image.Firmware.AsMemory(i * 244, 244), default).AsTask());
        var all = Task.WhenAll(packets.ToList());
        Assert.Equal(12 * 244, (await host.CrcAsync()).Offset);
        await all;
    });

    [Fact]
    public void A_lost_packet_costs_its_slot_and_nothing_else()
    {
        double Time(double loss)
        {
            double time = 0;
            TestHost.Run(
                async host =>
                {
                    await host.ConnectAsync();
                    await host.InitAsync();
                    await host.ObjectsAsync(0, host.Image.Firmware.Length);
                    time = host.Milliseconds;
                    await host.WaitFor(() => host.Device.InApplication);
                    Assert.Equal(host.Image.Firmware, host.Device.ActivatedImage!.Value.ToArray());
                },
                link: LinkModel.Perfect with { PacketLoss = loss });
            return time;
        }

        Assert.InRange(Time(0.3), Time(0) + 15, Time(0) * 2);
    }

    [Fact]
    public void A_dropped_link_closes_after_the_supervision_timeout() => TestHost.Run(async host =>
    {
        await host.ConnectAsync();
        var pending = host.Link.WriteAsync(DfuCharacteristic.ControlPoint, new byte[] { OpCode.Select, 1 }, default);
        var start = host.Milliseconds;
        host.Device.CutLink();
        Assert.Null(host.Device.Advertises);
        var closure = await host.Link.Closed;
        Assert.Equal(LinkClosure.SupervisionTimeout, closure.Reason);
        Assert.Equal(4000, host.Milliseconds - start);
        Assert.Equal(DfuError.LinkLost, (await Assert.ThrowsAsync<DfuException>(() => pending)).Error);
        Assert.Equal(DfuError.LinkLost, (await Assert.ThrowsAsync<DfuException>(() => host.SelectAsync(ObjectType.Data))).Error);
        Assert.True(host.Link.Notifications.Completion.IsCompleted);
        Assert.NotNull(host.Device.Advertises);
        Assert.Equal(1, host.Device.Counters.Drops);
    });

    [Fact]
    public void A_request_that_was_in_the_air_when_the_device_reset_ends_with_the_link() => TestHost.Run(async host =>
    {
        await host.ConnectAsync();
        host.Device.CutAfter(1, CutKind.PowerCycle);
        var lost = await Assert.ThrowsAsync<DfuException>(() => host.SelectAsync(ObjectType.Data));
        Assert.Equal(DfuError.LinkLost, lost.Error);
    });

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 2)]
    public void A_link_drops_after_so_many_bytes(bool everyLink, int drops) => TestHost.Run(
        async host =>
        {
            await host.ConnectAsync();
            await host.InitAsync();
            await host.Wait(400);
            await host.CreateAsync(ObjectType.Data, 4096);
            await host.SendAsync(host.Image.Firmware.AsMemory(0, 2440));
            await host.Link.Closed;
            Assert.InRange(host.Device.Counters.PacketBytes, 1240, 1240 + 243);
            await host.ConnectAsync();
            await host.CreateAsync(ObjectType.Data, 4096);
            await host.SendAsync(host.Image.Firmware.AsMemory(0, 2440));
            await host.Wait(10_000);
            Assert.Equal(drops, host.Device.Counters.Drops);
        },
        link: LinkModel.Perfect with { DropAfterBytes = 1240, DropEveryLink = everyLink });

    [Fact]
    public void The_drop_rate_is_a_probability_per_data_object()
    {
        var drops = 0;
        for (var seed = 0; seed < 60; seed++)
        {
            TestHost.Run(
                async host =>
                {
                    await host.ConnectAsync();
                    await host.InitAsync();
                    await host.Wait(400);
                    try
                    {
                        await host.CreateAsync(ObjectType.Data, 4096);
                        await host.SendAsync(host.Image.Firmware.AsMemory(0, 4096));
                    }
                    catch (DfuException)
                    {
                    }

                    await host.Wait(10_000);
                    drops += host.Device.Counters.Drops;
                },
                link: LinkModel.Perfect with { DropRate = 0.3 },
                seed: seed);
        }

        Assert.InRange(drops, 10, 27);
    }
}
