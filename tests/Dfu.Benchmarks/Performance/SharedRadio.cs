using System.Globalization;
using Dfu.Adapters;
using Dfu.Adapters.Simulated;
using Dfu.Adapters.Simulated.Time;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Transfers;

namespace Dfu.Benchmarks.Performance;

/// <summary>Several transfers on one radio: what they get through, against the air's packets, and the learned limit against the best fixed one.</summary>
/// <remarks>
/// The radio's links get 7.5 ms each in turn (MODEL.md, Adapter), so that one link leaves the air idle and more than two share it. The queue never is empty:
/// the next device begins when a slot is free. The limit learns by the fleet's own meter and rule.
/// </remarks>
internal static class SharedRadio
{
    private const int Devices = 60;
    private static readonly DfuImage Image = TransferBenchmark.MakeImage(50 * 4096);

    /// <remarks>Lasts: how long a link does on the average; null for until it is closed, or an object drops it.</remarks>
    private static readonly (string Name, LinkModel Link, AdapterModel Adapter, TimeSpan? Lasts)[] Radios =
    [
        ("3 packets in 7.5 ms (data length extension)", LinkModel.Perfect, new AdapterModel { MaxLinks = 8 }, null),
        ("1 packet in 7.5 ms (cheap dongle)", LinkModel.Perfect with { PacketsPerEvent = 1 }, new AdapterModel { MaxLinks = 8 }, null),
        ("the same, 3 % of objects drop", LinkModel.Perfect with { PacketsPerEvent = 1, DropRate = 0.03 }, new AdapterModel { MaxLinks = 8 }, null),
        ("the same, links drop after 20 s", LinkModel.Perfect with { PacketsPerEvent = 1 }, new AdapterModel { MaxLinks = 8 }, TimeSpan.FromSeconds(20)),
        ("the same, 20 links", LinkModel.Perfect with { PacketsPerEvent = 1 }, new AdapterModel { MaxLinks = 20 }, TimeSpan.FromSeconds(20)),
        ("20 links, links drop after 10 s", LinkModel.Perfect with { PacketsPerEvent = 1 }, new AdapterModel { MaxLinks = 20 }, TimeSpan.FromSeconds(10)),
        ("3 packets, 20 links", LinkModel.Perfect, new AdapterModel { MaxLinks = 20 }, null),
    ];

    public static void Print(string? plots)
    {
        var plot = new BarPlot("Learned limit against the best fixed one, kB/s of the best", "");
        Console.WriteLine($"5. {Devices} devices over one radio, {Image.Firmware.Length:#,0} bytes each, default bootloader.");
        Console.WriteLine("kB/s from the first connect to the last answer, by the number of transfers at once.");
        Console.WriteLine();
        Console.WriteLine("| radio | air | 1 | 2 | 3 | 4 | 6 | 8 | all links | best fixed | learned | of best | of air |");
        Console.WriteLine("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
        foreach (var (name, link, adapter, lasts) in Radios)
        {
            var traits = Lessons.Of(Delivery.Device(), LinkModel.Perfect, Image).Traits;
            int[] limits = [1, 2, 3, 4, 6, 8, adapter.MaxLinks];
            var rates = limits.Select(limit => Rate(link, adapter, traits, limit, lasts)).ToList();
            var learned = Rate(link, adapter, traits, null, lasts);
            var air = link.PacketsPerEvent * 244 / 7.5;
            var each = string.Join(" | ", rates.Select(static rate => rate.ToString("0.0", CultureInfo.InvariantCulture)));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {name} | {air:0.0} | {each} | {rates.Max():0.0} | {learned:0.0} | {learned / rates.Max():0.000} | {learned / air:0.00} |"));
            plot.Add(name, learned / rates.Max());
        }

        if (plots is not null) plot.Write(Path.Combine(plots, "shared-radio.svg"));
    }

    /// <param name="limit">Transfers at once; null to learn.</param>
    /// <returns>kB/s.</returns>
    private static double Rate(LinkModel link, AdapterModel model, BootloaderTraits traits, int? limit, TimeSpan? lasts)
    {
        var time = new VirtualTime();
        return time.Run(async () =>
        {
            using var air = new SimulatedAir(time, link, seed: 1);
            await using var adapter = await air.CreateAdapter("sim", model).OpenAsync(CancellationToken.None);
            using var queue = new Room(time, adapter, model.MaxLinks, limit, traits, lasts);
            var began = time.GetTimestamp();
            var devices = Enumerable.Range(0, Devices).Select(i => air.Add(new VirtualDeviceOptions
            {
                ApplicationAddress = VirtualDeviceOptions.AddressFor(1, i),
                RequireSigned = false,
            }));
            await queue.RunAsync(new(devices));
            return Devices * (double)Image.Firmware.Length / 1000 / time.GetElapsedTime(began).TotalSeconds;
        });
    }

    private sealed class Room(VirtualTime time, IAdapter adapter, int links, int? given, BootloaderTraits traits, TimeSpan? lasts) : IDisposable
    {
        private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);
        private readonly GoodputMeter _meter = new(time);
        private readonly Lessons _lessons = new() { Traits = traits };
        private readonly SemaphoreSlim _connects = new(1);
        private readonly Random _chance = new(1);
        private TransferLimit _limit =
            LimitLearning.Start(given ?? links, given is { } one ? new() { Current = one, Hold = TimeSpan.FromDays(1) } : new());

        public void Dispose() => _connects.Dispose();

        public async Task RunAsync(Queue<VirtualDevice> waiting)
        {
            var running = new List<Task>();
            while (waiting.Count > 0 || running.Count > 0)
            {
                running.RemoveAll(static run => run.IsCompleted);
                while (running.Count < _limit.Current && waiting.TryDequeue(out var device)) running.Add(UpdateAsync(device));
                if (_meter.Tick(running.Count, _limit.Current) is { } sample && given is null)
                    _limit = LimitLearning.Measured(_limit, sample, time.GetUtcNow());
                await Task.Delay(Tick, time);
            }
        }

        private async Task CutAsync(VirtualDevice device, Task closed)
        {
            if (lasts is not { } mean) return;
            await Task.Delay(mean * -Math.Log(1 - _chance.NextDouble()), time);
            if (!closed.IsCompleted) device.CutLink();
        }

        private async Task UpdateAsync(VirtualDevice device)
        {
            var observer = new Follower(_meter, device.ApplicationAddress, Image.Firmware.Length) { Traits = _lessons.Traits };
            while (true)
            {
                await _connects.WaitAsync();
                IDfuLink link;
                try
                {
                    link = await adapter.ConnectAsync(device.BootloaderAddress, AddressType.Random, new LinkOptions(), CancellationToken.None);
                }
                finally
                {
                    _connects.Release();
                }

                var opened = time.GetTimestamp();
                _ = CutAsync(device, link.Closed);
                await using (link)
                {
                    var hint = _lessons.Hint with { Traits = observer.Traits, Confirmed = observer.At, Saved = observer.SavedAt };
                    try
                    {
                        await ImageTransfer.RunAsync(link, Image, hint, observer, new TransferOptions(), time, CancellationToken.None);
                        _lessons.LinkTime += time.GetElapsedTime(opened);
                        observer.Ended(DfuError.None);
                        return;
                    }
                    catch (DfuException e) when (e.Error == DfuError.LinkLost)
                    {
                        await link.Closed;
                        observer.Ended(DfuError.LinkLost);
                        _lessons.LinkTime += time.GetElapsedTime(opened);
                        _lessons.Drops++;
                    }
                }
            }
        }
    }

    /// <summary>Tells the meter what the state of a device would.</summary>
    private sealed class Follower(GoodputMeter meter, BluetoothAddress device, long bytes) : ITransferObserver
    {
        private DeviceState _state = DeviceState.New(device, [bytes], DateTimeOffset.UnixEpoch);

        public BootloaderTraits Traits { get; set; } = new();
        public long At { get; private set; }
        public long SavedAt { get; private set; }

        public void Ended(DfuError error)
        {
            meter.Ended(device, error);
            _state = _state with { Phase = DevicePhase.Queued };
        }

        public void PhaseChanged(TransferPhase phase)
        {
            if (phase is TransferPhase.Sending or TransferPhase.Saving) Follow(_state with { Phase = DevicePhase.Sending });
        }

        public void Confirmed(long offset, uint crc)
        {
            At = offset;
            Follow(_state with { Images = [_state.Images[0] with { Confirmed = offset }] });
        }

        public void Saved(long offset) => SavedAt = offset;

        public void TraitsLearned(BootloaderTraits traits) => Traits = traits;

        public Task LastExecuteAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public void Resumed(ResumeRecord record)
        {
        }

        public void Sent(long offset, int count)
        {
        }

        private void Follow(DeviceState after)
        {
            meter.Follow(_state, after);
            _state = after;
        }
    }
}
