using System.Diagnostics;
using Dfu.Adapters;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Storage;
using Dfu.Fleet.Telemetry;
using Dfu.Fleet.Updates;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Timing;

namespace Dfu.Fleet.Attempts;

/// <summary>Carries out one attempt: reconciles, transfers, activates and verifies one device.</summary>
public delegate Task<UpdateResult> UpdateRunner(
    IUpdateAdapter adapter, UpdateOrder order, IUpdateObserver observer, TimeProvider time, CancellationToken cancellationToken);

/// <summary>One attempt as its own task. It ends exactly once, however it ends, and its links are closed by then.</summary>
public sealed class AttemptRun : IDisposable
{
    private const string WentAway = "its adapter went away";

    /// <summary>An attempt that was stopped and does not end within this time is abandoned: its links are closed and it is ignored.</summary>
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(10);

    /// <summary>How long a link may take to close.</summary>
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(15);

    private readonly TimeProvider _time;
    private readonly IAttemptReports _reports;
    private readonly AttemptMeter _meter;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<IDfuLink> _links = [];
    private AttemptTelemetry? _telemetry;
    private int _ended;
    private int _reason;

    public AttemptRun(BluetoothAddress device, int attempt, OpenAdapter adapter, ITrafficSlot traffic, IAttemptReports reports, TimeProvider time)
    {
        Device = device;
        Attempt = attempt;
        Adapter = adapter;
        Traffic = traffic;
        _time = time;
        _reports = reports;
        _meter = new(time);
    }

    public BluetoothAddress Device { get; }
    public int Attempt { get; }
    public OpenAdapter Adapter { get; }
    public ITrafficSlot Traffic { get; }

    /// <summary>Why it was told to stop; None while it was not.</summary>
    public DfuError StopReason => (DfuError)Volatile.Read(ref _reason);

    /// <summary>What lines about the attempt name; empty before it runs, and when nobody listens.</summary>
    public ActivityContext Trace => Volatile.Read(ref _telemetry)?.Context ?? default;

    /// <summary>Whether it still has the right to its device.</summary>
    public Func<bool> Entitled { get; init; } = static () => true;

    /// <summary>Nothing it reports counts any more.</summary>
    public bool Fenced => Volatile.Read(ref _ended) != 0;

    /// <summary>It may connect to its device, and write to it.</summary>
    internal bool MayDrive => !Fenced && Entitled();

    /// <summary>Runs the attempt to its end; never throws. Called once.</summary>
    public async Task RunAsync(UpdateRunner runner, UpdateOrder order, LinkOptions link)
    {
        var telemetry = new AttemptTelemetry(this, order, _time);
        Volatile.Write(ref _telemetry, telemetry);
        var observer = new AttemptObserver(this, _reports, order.Package, telemetry, _meter, _time);
        var adapter = new AttemptAdapter(this, _reports, link, telemetry, _time);
        var (error, detail, result) = (DfuError.None, "", default(UpdateResult));
        try
        {
            result = await runner(adapter, order, observer, _time, _stop.Token);
        }
        catch (DfuException e)
        {
            (error, detail) = (e.Error, e.Message);
        }
        catch (OperationCanceledException)
        {
            error = DfuError.Interrupted;
        }
        catch (Exception e)
        {
            (error, detail) = (DfuError.Unexpected, $"{e.GetType().Name}: {e.Message}");
        }

        await CloseLinksAsync();
        if (error != DfuError.None && StopReason != DfuError.None)
            (error, detail) = (StopReason, StopReason == DfuError.AdapterLost ? WentAway : "");
        else if ((error.IsTransient() || result is { ApplicationHeard: false }) && Adapter.Lost)
            (error, detail) = (DfuError.AdapterLost, WentAway);
        telemetry.End(error, detail);
        End(error, detail, result);
        Dispose();
    }

    public void Dispose() => _stop.Dispose();

    /// <summary>Asks the attempt to end; the first reason counts.</summary>
    public void Stop(DfuError reason)
    {
        if (Interlocked.CompareExchange(ref _reason, (int)reason, 0) != 0) return;
        _stop.CancelInPlace();
        if (!Fenced) Background.Run("abandon an attempt", AbandonAsync());
    }

    /// <exception cref="OperationCanceledException">It must not drive its device any more.</exception>
    internal void ThrowIfOver()
    {
        if (!MayDrive) throw new OperationCanceledException("the attempt is over");
    }

    /// <returns>False when the attempt is over: the link is not wanted any more.</returns>
    internal bool Opened(IDfuLink link)
    {
        lock (_links)
        {
            if (!MayDrive) return false;
            _links.Add(link);
            return true;
        }
    }

    private async Task AbandonAsync()
    {
        await Task.Delay(StopTimeout, _time, CancellationToken.None);
        if (Fenced) return;

        // Another attempt may begin at the end of this one, so its links go first, and any that came meanwhile.
        await CloseLinksAsync();
        End(StopReason, "it did not stop when told to", null);
        await CloseLinksAsync();
    }

    private void End(DfuError error, string detail, UpdateResult? result)
    {
        if (Interlocked.Exchange(ref _ended, 1) != 0) return;
        var cost = _meter.Read();
        Volatile.Read(ref _telemetry)?.Over(error, cost.Time);
        _reports.Ended(
            this,
            new(Attempt, error, error == DfuError.None ? result?.Detail ?? "" : detail, result?.ApplicationHeard ?? false, Traffic.Read(), _time.GetUtcNow())
            {
                Cost = cost,
                Finish = error == DfuError.None ? result?.Finish : null,
                AlreadyCurrent = error == DfuError.None && result is { AlreadyCurrent: true },
            });
    }

    private async Task CloseLinksAsync()
    {
        while (true)
        {
            IDfuLink link;
            lock (_links)
            {
                if (_links.Count == 0) return;
                link = _links[^1];
                _links.RemoveAt(_links.Count - 1);
            }

            await link.CloseWithinAsync(CloseTimeout, _time);
        }
    }
}
