using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Tests.Fakes;
using Dfu.Protocol.Errors;

namespace Dfu.Simulation.Tests;

/// <summary>Radios that come and go, devices that fall silent, links that drop, processes that end, all at random moments of one seed.</summary>
public sealed class ChaosTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 60)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Every_campaign_ends_and_no_device_ever_has_two_drivers(int seed)
    {
        var random = new Random(seed);
        var station = new Station(devices: random.Next(2, 14), adapters: random.Next(1, 4))
        {
            Policy = new() { MaxConcurrency = random.Next(3) == 0 ? 2 : null, MaxTransfersPerAdapter = random.Next(1, 5) },
        };
        var mostActive = 0;
        var devices = station.World.Devices.Values.ToArray();
        devices[0].AlwaysFails = seed % 3 == 0 ? new DfuException(DfuError.LinkLost, "never any good") : null;
        var view = station.Run(async () =>
        {
            for (var runs = 0; ; runs++)
            {
                foreach (var source in station.Sources) source.Present = true;
                await using var run = station.Start();
                await run.StartAsync(station.Request(), CancellationToken.None);
                var trouble = random.Next(5, 40);
                while (trouble-- > 0 && run.Snapshot().Outcome == CampaignOutcome.Running)
                {
                    await station.After(random.NextDouble() * 2);
                    Upset(random, station, devices[random.Next(devices.Length)]);
                    mostActive = Math.Max(mostActive, run.Snapshot().Adapters.Sum(adapter => adapter.Active));
                }

                if (runs < 2 && run.Snapshot().Outcome == CampaignOutcome.Running) continue;
                foreach (var device in devices) device.Silent = false;
                foreach (var source in station.Sources) source.Present = true;
                return await run.WaitAsync(CancellationToken.None);
            }
        });
        Assert.True(station.Time.Elapsed < TimeSpan.FromMinutes(30));
        Assert.Equal(1, station.World.MostDriversPerDevice);
        Assert.All(view.Devices, device => Assert.NotEqual(DeviceOutcome.Pending, device.Outcome));
        Assert.All(view.Devices, device =>
            Assert.True(device.Outcome == DeviceOutcome.Updated
                || device.Error is DfuError.LinkLost or DfuError.ConnectTimeout or DfuError.NotHeard, $"{device.Application}: {device.Error} {device.Detail}"));
        Assert.All(view.Devices.Where(device => device.Outcome == DeviceOutcome.Updated), device =>
            Assert.InRange(station.World.Devices[device.Application].Activations, 1, 2));
        Assert.All(station.Sources, source => Assert.InRange(source.Current!.MostConnects, 0, 1));
        Assert.All(devices, device => Assert.Null(device.Link));
        if (station.Policy.MaxConcurrency is { } most) Assert.InRange(mostActive, 0, most);
    }

    private static void Upset(Random random, Station station, FakeDevice device)
    {
        var source = station.Sources[random.Next(station.Sources.Count)];
        switch (random.Next(6))
        {
            case 0 when source.Current is { Lost.IsCompleted: false }:
                source.Unplug();
                break;
            case 1:
                source.Present = true;
                break;
            case 2:
                device.Silent = !device.Silent;
                break;
            case 3:
                device.Link?.Close(8);
                break;
            case 4:
                device.Failures.Enqueue(new DfuException(DfuError.LinkLost, "dropped"));
                break;
            default:
                source.Current?.Lose();
                source.Present = true;
                break;
        }
    }
}
