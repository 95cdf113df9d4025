using System.Diagnostics.Metrics;
using Dfu.Fleet.Telemetry;

namespace Dfu.Cluster.Tests.Telemetry;

/// <summary>What is measured while somebody listens; silos of other tests measure too.</summary>
internal sealed class Told : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly AsyncLocal<bool> _own = new() { Value = true };
    private readonly Lock _gate = new();
    private readonly List<(string Instrument, double Value, Dictionary<string, string?> Tags)> _all = [];

    /// <param name="ownFlow">Takes only what the test's own asynchronous flow measures.</param>
    public Told(bool ownFlow = false)
    {
        _listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name == FleetMetrics.Name) listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.Start();

        void Take(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            if (ownFlow && !_own.Value) return;
            lock (_gate) _all.Add((instrument.Name, value, tags.ToArray().ToDictionary(static tag => tag.Key, static tag => tag.Value?.ToString())));
        }
    }

    public IReadOnlyList<(double Value, Dictionary<string, string?> Tags)> All(string instrument)
    {
        lock (_gate) return [.. _all.Where(one => one.Instrument == instrument).Select(static one => (one.Value, one.Tags))];
    }

    public void Dispose() => _listener.Dispose();
}
