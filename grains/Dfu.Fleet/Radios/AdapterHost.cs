using Dfu.Adapters;
using Dfu.Fleet.Adapters;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Timing;

namespace Dfu.Fleet.Radios;

/// <summary>Carries out what the adapter machine decides for one source: opens, scans, watches, recovers, closes.</summary>
public sealed class AdapterHost(IAdapterSource source, IAdapterReports reports, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan OpenTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RecoverTimeout = TimeSpan.FromSeconds(30);

    /// <summary>How long a radio may take to close, and how much longer than asked one may take to open or recover, before it is left to itself.</summary>
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan ScanPause = TimeSpan.FromSeconds(1);

    private readonly object _gate = new();
    private readonly CancellationTokenSource _stopped = new();
    private readonly TaskCompletionSource<DfuException?> _firstOpening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private OpenRadio? _radio;
    private Task _closing = Task.CompletedTask;
    private Task _working = Task.CompletedTask;

    public string Id => source.Id;

    /// <summary>Completes when the first opening has succeeded (null) or failed.</summary>
    public Task<DfuException?> FirstOpening => _firstOpening.Task;

    /// <summary>The radio of an epoch; null when it is no longer open.</summary>
    public OpenRadio? Radio(int epoch)
    {
        lock (_gate) return _radio is { } radio && radio.Epoch == epoch && !radio.Closed ? radio : null;
    }

    public void Carry(AdapterEffect effect)
    {
        var work = effect switch
        {
            AdapterEffect.Open open => OpenAsync(open.Epoch),
            AdapterEffect.Close => CloseAsync(),
            AdapterEffect.Recover recover => RecoverAsync(recover.Epoch, recover.Step),
            _ => Task.CompletedTask,
        };
        lock (_gate) _working = _working.IsCompleted ? work : Task.WhenAll(_working, work);
    }

    /// <summary>Gives up an opening that is under way.</summary>
    public void Stop() => _ = _stopped.CancelInPlace();

    /// <summary>Returns when the radio can have another owner: an opening or a recovery that is under way is over, too.</summary>
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
            // It does not listen to its cancellation. What it opens is closed when it comes.
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
                throw new DfuException(DfuError.AdapterNotFound, "it did not open in time");
            }

            var radio = new OpenRadio(Id, adapter, epoch, time);
            bool wanted;
            lock (_gate)
            {
                wanted = !_stopped.IsCancellationRequested && _radio is null;
                if (wanted) _radio = radio;
            }

            if (!wanted)
            {
                await adapter.DisposeAsync();
                return;
            }

            reports.Happened(new AdapterEvent.Opened(epoch, adapter.Name, adapter.MaxLinks, time.GetUtcNow()));
            _firstOpening.TrySetResult(null);
            _ = WatchAsync(radio);
            _ = ScanAsync(radio);
        }
        catch (Exception e)
        {
            var error = e as DfuException ?? new DfuException(DfuError.AdapterNotFound, e is OperationCanceledException ? "it did not open in time" : e.Message, e);
            reports.Happened(new AdapterEvent.OpenFailed(epoch, error.Message, time.GetUtcNow()));
            _firstOpening.TrySetResult(error);
        }
    }

    private async Task WatchAsync(OpenRadio radio)
    {
        var reason = await radio.Adapter.Lost;
        reports.Happened(new AdapterEvent.Lost(radio.Epoch, reason, time.GetUtcNow()));
    }

    private async Task ScanAsync(OpenRadio radio)
    {
        var gone = radio.Gone.Token;
        while (!gone.IsCancellationRequested)
        {
            try
            {
                await foreach (var advertisement in radio.Adapter.ScanAsync(gone))
                {
                    if (gone.IsCancellationRequested) return;
                    reports.Heard(advertisement);
                    radio.Heard(advertisement);
                }

                await Task.Delay(ScanPause, time, gone);
            }
            catch (OperationCanceledException) when (gone.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                reports.Happened(new AdapterEvent.Lost(radio.Epoch, $"the scan ended: {e.Message}", time.GetUtcNow()));
                return;
            }
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
        catch (Exception)
        {
            // A step that fails is a step that was not done; the ladder has the next one.
        }

        reports.Happened(new AdapterEvent.Recovered(epoch, done, time.GetUtcNow()));
    }

    private Task CloseAsync()
    {
        lock (_gate)
        {
            if (_radio is not { } radio) return _closing;
            _radio = null;
            return _closing = LetGoAsync(radio);
        }
    }

    private async Task LetGoAsync(OpenRadio radio)
    {
        radio.Close();
        reports.Deaf();
        await radio.Adapter.CloseWithinAsync(CloseTimeout, time); // the next opening tells whether it is well
    }
}
