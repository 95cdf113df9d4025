using Dfu.Adapters;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Scan;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Timing;
using Dfu.Silo.Adapters;

namespace Dfu.Silo.Scan;

/// <summary>Radios that only listen: who is there now, and who of them hears it best. No silo, and nothing is stored.</summary>
public sealed class ScanRun : IAsyncDisposable
{
    private static readonly TimeSpan OpenTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly UnitTable _table = new();
    private readonly List<Radio> _radios;
    private readonly ProcessAdapters? _adapters;
    private readonly TimeProvider _time;
    private DateTimeOffset? _began;
    private volatile bool _watches;

    /// <param name="sources">Not disposed.</param>
    public ScanRun(IEnumerable<IAdapterSource> sources, TimeProvider time)
    {
        _time = time;
        _radios = [.. sources.Select(static source => new Radio(source))];
    }

    private ScanRun(IEnumerable<IAdapterSource> sources, ProcessAdapters adapters)
        : this(sources, adapters.Time) => _adapters = adapters;

    /// <summary>Takes the radios for this process; nothing is heard yet.</summary>
    /// <exception cref="DfuException">AdapterInUse.</exception>
    public static async Task<ScanRun> OpenAsync(IReadOnlyList<AdapterSpec> specs, TimeProvider time)
    {
        var adapters = new ProcessAdapters(time) { Surveys = true };
        try
        {
            return new ScanRun(specs.SelectMany(spec => spec.Open(adapters)).ToList(), adapters);
        }
        catch
        {
            await adapters.DisposeAsync();
            throw;
        }
    }

    /// <summary>Listens.</summary>
    /// <param name="length">From the first radio on; null until told to stop; then a radio that goes away is opened again, and who left is forgotten.</param>
    /// <exception cref="DfuException">AdapterInUse, or why no radio could be opened.</exception>
    public async Task RunAsync(TimeSpan? length, CancellationToken stop)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        _watches = length is null;
        try
        {
            var refusals = await Task.WhenAll(_radios.Select(radio => OpenAsync(radio, again: false, ending.Token)));
            stop.ThrowIfCancellationRequested();
            if (OpeningRefusal.Of(refusals, refusals.Any(static refusal => refusal is null)) is { } refused) throw refused;
            var listening = _radios.Select(radio => ListenAsync(radio, _watches, ending.Token)).ToList();
            await Task.WhenAny(Task.WhenAll(listening), Task.Delay(length ?? Timeout.InfiniteTimeSpan, _time, stop));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // What was heard until then is there.
        }
        finally
        {
            ending.Cancel();
            await Task.WhenAll(_radios.Select(static radio => radio.Listening));
            await Task.WhenAll(_radios.Select(CloseAsync));
        }
    }

    /// <summary>Callable from any thread.</summary>
    /// <param name="steady">In an order that does not jump about, for who looks at it while it goes on; else the strongest first.</param>
    public ScanView Snapshot(bool steady)
    {
        var now = _time.GetUtcNow();
        lock (_gate)
        {
            if (_watches) _table.Forget(now);
            return new(
                steady ? _table.Steady(now) : _table.Units(now),
                [.. _radios.Select(static radio => new ScanRadio(radio.Source.Id, radio.State, radio.Detail))],
                now - _began ?? TimeSpan.Zero);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_adapters is not null) await _adapters.DisposeAsync();
    }

    /// <returns>Why it could not be opened; null when it was.</returns>
    private async Task<DfuException?> OpenAsync(Radio radio, bool again, CancellationToken stop)
    {
        using var late = new CancellationTokenSource(OpenTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, stop);
        Task<IAdapter>? opening = null;
        try
        {
            if (again) await radio.Source.RecoverAsync(RecoveryStep.Reopen, either.Token);
            opening = radio.Source.OpenAsync(either.Token);
            radio.Adapter = await opening.WaitAsync(either.Token);
            return null;
        }
        catch (Exception e)
        {
            opening?.DisposeWhenItComes();
            var why = e as DfuException ?? new DfuException(
                DfuError.AdapterNotFound,
                e is OperationCanceledException ? $"the adapter {radio.Source.Id} did not open in time" : $"the adapter {radio.Source.Id}: {e.Message}",
                e);
            Set(radio, ScanRadioState.Lost, why.Message);
            return why;
        }
    }

    private Task ListenAsync(Radio radio, bool again, CancellationToken stop) => radio.Listening = Background.Start("scan", async () =>
    {
        while (!stop.IsCancellationRequested)
        {
            if (radio.Adapter is { } adapter) await ScanAsync(radio, adapter, stop);
            if (!again || stop.IsCancellationRequested) return;
            await CloseAsync(radio);
            if (!await PauseAsync(stop)) return;
            await OpenAsync(radio, again: true, stop);
        }
    });

    private async Task ScanAsync(Radio radio, IAdapter adapter, CancellationToken stop)
    {
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var ends = adapter.Lost.ContinueWith(_ => gone.Cancel(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        try
        {
            Set(radio, ScanRadioState.Listening, "");
            await foreach (var advertisement in adapter.ScanAsync(gone.Token)) Hear(radio, advertisement);
            Set(radio, ScanRadioState.Lost, adapter.Lost.IsCompleted ? await adapter.Lost : "it stopped listening");
        }
        catch (Exception e)
        {
            if (stop.IsCancellationRequested) return;
            Set(radio, ScanRadioState.Lost, adapter.Lost.IsCompleted ? await adapter.Lost : e.Message);
        }
    }

    private async Task<bool> PauseAsync(CancellationToken stop)
    {
        try
        {
            await Task.Delay(Again, _time, stop);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task CloseAsync(Radio radio)
    {
        if (radio.Adapter is not { } adapter) return;
        radio.Adapter = null;
        await adapter.CloseWithinAsync(CloseTimeout, _time);
    }

    private void Hear(Radio radio, in Advertisement advertisement)
    {
        lock (_gate) _table.Hear(_radios.IndexOf(radio), advertisement, _time.GetUtcNow());
    }

    private void Set(Radio radio, ScanRadioState state, string detail)
    {
        lock (_gate)
        {
            (radio.State, radio.Detail) = (state, detail);
            if (state == ScanRadioState.Listening) _began ??= _time.GetUtcNow();
        }
    }

    private sealed class Radio(IAdapterSource source)
    {
        public IAdapterSource Source => source;
        public IAdapter? Adapter { get; set; }
        public ScanRadioState State { get; set; }
        public string Detail { get; set; } = "";
        public Task Listening { get; set; } = Task.CompletedTask;
    }
}
