using System.Diagnostics;
using Dfu.Fleet.Attempts;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Updates;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Transfers;

namespace Dfu.Fleet.Telemetry;

/// <summary>All that one attempt tells metrics and traces.</summary>
internal sealed class AttemptTelemetry
{
    private readonly AttemptTrace? _trace;
    private readonly AttemptTraffic _traffic;
    private readonly string _adapter;
    private readonly Lock _gate = new();
    private TimeSpent _spent = new();

    public AttemptTelemetry(AttemptRun run, UpdateOrder order, TimeProvider time)
    {
        _adapter = run.Adapter.Id;
        _traffic = new(run.Traffic, _adapter, order.Resumes);
        if (FleetActivities.StartAttempt(run.Device, run.Attempt, _adapter, order.TraceParent, time) is { } activity)
        {
            Activity.Current = activity; // of the attempt's own task
            Context = activity.Context;
            _trace = new(activity, time);
        }

        FleetMetrics.AttemptBegan();
    }

    /// <summary>Of the attempt's span; empty when nobody listens.</summary>
    public ActivityContext Context { get; }

    public void Enter(UpdatePhase phase) => _trace?.Enter(phase);

    public void ImageStarted(int image)
    {
        _traffic.ImageStarted(image);
        _trace?.ImageStarted(image);
    }

    public void Linked(int mtu, TimeSpan? interval) => _trace?.Linked(mtu, interval);

    public void ConnectTurn() => _trace?.ConnectTurn();

    public void Connected(DfuError error, TimeSpan took) => FleetMetrics.Connected(_adapter, error, took);

    public void Resumed(ResumeRecord record)
    {
        // Kept bytes are those that the device's own totals count.
        if (record.Diagnosis != Diagnosis.Fresh) FleetMetrics.Resumed(record.Diagnosis, default(ResumeTotals).With(record).Kept);
        _traffic.Resumed(record);
        _trace?.Resumed(record);
    }

    public void Sent(int image, long offset, int count) => _traffic.Sent(image, offset, count);

    public void Confirmed(long offset)
    {
        _traffic.Confirmed(offset);
        _trace?.Confirmed(offset);
    }

    public void Saved(long offset) => _trace?.Saved(offset);

    /// <param name="time">All that it has spent so far.</param>
    public void Spent(TimeSpent time)
    {
        if (!FleetMetrics.CountsTime) return;
        lock (_gate)
        {
            foreach (var use in Enum.GetValues<TimeUse>())
            {
                if (time.Of(use) - _spent.Of(use) is var seconds and > 0) FleetMetrics.Spent(use, seconds);
            }

            _spent = time;
        }
    }

    /// <summary>Nothing that it does counts any more.</summary>
    public void Over(DfuError error, TimeSpent time)
    {
        Spent(time);
        FleetMetrics.AttemptEnded(_adapter, error);
    }

    public void End(DfuError error, string detail)
    {
        _traffic.Flush();
        _trace?.End(error, detail);
    }
}
