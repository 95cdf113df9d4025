using Dfu.Adapters.Simulated.Air;
using Dfu.Adapters.Simulated.Bootloader;
using Dfu.Adapters.Simulated.Time;
using Dfu.Protocol.Requests;

namespace Dfu.Adapters.Simulated.Tests;

/// <summary>
/// The bootloader without a link, fed as Nordic's own code was when its losses were measured: answers arrive at once, packets come
/// in bursts at connection events.
/// </summary>
public sealed class BootloaderTimingTests
{
    private sealed class Bench : IBootloaderPort, IDisposable
    {
        private readonly VirtualTime _time = new();
        private readonly EventQueue _events;
        private readonly BootloaderCore _core;
        private readonly List<string> _answers = [];
        private readonly TestImage _image = TestData.Image("app200k");

        public Bench(BootloaderProfile profile)
        {
            _events = new EventQueue(_time);
            var options = TestHost.Options(profile);
            var memory = new FlashMemory { Main = new Settings(), Backup = new Settings() };
            Flash = new FlashController(_events, options.Chip, profile.FlashQueue);
            using (_events.Enter()) _core = new BootloaderCore(_events, options, memory, Flash, this, Counters, memory.Main);
        }

        public FlashController Flash { get; }

        public DeviceCounters Counters { get; } = new();

        public string LastAnswer => _answers[^1];

        public double Now => _time.Elapsed.TotalMilliseconds;

        public void Run(Func<Task> body) => _time.Run(body);

        public string Ask(params byte[] request)
        {
            _answers.Clear();
            using (_events.Enter()) _core.OnControl(request);
            return _answers.Count > 0 ? _answers[^1] : "";
        }

        /// <summary>Asks and waits for an answer that takes its time.</summary>
        public async Task<string> AskAsync(params byte[] request)
        {
            var answer = Ask(request);
            for (var i = 0; i < 5000 && answer.Length == 0; i++)
            {
                await Wait(1);
                answer = _answers.Count > 0 ? _answers[^1] : "";
            }

            return answer;
        }

        public async Task Wait(double milliseconds) => await Task.Delay(TimeSpan.FromMilliseconds(milliseconds), _time);

        public void Init()
        {
            Assert.Equal("600101", Ask([OpCode.Create, 1, (byte)_image.Init.Length, 0, 0, 0]));
            using (_events.Enter()) _core.OnPacket(_image.Init);
            Assert.Equal("600401", Ask(OpCode.Execute));
        }

        public void Create() => Assert.Equal("600101", Ask(OpCode.Create, 2, 0, 16, 0, 0));

        /// <summary>Object number n in packets of 244 bytes, so many at every interval.</summary>
        /// <returns>How many were lost.</returns>
        public async Task<int> SendAsync(int number, int packets, double interval, int from = 0, int to = 17)
        {
            var before = Counters.PacketsRefused;
            var bytes = _image.Firmware.AsMemory(number * 4096, 4096);
            for (var i = from; i < to; i++)
            {
                if (i > from && (i - from) % packets == 0) await Wait(interval);
                using (_events.Enter()) _core.OnPacket(bytes.Slice(i * 244, Math.Min(244, 4096 - (i * 244))).ToArray());
            }

            return Counters.PacketsRefused - before;
        }

        public void Dispose() => _events.Dispose();

        void IBootloaderPort.Notify(byte[] value) => _answers.Add(Convert.ToHexStringLower(value));

        void IBootloaderPort.Disconnect()
        {
        }

        void IBootloaderPort.Replaced(ReadOnlyMemory<byte> initPacket, int offset, uint crc)
        {
        }

        void IBootloaderPort.Reset()
        {
        }
    }

    private static void On(BootloaderProfile profile, Func<Bench, Task> body)
    {
        using var bench = new Bench(profile);
        bench.Run(() => body(bench));
    }

    [Theory]
    [InlineData(3, 15, 2)]
    [InlineData(2, 7.5, 2)]
    [InlineData(6, 30, 2)]
    [InlineData(1, 7.5, 0)]
    [InlineData(2, 15, 0)]
    public void Without_a_pause_after_create_packets_are_lost_at_high_rates(int packets, double interval, int lost) => On(
        BootloaderProfile.Sdk17,
        async bench =>
        {
            bench.Init();
            await bench.Wait(500);
            bench.Create();
            Assert.Equal(lost, await bench.SendAsync(0, packets, interval));
        });

    [Theory]
    [InlineData(3, 15)]
    [InlineData(6, 15)]
    [InlineData(2, 7.5)]
    [InlineData(4, 7.5)]
    [InlineData(6, 30)]
    [InlineData(12, 30)]
    public void With_100_ms_after_create_none_is_lost(int packets, double interval) => On(BootloaderProfile.Sdk17, async bench =>
    {
        bench.Init();
        await bench.Wait(500);
        bench.Create();
        await bench.Wait(100);
        Assert.Equal(0, await bench.SendAsync(0, packets, interval));
    });

    [Fact]
    public void A_whole_object_in_one_burst_loses_one_packet_even_when_the_flash_is_idle() => On(BootloaderProfile.Sdk17, async bench =>
    {
        bench.Init();
        await bench.Wait(500);
        bench.Create();
        await bench.Wait(120);
        Assert.Equal(1, await bench.SendAsync(0, 17, 15));
    });

    [Theory]
    [InlineData(130, true)]
    [InlineData(320, false)]
    public void The_first_object_after_an_init_packet_needs_a_longer_guard(double guard, bool loses) => On(BootloaderProfile.Sdk17, async bench =>
    {
        bench.Init();
        bench.Create();
        await bench.Wait(guard);
        Assert.Equal(loses, await bench.SendAsync(0, 3, 15) > 0);
    });

    [Theory]
    [InlineData(110, true)]
    [InlineData(180, true)]
    [InlineData(280, false)]
    public void Every_object_of_a_saving_bootloader_needs_a_longer_guard(double guard, bool loses) => On(BootloaderProfile.Sdk17Saving, async bench =>
    {
        bench.Init();
        await bench.Wait(500);
        bench.Create();
        await bench.Wait(300);
        await bench.SendAsync(0, 3, 15);
        Assert.Equal("600401", await bench.AskAsync(OpCode.Execute));
        bench.Create();
        await bench.Wait(guard);
        Assert.Equal(loses, await bench.SendAsync(1, 3, 15) > 0);
    });

    [Theory]
    [InlineData(11, 0)]
    [InlineData(12, 1)]
    public void After_execute_a_saving_bootloader_takes_eleven_packets_at_once(int burst, int lost) => On(BootloaderProfile.Sdk17Saving, async bench =>
    {
        bench.Init();
        await bench.Wait(500);
        bench.Create();
        await bench.Wait(300);
        await bench.SendAsync(0, 3, 15);
        await bench.AskAsync(OpCode.Execute);
        bench.Create();
        Assert.Equal(lost, await bench.SendAsync(1, 17, 15, to: burst));
        await bench.Wait(290);
        Assert.Equal(0, await bench.SendAsync(1, 3, 15, from: 11));
    });

    [Fact]
    public void The_barrier_is_answered_when_both_settings_pages_are_written() => On(BootloaderProfile.Sdk17, async bench =>
    {
        bench.Init();
        bench.Ask(OpCode.Select, 2);
        var start = bench.Now;
        Assert.Equal("600401", await bench.AskAsync(OpCode.Execute));
        // Two pages of 85 ms and 224 words of 41 us each.
        Assert.InRange(bench.Now - start, 2 * (85 + 9.184), (2 * (85 + 9.184)) + 1);
        Assert.False(bench.Flash.Busy);
    });

    [Fact]
    public void Create_while_the_queue_is_full_is_refused_and_works_later() => On(BootloaderProfile.Sdk17, async bench =>
    {
        bench.Init();
        await bench.Wait(500);
        bench.Create();
        await bench.SendAsync(0, 15, 15, to: 15);
        Assert.Equal("600105", bench.Ask(OpCode.Create, 2, 0, 16, 0, 0));
        bench.Ask(OpCode.Select, 1);
        Assert.Equal("60040a", bench.Ask(OpCode.Execute));
        await bench.Wait(300);
        bench.Create();
    });

    [Fact]
    public void A_receipt_for_a_packet_the_queue_refused_says_zero() => On(BootloaderProfile.Sdk17, async bench =>
    {
        bench.Init();
        await bench.Wait(500);
        Assert.Equal("600201", bench.Ask(OpCode.SetPrn, 16, 0));
        bench.Ask(OpCode.Create, 2, 0, 16, 0, 0);
        Assert.Equal(1, await bench.SendAsync(0, 17, 15, to: 16));
        Assert.Equal("6003010000000000000000", bench.LastAnswer);
    });
}
