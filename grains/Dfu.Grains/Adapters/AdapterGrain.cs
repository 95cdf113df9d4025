using Dfu.Adapters;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Telemetry;
using Dfu.Grains.Packages;
using Dfu.Grains.Placement;
using Dfu.Grains.Storage;
using Dfu.Protocol.Errors;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Placement;

namespace Dfu.Grains.Adapters;

/// <summary>One radio of this silo. Its turns decide and report; radios and transfers run elsewhere.</summary>
/// <remarks>
/// Reentrant, because some calls wait for the radio and others must be answered meanwhile; the loop's state is consistent whenever a turn waits.
/// </remarks>
[KeepAlive, Immovable, OnOwnSilo, Reentrant, GrainType("dfu.adapter")]
internal sealed class AdapterGrain : Grain, IAdapterGrain, IAsyncDisposable
{
    private readonly DocumentStore<AdapterState> _store;
    private readonly EndedAttempts _ended = new();
    private readonly FleetHost _host;
    private readonly AdapterGuard _guard;
    private readonly PackageShelf _packages;
    private readonly ILogger<AdapterGrain> _log;
    private readonly ILogger _updates;
    private readonly IAdapterSource? _source;
    private AdapterLoop? _loop;

    public AdapterGrain(
        [PersistentState("adapter", StorageNames.State)] IPersistentState<StoredDocument> state,
        IGrainContext context,
        FleetHost host,
        AdapterGuard guard,
        PackageShelf packages,
        ILogger<AdapterGrain> log,
        ILoggerFactory loggers)
    {
        (_host, _guard, _packages, _log, _updates) = (host, guard, packages, log, loggers.CreateLogger(TracedLines.Updates));
        _store = new(context, state, host, log);
        Id = context.GrainId.Key.ToString()!;
        _source = host.Sources.FirstOrDefault(source => source.Id == AdapterId.SpecOf(Id));
    }

    private string Id { get; }

    public Task WakeAsync()
    {
        if (_loop is null || _loop.Running.IsCompleted) Start();
        return Task.CompletedTask;
    }

    public Task<Opening> OpenedAsync()
    {
        if (_loop is null) Start();
        return _loop?.Opened ?? Task.FromResult(
            new Opening { Error = DfuError.AdapterNotFound, Detail = $"{_host.Silo} has no adapter {AdapterId.SpecOf(Id)}" });
    }

    public Task<AttemptAnswer> BeginAsync(AttemptOrder order) => Task.FromResult(_loop?.Begin(order) ?? AttemptAnswer.Refused);

    public Task StopAttemptAsync(AttemptStop stop)
    {
        _loop?.Stop(stop);
        return Task.CompletedTask;
    }

    public Task LendSlotAsync(AttemptName attempt)
    {
        _loop?.LendOrRetake(attempt);
        return Task.CompletedTask;
    }

    public Task RetakeSlotAsync(AttemptName attempt)
    {
        _loop?.LendOrRetake(attempt);
        return Task.CompletedTask;
    }

    public Task<int> LeaveAsync() => Task.FromResult(_loop?.Leave() ?? 0);

    public Task StopAsync() => DisposeAsync().AsTask();

    public Task ServedElsewhereAsync(AttemptName attempt)
    {
        _loop?.ServedElsewhere(attempt);
        return Task.CompletedTask;
    }

    public Task<ControlAnswer> ControlAsync(AdapterControl control)
    {
        if (_loop is null) Start();
        return _loop?.ControlAsync(control) ?? Task.FromResult(ControlAnswer.Refused($"{_host.Silo} has no adapter {AdapterId.SpecOf(Id)}"));
    }

    public Task<AdapterState> GetAsync() => Task.FromResult(_loop?.State ?? Known);

    /// <remarks>Where there is no time for that the radio is closed all the same, and until then nobody else has it.</remarks>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        try
        {
            await StopAsync().WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The silo does not wait for the radio.
        }
    }

    public async ValueTask DisposeAsync()
    {
        _store.LastTry = true;
        if (_loop is { } loop) await loop.DisposeAsync();
    }

    private AdapterState Known => Mine(_store.Read());

    private void Start()
    {
        if (_source is null) return;
        _store.LastTry = false;
        _loop = new(new()
        {
            Id = Id,
            Source = _source,
            Host = _host,
            Guard = _guard,
            Packages = _packages,
            Grains = GrainFactory,
            Log = _log,
            Updates = _updates,
            Ended = _ended,
            Known = Known,
            Load = LoadAsync,
            Save = _store.SaveAsync,
        });
        _loop.Start();
    }

    /// <summary>An earlier owner may have written since the activation.</summary>
    private async Task<AdapterState> LoadAsync() => Mine(await _store.ReloadAsync());

    private AdapterState Mine(AdapterState? stored) => stored is null ? new() { Id = Id } : stored with { Id = Id };
}
