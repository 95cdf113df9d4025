using Dfu.Fleet;
using Dfu.Fleet.AccessKeys;
using Dfu.Fleet.Audit;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Storage;
using Dfu.Grains.Storage;
using Dfu.Grains.Turns;
using Dfu.Protocol.Errors;
using Microsoft.Extensions.Logging;

namespace Dfu.Grains.AccessKeys;

/// <summary>Keeps the keys: a change is stored before anybody is answered, and told to the audit after that until the audit has it.</summary>
internal sealed class AccessKeysGrain(
    FleetHost host,
    [PersistentState("access-keys", StorageNames.State)] IPersistentState<StoredDocument> state,
    ILogger<AccessKeysGrain> logger) : Grain, IAccessKeysGrain
{
    private const string Subject = "the access keys";
    private AccessKeysState _state = new();
    private DocumentStore<AccessKeysState> _states = null!;
    private AuditOutbox _audit = null!;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var activation = new GrainActivation(GrainContext, Subject, GrainFactory, host, logger);
        _states = new(activation, new GrainDocument(state));
        _audit = new(activation.Peers, host, logger);
        if (_states.Read() is { } stored) _state = stored;
        this.RegisterGrainTimer(TellAsync, new() { DueTime = TimeSpan.Zero, Period = host.Times.Again });
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _states.LastTry = true;
        return Task.CompletedTask;
    }

    public Task<ControlAnswer> AddAsync(HeldKey key) => ApplyAsync(AccessKeyChanges.Add(_state, key, host.Wall.GetUtcNow()));

    public Task<ControlAnswer> RevokeAsync(string key, string by) => ApplyAsync(AccessKeyChanges.Revoke(_state, key, by, host.Wall.GetUtcNow()));

    public Task UsedAsync(string id) => SaveAsync(AccessKeyChanges.Used(_state, id, host.Wall.GetUtcNow()));

    public Task<AccessKeyRing?> ReadAsync(int known) => Task.FromResult(_state.Ring.Revision == known ? null : _state.Ring);

    private async Task<ControlAnswer> ApplyAsync(AccessKeyVerdict verdict)
    {
        if (verdict.Refused != DfuError.None) return new() { Error = verdict.Refused, Detail = verdict.Words };
        await SaveAsync(verdict.Next);
        await TellAsync();
        return ControlAnswer.Done(verdict.Words);
    }

    private async Task SaveAsync(AccessKeysState next)
    {
        if (ReferenceEquals(next, _state)) return;
        await _states.SaveAsync(next);
        _state = next;
    }

    private Task TellAsync()
    {
        var untold = _state.Untold;

        // What the audit has is left out with the next change: told twice is there once.
        _audit.Tell(Subject, untold, () => _state = _state.Told(untold));
        return Task.CompletedTask;
    }
}
