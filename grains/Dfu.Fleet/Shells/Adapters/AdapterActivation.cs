using Dfu.Adapters;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Packages;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Storage;
using Dfu.Fleet.Turns;
using Dfu.Protocol.Errors;

namespace Dfu.Fleet.Shells.Adapters;

/// <summary>One radio of this host: begins and ends its <see cref="AdapterLoop"/>. Its turns decide and report; radios and transfers run elsewhere.</summary>
/// <remarks>Turns come while others wait for the radio; the loop's state is consistent then.</remarks>
internal sealed class AdapterActivation : IAdapterPeer, IAsyncDisposable
{
    private readonly string _id;
    private readonly IActivation _activation;
    private readonly DocumentStore<AdapterState> _store;
    private readonly EndedAttempts _ended = new();
    private readonly AdapterGuard _guard;
    private readonly PackageShelf _packages;
    private readonly IAdapterSource? _source;
    private AdapterState _known;
    private AdapterLoop? _loop;

    /// <param name="id">See <see cref="AdapterId"/>.</param>
    public AdapterActivation(string id, IActivation activation, IDocument state, AdapterGuard guard, PackageShelf packages)
    {
        (_id, _activation, _guard, _packages) = (id, activation, guard, packages);
        _store = new(activation, state);
        _known = new() { Id = id };
        _source = activation.Host.Sources.FirstOrDefault(source => source.Id == AdapterId.SpecOf(id));
    }

    /// <summary>Begins with what is stored.</summary>
    public Task BeginAsync() => LoadAsync();

    public Task WakeAsync()
    {
        if (_loop is null || _loop.Running.IsCompleted) Start();
        return Task.CompletedTask;
    }

    public Task<AdapterOpening> OpenedAsync()
    {
        if (_loop is null) Start();
        return _loop?.Opened ?? Task.FromResult(
            new AdapterOpening { Error = DfuError.AdapterNotFound, Detail = $"{_activation.Host.Silo} has no adapter {AdapterId.SpecOf(_id)}" });
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
        return _loop?.ControlAsync(control) ?? Task.FromResult(ControlAnswer.Refused($"{_activation.Host.Silo} has no adapter {AdapterId.SpecOf(_id)}"));
    }

    public Task<AdapterState> GetAsync() => Task.FromResult(_loop?.State ?? _known);

    public async ValueTask DisposeAsync()
    {
        _store.LastTry = true;
        if (_loop is { } loop) await loop.DisposeAsync();
    }

    private void Start()
    {
        if (_source is null) return;
        _store.LastTry = false;
        _loop = new(new()
        {
            Id = _id,
            Source = _source,
            Host = _activation.Host,
            Guard = _guard,
            Packages = _packages,
            Peers = _activation.Peers,
            Log = _activation.Log,
            Updates = _activation.Updates,
            Ended = _ended,
            Known = _known,
            Load = LoadAsync,
            Save = SaveAsync,
        });
        _loop.Start();
    }

    /// <summary>An earlier owner may have written since this one began.</summary>
    private async Task<AdapterState> LoadAsync() => _known = await _store.ReadAsync() is { } stored ? stored with { Id = _id } : new() { Id = _id };

    private async Task SaveAsync(AdapterState state)
    {
        await _store.SaveAsync(state);
        _known = state;
    }
}
