using Dfu.Adapters.Simulated.Time;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Tests.Adapters;

public sealed class GoodputMeterTests
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(0.25);

    private readonly VirtualTime _time = new();
    private readonly Dictionary<int, DeviceState> _devices = [];

    [Fact]
    public void The_rate_is_that_of_the_transfers_that_send()
    {
        var samples = Measure(
            slots: 4,
            limit: 4,
            ticks: 12,
            (meter, _) =>
            {
                for (var device = 1; device <= 3; device++) Confirm(meter, device, 1000);
            });
        Assert.All(samples, static sample => Assert.Equal((3.0, 4000.0, true, 0), (sample.Sending, sample.Rate, sample.Full, sample.Losses)));
        Assert.Equal(3, samples.Count);
    }

    [Fact]
    public void A_link_that_has_dropped_and_is_not_known_to_have_does_not_slow_the_others()
    {
        var samples = Measure(
            slots: 3,
            limit: 4,
            ticks: 20,
            (meter, tick) =>
            {
                Confirm(meter, 1, 1000);
                if (tick < 8) Confirm(meter, 2, 1000);
                if (tick == 16) meter.Ended(Address(2), DfuError.LinkLost);
            });
        Assert.All(samples, static sample => Assert.Equal((4000.0, false), (sample.Rate, sample.Full)));
        Assert.Equal(1, samples.Sum(static sample => sample.Losses));
    }

    [Fact]
    public void Nothing_is_measured_while_the_number_of_transfers_changes_or_nothing_sends()
    {
        Assert.Empty(Measure(slots: 3, limit: 3, ticks: 40, static (_, _) => { }));
        Assert.Empty(Measure(
            slots: 9,
            limit: 9,
            ticks: 9,
            (meter, tick) =>
            {
                for (var device = 1; device <= 1 + tick; device++) Confirm(meter, device, 1000);
            }));
    }

    [Fact]
    public void Slow_transfers_are_measured_for_longer()
    {
        var samples = Measure(
            slots: 2,
            limit: 2,
            ticks: 60,
            (meter, tick) =>
            {
                Confirm(meter, 1, tick % 8 == 0 ? 4096 : 0);
                Confirm(meter, 2, tick % 8 == 4 ? 4096 : 0);
            });
        Assert.All(samples, static sample => Assert.Equal(2048, sample.Rate));
        Assert.InRange(samples.Count, 2, 4);
    }

    [Fact]
    public void What_was_confirmed_within_no_time_tells_no_rate()
    {
        Assert.Empty(Measure(
            slots: 1,
            limit: 1,
            ticks: 120,
            (meter, tick) =>
            {
                if (tick > 0) return;
                Confirm(meter, 1, 4096);
                Confirm(meter, 1, 4096);
            }));
    }

    private List<LoadSample> Measure(int slots, int limit, int ticks, Action<GoodputMeter, int> happens)
    {
        var samples = new List<LoadSample>();
        return _time.Run(async () =>
        {
            var meter = new GoodputMeter(_time);
            for (var tick = 0; tick <= ticks; tick++)
            {
                happens(meter, tick);
                if (meter.Tick(slots, limit) is { } sample) samples.Add(sample);
                await Task.Delay(Tick, _time);
            }

            return samples;
        });
    }

    private static BluetoothAddress Address(int device) => new((ulong)device * 16);

    private void Confirm(GoodputMeter meter, int device, long bytes)
    {
        if (!_devices.TryGetValue(device, out var before))
            before = DeviceState.New(Address(device), [10_000_000], DateTimeOffset.UnixEpoch) with { Phase = DevicePhase.Sending };
        var image = before.Images[0];
        var after = before with { Images = [image with { Confirmed = image.Confirmed + bytes }] };
        _devices[device] = after;
        meter.Follow(before, after);
    }
}
