using System.Collections.Immutable;
using Dfu.Fleet.Access;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Retention;
using Dfu.Fleet.Storage;
using Dfu.Fleet.Turns;
using Dfu.Protocol.Errors;
using Microsoft.Extensions.Logging;

namespace Dfu.Fleet.Shells.Retention;

/// <summary>Carries out what a <see cref="RetentionRound"/> decides. It saves what it is going to delete first, so that another goes on after it.</summary>
/// <remarks>
/// A campaign leaves the directory before anything of it is deleted: from then on no request can go on with it. What may be needed again is
/// asked once more by whoever deletes it: a campaign that goes on, a device that is in another one, a package that is wanted.
/// </remarks>
internal sealed class RetentionActivation
{
    private readonly IActivation _activation;
    private readonly IRetentionPeers _peers;
    private readonly Func<Task> _remind;
    private readonly GroupedSave _save;
    private readonly DocumentStore<RetentionState> _states;
    private RetentionState _state = new();
    private Task _round = Task.CompletedTask;

    /// <param name="remind">Has <see cref="Reminded"/> called each day from now on, where that can be had.</param>
    public RetentionActivation(IActivation activation, IDocument state, IRetentionPeers peers, Func<Task> remind)
    {
        (_activation, _peers, _remind) = (activation, peers, remind);
        _states = new(activation, state);
        _save = new(() => _states.SaveAsync(_state), activation.Host.Time);
    }

    /// <summary>Begins with what is stored.</summary>
    public async Task BeginAsync() => _state = await _states.ReadAsync() ?? _state;

    public void Leave() => _states.LastTry = true;

    public async Task RunAsync(RetentionWish wish)
    {
        var policy = wish.Over(_state.Policy);
        if (policy != _state.Policy) await SaveAsync(_state with { Policy = policy });
        await _remind();
        await RoundAsync();
    }

    /// <summary>A round is due. A call has a time limit, a round has none.</summary>
    public void Reminded() => OwnWork.Run(_activation.Log, "make a round", _activation.Name, RoundAsync, LogLevel.Warning);

    public Task NeededAsync(string package) => _state.Needing(package, _activation.Host.Time.GetUtcNow()) is var next && ReferenceEquals(next, _state)
        ? Task.CompletedTask
        : SaveAsync(next);

    public Task<ImmutableArray<KeptPackage>> PackagesAsync() => Task.FromResult<ImmutableArray<KeptPackage>>(
    [
        .. _state.Packages.Select(static package => new KeptPackage(package.Key, package.Value))
            .OrderByDescending(static package => package.NeededAt).ThenBy(static package => package.Id, StringComparer.Ordinal),
    ]);

    public async Task<PackageAnswer> DeletePackageAsync(string package, string by)
    {
        var needs = (await _peers.ListAsync()).FirstOrDefault(entry => entry.PackageId == package && !entry.Finished);
        if (needs is not null)
        {
            var called = needs.Name.Length > 0 ? $" ({needs.Name})" : "";
            return new(DfuError.PackageInUse, $"the campaign {needs.Campaign}{called} needs it");
        }

        var answer = await _peers.DeleteAsync(package, by);
        if (_state.Packages.ContainsKey(package) && answer.Refusal is DfuError.None or DfuError.NotFound) await SaveAsync(_state.WithoutPackage(package));
        return answer;
    }

    /// <summary>One at a time; whoever asks during one waits for that.</summary>
    private Task RoundAsync() => _round.IsCompleted ? _round = OwnWork.BeginAsync(MakeRoundAsync) : _round;

    private async Task MakeRoundAsync()
    {
        var listed = (await _peers.ListAsync()).Select(static entry => new ListedCampaign(entry.Campaign, entry.PackageId, entry.Finished));
        var round = RetentionRound.Decide(_state, [.. listed], _activation.Host.Time.GetUtcNow());
        await SaveAsync(round.Next);
        if (_state.Going.Count > 0)
        {
            var gone = await _peers.ForgetAsync([.. _state.Going]);
            foreach (var kept in _state.Going.Except(gone)) _state = _state.Without(kept);
        }

        var (campaigns, packages) = (0, 0);
        foreach (var campaign in _state.Going)
        {
            if (!await TryAsync(campaign, () => _peers.ForgetCampaignAsync(campaign))) continue;
            _state = _state.Without(campaign);
            campaigns++;
        }

        foreach (var package in round.Packages)
        {
            var gone = false;
            await TryAsync(package, async () => gone = await _peers.ForgetPackageAsync(package));
            if (!gone) continue;
            _state = _state.WithoutPackage(package);
            packages++;
        }

        if (campaigns == 0 && packages == 0) return;
        await SaveAsync(_state);
        _activation.Log.Forgot(campaigns, packages);
    }

    /// <summary>What cannot be deleted now keeps nothing else from it; the next round tries again.</summary>
    private async Task<bool> TryAsync(string what, Func<Task> forget)
    {
        try
        {
            await forget();
            return true;
        }
        catch (Exception e)
        {
            _activation.Log.WorkFailed(LogLevel.Warning, what, "be deleted yet", e);
            return false;
        }
    }

    private Task SaveAsync(RetentionState next)
    {
        _state = next;
        return _save.SaveAsync(TimeSpan.Zero);
    }
}
