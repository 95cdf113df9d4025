using System.Collections.Immutable;
using Dfu.Fleet;
using Dfu.Fleet.Access;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Retention;
using Dfu.Fleet.Storage;
using Dfu.Fleet.Turns;
using Dfu.Grains.Storage;
using Dfu.Grains.Turns;
using Dfu.Protocol.Errors;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace Dfu.Grains.Retention;

/// <summary>Carries out what a <see cref="RetentionRound"/> decides. It saves what it is going to delete first, so that another goes on after it.</summary>
/// <remarks>
/// A campaign leaves the directory before anything of it is deleted: from then on no request can go on with it. What may be needed again is
/// asked once more by the grain that deletes it: a campaign that goes on, a device that is in another one, a package that is wanted.
/// </remarks>
[Reentrant]
internal sealed class RetentionGrain(
    FleetHost host,
    [PersistentState("retention", StorageNames.State)] IPersistentState<StoredDocument> state,
    ILogger<RetentionGrain> logger) : Grain, IRetentionGrain, IRemindable
{
    private const string Reminder = "round";
    private RetentionState _state = new();
    private GroupedSave _save = null!;
    private DocumentStore<RetentionState> _states = null!;
    private Task _round = Task.CompletedTask;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _states = new(new GrainActivation(GrainContext, "retention", GrainFactory, host, logger), new GrainDocument(state));
        _save = new(() => _states.SaveAsync(_state), host.Time);
        if (_states.Read() is { } stored) _state = stored;
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _states.LastTry = true;
        return Task.CompletedTask;
    }

    public async Task RunAsync(RetentionWish wish)
    {
        var policy = wish.Over(_state.Policy);
        if (policy != _state.Policy) await SaveAsync(_state with { Policy = policy });
        if (ServiceProvider.GetService<IReminderTable>() is not null) await this.RegisterOrUpdateReminder(Reminder, RetentionHost.Every, RetentionHost.Every);
        await RoundAsync();
    }

    public Task ReceiveReminder(string reminderName, TickStatus status)
    {
        // A call has a time limit, a round has none.
        OwnWork.Run(logger, "make a round", "retention", RoundAsync, LogLevel.Warning);
        return Task.CompletedTask;
    }

    public Task NeededAsync(string package) => _state.Needing(package, host.Time.GetUtcNow()) is var next && ReferenceEquals(next, _state)
        ? Task.CompletedTask
        : SaveAsync(next);

    public Task<ImmutableArray<KeptPackage>> PackagesAsync() => Task.FromResult<ImmutableArray<KeptPackage>>(
    [
        .. _state.Packages.Select(static package => new KeptPackage(package.Key, package.Value))
            .OrderByDescending(static package => package.NeededAt).ThenBy(static package => package.Id, StringComparer.Ordinal),
    ]);

    public async Task<PackageAnswer> DeletePackageAsync(string package, string by)
    {
        var needs = (await GrainFactory.GetGrain<IFleetGrain>(0).ListAsync()).FirstOrDefault(entry => entry.PackageId == package && !entry.Finished);
        if (needs is not null)
        {
            var called = needs.Name.Length > 0 ? $" ({needs.Name})" : "";
            return new(DfuError.PackageInUse, $"the campaign {needs.Campaign}{called} needs it");
        }

        var answer = await GrainFactory.GetGrain<IPackageGrain>(package).DeleteAsync(by);
        if (_state.Packages.ContainsKey(package) && answer.Refusal is DfuError.None or DfuError.NotFound) await SaveAsync(_state.WithoutPackage(package));
        return answer;
    }

    /// <summary>One at a time; whoever asks during one waits for that.</summary>
    private Task RoundAsync() => _round.IsCompleted ? _round = OwnWork.BeginAsync(MakeRoundAsync) : _round;

    private async Task MakeRoundAsync()
    {
        var directory = GrainFactory.GetGrain<IFleetGrain>(0);
        var listed = (await directory.ListAsync()).Select(static entry => new ListedCampaign(entry.Campaign, entry.PackageId, entry.Finished));
        var round = RetentionRound.Decide(_state, [.. listed], host.Time.GetUtcNow());
        await SaveAsync(round.Next);
        if (_state.Going.Count > 0)
        {
            var gone = await directory.ForgetAsync([.. _state.Going]);
            foreach (var kept in _state.Going.Except(gone)) _state = _state.Without(kept);
        }

        var (campaigns, packages) = (0, 0);
        foreach (var campaign in _state.Going)
        {
            if (!await TryAsync(campaign, () => GrainFactory.GetGrain<ICampaignGrain>(campaign).ForgetAsync())) continue;
            _state = _state.Without(campaign);
            campaigns++;
        }

        foreach (var package in round.Packages)
        {
            var gone = false;
            await TryAsync(package, async () => gone = await GrainFactory.GetGrain<IPackageGrain>(package).ForgetAsync());
            if (!gone) continue;
            _state = _state.WithoutPackage(package);
            packages++;
        }

        if (campaigns == 0 && packages == 0) return;
        await SaveAsync(_state);
        logger.Forgot(campaigns, packages);
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
            logger.WorkFailed(LogLevel.Warning, what, "be deleted yet", e);
            return false;
        }
    }

    private Task SaveAsync(RetentionState next)
    {
        _state = next;
        return _save.SaveAsync(TimeSpan.Zero);
    }
}
