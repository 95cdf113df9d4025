using Dfu.Adapters;
using Dfu.Fleet.Telemetry;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Timing;

namespace Dfu.Fleet.Adapters;

/// <summary>Carries out what the adapter machine decides for one source: opens, scans, watches, tests, recovers, closes.</summary>
/// <param name="policy">What self-tests go by; null is no golden unit.</param>
/// <param name="wall">The clock on the wall; null is <paramref name="time"/>.</param>
public sealed class AdapterHost(
    IAdapterSource source, IAdapterReports reports, TimeProvider time, FleetPolicy? policy = null, TimeProvider? wall = null) : IAsyncDisposable
{
    private const string TooLate = "it did not open in time";
    private static readonly TimeSpan OpenTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RecoverTimeout = TimeSpan.FromSeconds(30);

    /// <summary>How long an adapter may take to close, and how much longer than asked one may take to open or recover, before it is left to itself.</summary>
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan ScanPause = TimeSpan.FromSeconds(1);

    private readonly object _gate = new();
    private readonly CancellationTokenSource _stopped = new();
    private readonly TaskCompletionSource<DfuException?> _firstOpening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private OpenAdapter? _open;
    private Task _closing = Task.CompletedTask;
    private Task _working = Task.CompletedTask;
    private bool _heard;

    public string Id => source.Id;

    /// <summary>Completes when the first opening has succeeded (null) or failed.</summary>
    public Task<DfuException?> FirstOpening => _firstOpening.Task;

    /// <summary>The adapter as it was opened for an epoch; null when it is no longer open.</summary>
    public OpenAdapter? OpenedAs(int epoch)
    {
        lock (_gate) return _open is { Closed: false } open && open.Epoch == epoch ? open : null;
    }

    public void Carry(AdapterEffect effect)
    {
        var work = effect switch
        {
            AdapterEffect.Open open => OpenAsync(open.Epoch),
            AdapterEffect.Close => CloseAsync(),
            AdapterEffect.Recover recover => RecoverAsync(recover.Epoch, recover.Step),
            AdapterEffect.SelfTest test => TestAsync(test.Epoch, test.Test),
            _ => Task.CompletedTask,
        };
        lock (_gate) _working = _working.IsCompleted ? work : Task.WhenAll(_working, work);
    }

    /// <summary>Gives up an opening that is under way.</summary>
    public void Stop() => _stopped.CancelInPlace();

    /// <summary>Returns when the adapter can have another owner: an opening or a recovery that is under way is over, too.</summary>
    public async ValueTask DisposeAsync()
    {
        Stop();
        await CloseAsync();
        Task working;
        lock (_gate) working = _working;
        try
        {
            await working.WithinAsync(CloseTimeout, time, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            // The source does not listen to its cancellation. OpenAsync closes what it may still open.
        }

        _stopped.Dispose();
    }

    private async Task OpenAsync(int epoch)
    {
        try
        {
            await CloseAsync();
            using var timeout = new CancellationTokenSource(OpenTimeout, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _stopped.Token);
            var opening = source.OpenAsync(either.Token);
            IAdapter adapter;
            try
            {
                adapter = await opening.WithinAsync(OpenTimeout + CloseTimeout, time, CancellationToken.None);
            }
            catch (TimeoutException) when (!opening.IsCompleted)
            {
                opening.DisposeWhenItComes();
                throw new DfuException(DfuError.AdapterNotFound, TooLate);
            }

            var open = new OpenAdapter(Id, adapter, epoch, time);
            bool wanted;
            lock (_gate)
            {
                wanted = !_stopped.IsCancellationRequested && _open is null;
                if (wanted) _open = open;
            }

            if (!wanted)
            {
                await adapter.DisposeAsync();
                return;
            }

            reports.Happened(new AdapterEvent.Opened(epoch, adapter.Name, adapter.MaxLinks, time.GetUtcNow()));
            _firstOpening.TrySetResult(null);
            Background.Run("watch an adapter", WatchAsync(open));
            Background.Run("scan", ScanAsync(open));
        }
        catch (Exception e)
        {
            var error = e as DfuException ?? (e is OperationCanceledException && _stopped.IsCancellationRequested
                ? new DfuException(DfuError.Interrupted, "its host stops", e)
                : new DfuException(DfuError.AdapterNotFound, e is OperationCanceledException ? TooLate : e.Message, e));
            reports.Happened(new AdapterEvent.OpenFailed(epoch, error.Message, time.GetUtcNow()));
            _firstOpening.TrySetResult(error);
        }
    }

    private async Task WatchAsync(OpenAdapter open)
    {
        var reason = await open.Adapter.Lost;
        reports.Happened(new AdapterEvent.Lost(open.Epoch, reason, time.GetUtcNow()));
    }

    private async Task ScanAsync(OpenAdapter open)
    {
        var gone = open.Gone.Token;
        while (!gone.IsCancellationRequested)
        {
            try
            {
                await foreach (var advertisement in open.Adapter.ScanAsync(gone))
                {
                    if (gone.IsCancellationRequested) return;
                    reports.Heard(advertisement);
                    open.Heard(advertisement);
                    Volatile.Write(ref _heard, true);
                }

                await Task.Delay(ScanPause, time, gone);
            }
            catch (OperationCanceledException) when (gone.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                reports.Happened(new AdapterEvent.Lost(open.Epoch, $"the scan ended: {e.Message}", time.GetUtcNow()));
                return;
            }
        }
    }

    private async Task TestAsync(int epoch, int test)
    {
        if (OpenedAs(epoch) is not { } open) return; // its loss is told already
        try
        {
            var findings = await new SelfTestRun(open, policy ?? new(), time).RunAsync(Volatile.Read(ref _heard));
            reports.Happened(new AdapterEvent.SelfTested(epoch, test, findings, time.GetUtcNow(), (wall ?? time).GetUtcNow()));
        }
        catch (Exception e) when (e is DfuException { Error: DfuError.AdapterLost } or OperationCanceledException)
        {
            // The adapter went away, which is told by itself; it is tested when it is back.
        }
    }

    private async Task RecoverAsync(int epoch, RecoveryStep step)
    {
        var done = false;
        try
        {
            await CloseAsync();
            using var timeout = new CancellationTokenSource(RecoverTimeout, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _stopped.Token);
            done = await source.RecoverAsync(step, either.Token).WithinAsync(RecoverTimeout + CloseTimeout, time, CancellationToken.None);
        }
        catch (Exception e)
        {
            // A step that fails counts as not done; the adapter machine takes the next one.
            Background.Overlook("recover a radio", e);
        }

        if (done) FleetMetrics.Recovered(Id, step);
        reports.Happened(new AdapterEvent.Recovered(epoch, step, done, time.GetUtcNow()));
    }

    private Task CloseAsync()
    {
        lock (_gate)
        {
            if (_open is not { } open) return _closing;
            _open = null;
            return _closing = LetGoAsync(open);
        }
    }

    private async Task LetGoAsync(OpenAdapter open)
    {
        open.Close();
        reports.Deaf();
        await open.Adapter.CloseWithinAsync(CloseTimeout, time); // the next opening tells whether it is well
    }
}
