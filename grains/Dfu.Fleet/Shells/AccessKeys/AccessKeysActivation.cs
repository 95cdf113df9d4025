using Dfu.Fleet.AccessKeys;
using Dfu.Fleet.Audit;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Storage;
using Dfu.Fleet.Turns;
using Dfu.Protocol.Errors;

namespace Dfu.Fleet.Shells.AccessKeys;

/// <summary>Keeps the keys: a change is stored before anybody is answered, and told to the audit after that until the audit has it.</summary>
/// <remarks>Changes come one after another; keys are read meanwhile.</remarks>
internal sealed class AccessKeysActivation(IActivation activation, IDocument state)
{
    private readonly DocumentStore<AccessKeysState> _states = new(activation, state);
    private readonly AuditOutbox _audit = new(activation.Peers, activation.Host, activation.Log);
    private AccessKeysState _state = new();

    /// <summary>Begins with what is stored.</summary>
    public async Task BeginAsync() => _state = await _states.ReadAsync() ?? _state;

    public void Leave() => _states.LastTry = true;

    public Task<ControlAnswer> AddAsync(HeldKey key) => ApplyAsync(AccessKeyChanges.Add(_state, key, activation.Host.Wall.GetUtcNow()));

    public Task<ControlAnswer> RevokeAsync(string key, string by) => ApplyAsync(AccessKeyChanges.Revoke(_state, key, by, activation.Host.Wall.GetUtcNow()));

    public Task UsedAsync(string id) => SaveAsync(AccessKeyChanges.Used(_state, id, activation.Host.Wall.GetUtcNow()));

    public Task<AccessKeyRing?> ReadAsync(int known) => Task.FromResult(_state.Ring.Revision == known ? null : _state.Ring);

    /// <summary>Tells the audit what it has not taken yet; from time to time.</summary>
    public Task TellAsync()
    {
        var untold = _state.Untold;

        // What the audit has is left out with the next change: told twice is there once.
        _audit.Tell(activation.Name, untold, () => _state = _state.Told(untold));
        return Task.CompletedTask;
    }

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
}
