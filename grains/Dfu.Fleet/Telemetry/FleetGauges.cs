using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Campaigns;

namespace Dfu.Fleet.Telemetry;

/// <summary>Gauges over everything in this process that can be asked how it stands. Nobody is asked unless somebody collects.</summary>
/// <remarks>
/// What has few values says all of them, so that one which nothing is in any more says 0. Adapters, and a deadline that there is not, say nothing.
/// </remarks>
public static class FleetGauges
{
    private static readonly ConcurrentDictionary<Watch, Func<FleetReading?>> Watched = new();
    private static readonly ImmutableArray<ObservableInstrument<int>> OfCampaigns;

    static FleetGauges()
    {
        var meter = FleetMetrics.Meter;
        OfCampaigns =
        [
            meter.CreateObservableUpDownCounter("dfu.campaign.count", Campaigns, "{campaign}", "Campaigns that are not over, by what they are at."),
            meter.CreateObservableUpDownCounter("dfu.campaign.devices", Devices, "{device}", "Devices of campaigns that are not over, by where they stand."),
            meter.CreateObservableUpDownCounter(
                "dfu.device.stranded",
                () => Sum(static reading => reading.Overdue + (reading.Campaign?.LeftInBootloader ?? 0)),
                "{device}",
                "Devices of campaigns that are not over which are left in their bootloader: they wait and its window has passed, or they were given up there."),
        ];
        meter.CreateObservableUpDownCounter("dfu.queue.length", () => Sum(static reading => reading.Waiting), "{device}", "Devices that wait for a slot.");
        meter.CreateObservableGauge(
            "dfu.deadline.slack", Slack, "s", "Time left until the first of the waiting devices leaves its bootloader's window.");
        meter.CreateObservableUpDownCounter("dfu.adapter.count", Statuses, "{adapter}", "1 for the status that an adapter has, 0 for every other.");
        meter.CreateObservableUpDownCounter(
            "dfu.adapter.slots.used", () => ByAdapter(static adapter => adapter.SlotsUsed), "{slot}", "Transfers that hold a slot.");
        meter.CreateObservableUpDownCounter(
            "dfu.adapter.slots.limit", () => ByAdapter(static adapter => adapter.SlotsLimit), "{slot}", "Transfers at once that an adapter takes at present.");
        meter.CreateObservableGauge("dfu.transfer.rate", Rates, "By/s", "What an adapter gets through at present.");
    }

    /// <summary>Somebody collects what campaigns say, so that putting it together is worth it.</summary>
    public static bool CountsCampaigns => OfCampaigns.Any(static instrument => instrument.Enabled);

    /// <summary>Adds to the gauges until the result is disposed.</summary>
    /// <param name="read">Called from any thread, quick, and null when there is nothing to say.</param>
    public static IDisposable Add(Func<FleetReading?> read)
    {
        var watch = new Watch();
        Watched[watch] = read;
        return watch;
    }

    private static ImmutableArray<FleetReading> Read() => [.. Watched.Values.Select(static read => read()).OfType<FleetReading>()];

    private static IEnumerable<Measurement<int>> Sum(Func<FleetReading, int> value)
    {
        var readings = Read();
        if (!readings.IsEmpty) yield return new(readings.Sum(value));
    }

    private static IEnumerable<Measurement<double>> Slack()
    {
        if (Read().Min(static reading => reading.Slack) is { } slack) yield return new(slack.TotalSeconds);
    }

    private static IEnumerable<Measurement<int>> Campaigns()
    {
        var readings = Read();
        if (readings.IsEmpty) yield break;
        foreach (var state in CampaignStateCode.Open)
            yield return new(readings.Count(reading => reading.Campaign?.State == state), new KeyValuePair<string, object?>("dfu.campaign.state", state));
    }

    private static IEnumerable<Measurement<int>> Devices()
    {
        var readings = Read();
        if (readings.IsEmpty) yield break;
        foreach (var standing in Enum.GetValues<DeviceStanding>())
        {
            yield return new(
                readings.Sum(reading => reading.Campaign?.Devices[(int)standing] ?? 0),
                new KeyValuePair<string, object?>("dfu.device.state", FleetMetrics.Code(standing)));
        }
    }

    private static IEnumerable<Measurement<int>> Statuses()
    {
        foreach (var (id, adapters) in ById())
        {
            foreach (var status in Enum.GetValues<AdapterStatus>())
            {
                yield return new(
                    adapters.Count(adapter => adapter.Status == status), FleetMetrics.Adapter(id), new("dfu.adapter.status", FleetMetrics.Code(status)));
            }
        }
    }

    private static IEnumerable<Measurement<int>> ByAdapter(Func<AdapterReading, int> value) =>
        ById().Select(adapters => new Measurement<int>(adapters.Value.Sum(value), FleetMetrics.Adapter(adapters.Key)));

    private static IEnumerable<Measurement<double>> Rates() =>
        ById().Select(static adapters => new Measurement<double>(
            adapters.Value.Sum(static adapter => adapter.Rate), FleetMetrics.Adapter(adapters.Key)));

    /// <summary>More than one has a name only where a process has several members.</summary>
    private static IEnumerable<KeyValuePair<string, AdapterReading[]>> ById() => Read().SelectMany(static reading => reading.Adapters)
        .GroupBy(static adapter => adapter.Id, static (id, adapters) => KeyValuePair.Create(id, adapters.ToArray()));

    private sealed class Watch : IDisposable
    {
        public void Dispose() => Watched.TryRemove(this, out _);
    }
}
