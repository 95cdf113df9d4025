using System.Collections.Immutable;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Packages;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Storage;
using Dfu.Fleet.Turns;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Timing;

namespace Dfu.Fleet.Shells.Directory;

/// <summary>
/// The directory behind calls. Its turns change the state at once and wait for its save together with whatever else changes meanwhile. It waits
/// for campaigns, so that a request is answered when its campaign runs, but no call waits for a campaign of another; a campaign never waits for it.
/// </summary>
internal sealed class DirectoryActivation : IDirectoryPeer
{
    private const int MostWokenAtOnce = 32;

    /// <summary>Requests that wait until their campaign runs.</summary>
    private readonly Dictionary<string, Task> _starts = [];
    private readonly HashSet<string> _cancelling = [];
    private DirectoryState _directory = new();
    private DirectoryState _saved = new();
    private readonly DirectoryLog _log = new();
    private readonly Guid _epoch = Guid.NewGuid();
    private readonly IActivation _activation;
    private readonly GroupedSave _save;
    private readonly DocumentStore<DirectoryState> _states;
    private readonly OwnTurns _turns;
    private readonly Pulse _pulse;

    /// <summary>Counts campaigns that began, or go on.</summary>
    private int _takenUp;

    /// <summary>A campaign may not be as it is listed: it was to begin or to go on, and may not have come to that. All are woken until they answer.</summary>
    private bool _doubts;
    private bool _waking;

    public DirectoryActivation(IActivation activation, IDocument state)
    {
        _activation = activation;
        _save = new(WriteAsync, activation.Host.Time);
        _states = new(activation, state);
        _turns = new(activation);
        _pulse = new(activation, activation.Host.Times.Again, () => _turns.RunAsync(PulseAsync));
    }

    /// <summary>Begins with what is stored.</summary>
    public async Task BeginAsync()
    {
        if (await _states.ReadAsync() is { } stored) _directory = _saved = stored.Upgraded();
        _log.Take(_saved);
        _doubts = _saved.Campaigns.Any(static entry => !entry.Finished || entry.Untold);
        CancelSuperseded();
    }

    /// <summary>What was decided is saved already, or never will be.</summary>
    public void Leave()
    {
        _pulse.End();
        _states.LastTry = true;
    }

    /// <inheritdoc cref="OwnTurns.TakeAsync"/>
    public Task TakeTurnAsync() => _turns.TakeAsync();

    /// <remarks>
    /// A device that failed in a finished campaign is tried again when the same request is made again; one that was updated is
    /// left alone. A finished campaign that takes whatever it hears listens again, for devices that came since.
    /// </remarks>
    public async Task<CampaignTicket> StartAsync(CampaignOrder order)
    {
        var total = order.Targets.Addresses.IsDefaultOrEmpty ? order.Targets.Count : order.Targets.Addresses.Distinct().Count();
        if ((order.Limits.Flaw() ?? order.Plan.Flaw(total)) is { } flaw) return new() { Refusal = DfuError.InvalidArgument, Detail = flaw };
        var repeated = _directory.Repeated(order.Key, order.Content);
        if (repeated is null && await OrderCheck.RefusalAsync(order, _activation.Peers) is { } no) return no;
        var now = _activation.Host.Wall.GetUtcNow();
        repeated ??= _directory.Repeated(order.Key, order.Content); // the same order may have come while this one was looked at
        var decision = repeated ?? _directory.Decide(order.PackageId, order.Targets, order.Restart, now, order.Only, order.Plan.Name);
        if (decision is not CampaignDecision.Accepted accepted)
        {
            var refused = (CampaignDecision.Refused)decision;
            return new() { Refusal = refused.Error, Detail = refused.Detail };
        }

        var campaign = accepted.Entry.Campaign;
        if (repeated is null) _directory = accepted.Next.Remember(campaign, new(order.Key, order.Content, accepted.GoesOn, accepted.Order));
        _takenUp++;
        var first = CampaignState.New(accepted.Entry, order.Targets, order.ImageSizes, order.HwVersion, _activation.Host.Time.GetUtcNow()) with
        {
            By = order.By,
            Limits = order.Limits,
            Plan = order.Plan with { Force = order.Plan.Force || order.Restart },
        };
        var start = RunAsync(CampaignMachine.Begin(first.Remember(accepted.Order), order.By, now), new() { Labels = order.Targets.Labels });
        _starts[campaign] = start;
        try
        {
            await start;
        }
        catch (Exception)
        {
            Doubt();
            throw;
        }
        finally
        {
            if (_starts.GetValueOrDefault(campaign) == start) _starts.Remove(campaign);
        }

        return new() { Campaign = campaign, GoesOn = accepted.GoesOn };
    }

    public Task<ImmutableArray<CampaignEntry>> ListAsync() => Task.FromResult(_saved.Campaigns.Select(static entry => entry.Shown).ToImmutableArray());

    public Task<DirectoryChanges> ChangesAsync(DirectoryCursor since)
    {
        var (entries, deleted) = _log.Since(since.Epoch == _epoch ? since.Change : 0);
        return Task.FromResult(new DirectoryChanges { Cursor = new(_epoch, _log.Last), Entries = entries, Deleted = deleted });
    }

    public Task<ImmutableArray<ClassState>> ClassesAsync() => Task.FromResult(_directory.Classes);

    public async Task WakeAsync()
    {
        var left = new Queue<string>(_saved.Campaigns.Where(static entry => !entry.Finished || entry.Untold).Select(static entry => entry.Campaign));
        var asleep = 0;
        foreach (var worker in Enumerable.Range(0, Math.Min(MostWokenAtOnce, left.Count)).Select(_ => WakeSomeAsync()).ToArray()) await worker;
        if (asleep > 0) throw new IOException($"{asleep} unfinished campaigns could not be woken");

        async Task WakeSomeAsync()
        {
            while (left.TryDequeue(out var campaign))
            {
                if (!await WakeAsync(campaign)) asleep++;
            }
        }
    }

    public async Task FinishedAsync(string campaign, ImmutableHashSet<string> overtook, bool told)
    {
        // It may have said so before it was taken up again; it says so again when it is over.
        int takenUp;
        do
        {
            takenUp = _takenUp;
            if (_starts.TryGetValue(campaign, out var start))
                await start.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            if (!await IsOverAsync(campaign)) return;
        }
        while (_starts.ContainsKey(campaign) || takenUp != _takenUp);

        await SaveAsync(_directory.Finish(campaign, overtook, told));
    }

    public async Task<string> ReopenAsync(string campaign, ImmutableArray<BluetoothAddress> devices)
    {
        var (next, refusal) = _directory.Reopen(campaign, devices);
        if (refusal.Length > 0) return refusal;
        _takenUp++;
        Doubt();
        await SaveAsync(next);
        return "";
    }

    public async Task<ImmutableArray<string>> ForgetAsync(ImmutableArray<string> campaigns)
    {
        await SaveAsync(_directory.Forget(campaigns));
        return [.. campaigns.Where(campaign => !_saved.Campaigns.Any(entry => entry.Campaign == campaign))];
    }

    public Task KeepClassAsync(ClassState learned) => SaveAsync(_directory.Keep(learned));

    private async Task RunAsync(CampaignState first, CampaignLabels labels)
    {
        await _save.SaveAsync(TimeSpan.Zero);
        CancelSuperseded();
        await _activation.Peers.Campaign(first.Id).RunAsync(first, _directory.Classes, labels);
    }

    /// <returns>False when it did not answer.</returns>
    private async Task<bool> WakeAsync(string campaign)
    {
        try
        {
            await WakeOrAbandonAsync(_activation.Peers.Campaign(campaign), campaign)
                .WithinAsync(_activation.Host.Times.Forget, _activation.Host.Time, CancellationToken.None);
            return true;
        }
        catch (Exception e)
        {
            _activation.Log.NotWoken(campaign, e);
            return false;
        }
    }

    private async Task WakeOrAbandonAsync(ICampaignPeer peer, string campaign)
    {
        try
        {
            await peer.WakeAsync();
        }
        catch (KeyNotFoundException)
        {
            if (await NeverBeginsAsync(peer, campaign)) await SaveAsync(_directory.Remove(campaign));
        }
    }

    /// <summary>Of a campaign that does not exist: nobody was told of it, unless somebody is about to be, and from now on its order cannot begin it.</summary>
    private async Task<bool> NeverBeginsAsync(ICampaignPeer peer, string campaign) => !_starts.ContainsKey(campaign) && await peer.AbandonAsync();

    private async Task<bool> IsOverAsync(string campaign)
    {
        try
        {
            return await _activation.Peers.Campaign(campaign).IsOverAsync();
        }
        catch (KeyNotFoundException)
        {
            return true;
        }
    }

    private Task PulseAsync()
    {
        if (_doubts && !_waking) OwnWork.Run(_activation.Log, "be as they are listed", "campaigns", WakeDoubtedAsync);
        CancelSuperseded();
        return Task.CompletedTask;
    }

    /// <summary>Woken with the next pulse, and not at once: whoever asked for it may still be at it.</summary>
    private void Doubt()
    {
        _doubts = true;
        _pulse.Begin();
    }

    private async Task WakeDoubtedAsync()
    {
        (_waking, _doubts) = (true, false);
        try
        {
            await WakeAsync();
        }
        catch (IOException)
        {
            _doubts = true;
        }
        finally
        {
            _waking = false;
        }
    }

    /// <summary>Cancels what was superseded until it is over.</summary>
    private void CancelSuperseded()
    {
        var superseded = _saved.Campaigns.Where(static entry => entry is { Superseded: true, Finished: false }).ToArray();
        foreach (var entry in superseded)
        {
            if (_cancelling.Add(entry.Campaign)) OwnWork.Run(_activation.Log, "be cancelled yet", entry.Campaign, () => CancelAsync(entry.Campaign));
        }

        if (superseded.Length == 0 && !_doubts && !_waking) _pulse.Stop();
        else _pulse.Begin();
    }

    private async Task CancelAsync(string campaign)
    {
        var peer = _activation.Peers.Campaign(campaign);
        try
        {
            await peer.CancelAsync();
        }
        catch (KeyNotFoundException)
        {
            if (await NeverBeginsAsync(peer, campaign)) await _activation.Peers.Directory.FinishedAsync(campaign, [], told: true);
        }
        finally
        {
            _cancelling.Remove(campaign);
        }
    }

    /// <summary>Durable when it returns, also where it was so decided before and is still to be written.</summary>
    private Task SaveAsync(DirectoryState next)
    {
        _directory = next;
        return ReferenceEquals(next, _saved) ? Task.CompletedTask : _save.SaveAsync(TimeSpan.Zero);
    }

    private async Task WriteAsync()
    {
        var writing = _directory;
        await _states.SaveAsync(writing);
        _saved = writing;
        _log.Take(_saved);
    }
}
