using System.Diagnostics.Metrics;
using Dfu.Fleet.Telemetry;
using Dfu.Protocol.Telemetry;

namespace Dfu.Fleet.Tests.Telemetry;

/// <summary>What is counted over adapters of one name; other tests run at the same time.</summary>
internal sealed class Heard : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Lock _gate = new();
    private readonly List<(string Instrument, double Value, Dictionary<string, string?> Tags)> _all = [];

    /// <param name="adapter">How its name begins; null takes measurements of none too.</param>
    /// <param name="ownThread">Takes only what the test's thread measures, which is the one that runs virtual time.</param>
    public Heard(string? adapter, bool ownThread = false)
    {
        var own = Environment.CurrentManagedThreadId;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name is FleetMetrics.Name or ProtocolMetrics.Name) listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.Start();

        void Take(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var named = tags.ToArray().ToDictionary(static tag => tag.Key, static tag => tag.Value?.ToString());
            var its = named.GetValueOrDefault("dfu.adapter.id");
            if (ownThread && Environment.CurrentManagedThreadId != own) return;
            if (adapter is not null && its?.StartsWith(adapter, StringComparison.Ordinal) != true) return;
            lock (_gate) _all.Add((instrument.Name, value, named));
        }
    }

    /// <summary>All that an instrument has said, one after another.</summary>
    public IReadOnlyList<(double Value, Dictionary<string, string?> Tags)> All(string instrument)
    {
        lock (_gate) return [.. _all.Where(one => one.Instrument == instrument).Select(static one => (one.Value, one.Tags))];
    }

    public long Sum(string instrument) => (long)All(instrument).Sum(static one => one.Value);

    /// <param name="value">Null for those that do not have the tag.</param>
    public long Sum(string instrument, string tag, string? value) =>
        (long)All(instrument).Where(one => one.Tags.GetValueOrDefault(tag) == value).Sum(static one => one.Value);

    /// <summary>The values that a tag had.</summary>
    public HashSet<string> Values(string tag)
    {
        lock (_gate) return [.. _all.Select(one => one.Tags.GetValueOrDefault(tag)).OfType<string>()];
    }

    public double Exact(string instrument, string tag, string value) =>
        All(instrument).Where(one => one.Tags.GetValueOrDefault(tag) == value).Sum(static one => one.Value);

    /// <summary>Asks what can be asked, and forgets what was said before.</summary>
    public void Collect()
    {
        lock (_gate) _all.Clear();
        _listener.RecordObservableInstruments();
    }

    public void Dispose() => _listener.Dispose();
}
