using System.Collections.Immutable;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Storage;
using Dfu.Grains.Packages;
using Dfu.Grains.Storage;
using Dfu.Grains.Turns;
using Microsoft.Extensions.Logging;

namespace Dfu.Grains.Directory;

/// <summary>
/// The directory behind calls. Alone among grains it waits for campaigns within its turns, so that a request is answered when its
/// campaign runs; a campaign never waits for it.
/// </summary>
internal sealed class FleetGrain(
    FleetHost host, [PersistentState("fleet", StorageNames.State)] IPersistentState<StoredDocument> document, ILogger<FleetGrain> logger)
    : Grain, IFleetGrain, IFleetPulse
{
    private readonly HashSet<string> _takenUp = [];
    private DirectoryState _directory = new();
    private Pulse? _pulse;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (document.State.Json.Length > 0) _directory = FleetJson.Read<DirectoryState>(document.State.Json);
        CancelSuperseded();
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _pulse?.Dispose();
        return Task.CompletedTask;
    }

    /// <remarks>
    /// A device that failed in a finished campaign is tried again when the same request is made again; one that was updated is
    /// left alone. A finished campaign that takes whatever it hears listens again, for devices that came since.
    /// </remarks>
    public async Task<CampaignTicket> StartAsync(CampaignOrder order)
    {
        if (await OrderCheck.RefusalAsync(order, GrainFactory) is { } no) return no;
        var now = host.Time.GetUtcNow();
        var decision = _directory.Decide(order.PackageId, order.Targets, order.Restart, now);
        if (decision is not CampaignDecision.Accepted accepted)
        {
            var refused = (CampaignDecision.Refused)decision;
            return new() { Refusal = refused.Error, Detail = refused.Detail };
        }

        await SaveAsync(accepted.Next);
        CancelSuperseded();
        var campaign = accepted.Entry.Campaign;
        if (accepted.GoesOn) _takenUp.Add(campaign);
        var first = CampaignState.New(accepted.Entry, order.Targets, order.ImageSizes, order.HwVersion, now);
        await GrainFactory.GetGrain<ICampaignGrain>(campaign).RunAsync(first, _directory.Classes);
        return new() { Campaign = campaign, GoesOn = accepted.GoesOn };
    }

    public Task<ImmutableArray<CampaignEntry>> ListAsync() => Task.FromResult(_directory.Campaigns.Select(static entry => new CampaignEntry
    {
        Campaign = entry.Campaign,
        PackageId = entry.PackageId,
        Targets = entry.Targets,
        CreatedAt = entry.CreatedAt,
        Finished = entry.Finished,
    }).ToImmutableArray());

    public async Task WakeAsync()
    {
        var asleep = 0;
        foreach (var entry in _directory.Campaigns.Where(static entry => !entry.Finished))
        {
            try
            {
                await GrainFactory.GetGrain<ICampaignGrain>(entry.Campaign).WakeAsync();
            }
            catch (KeyNotFoundException)
            {
                // No caller was told that the campaign exists.
                await SaveAsync(_directory.Remove(entry.Campaign));
            }
            catch (Exception e)
            {
                logger.NotWoken(entry.Campaign, e);
                asleep++;
            }
        }

        if (asleep > 0) throw new OrleansException($"{asleep} unfinished campaigns could not be woken");
    }

    public async Task FinishedAsync(string campaign)
    {
        // The campaign may have said so before it was taken up again; it says so again when it is over.
        if (_takenUp.Contains(campaign) && (await GrainFactory.GetGrain<ICampaignGrain>(campaign).ViewAsync()).Outcome == CampaignOutcome.Running) return;
        _takenUp.Remove(campaign);
        if (!_directory.Campaigns.Any(entry => entry.Campaign == campaign && !entry.Finished)) return;
        await SaveAsync(_directory.Change(campaign, static entry => entry with { Finished = true }));
    }

    public async Task<ImmutableArray<string>> ForgetAsync(ImmutableArray<string> campaigns)
    {
        var next = _directory.Forget(campaigns);
        if (!ReferenceEquals(next, _directory)) await SaveAsync(next);
        return [.. campaigns.Where(campaign => !_directory.Campaigns.Any(entry => entry.Campaign == campaign))];
    }

    public Task KeepClassAsync(ClassState learned)
    {
        var next = _directory.Keep(learned);
        return ReferenceEquals(next, _directory) ? Task.CompletedTask : SaveAsync(next);
    }

    public Task PulseAsync()
    {
        CancelSuperseded();
        return Task.CompletedTask;
    }

    /// <summary>Cancels what was superseded until it is over.</summary>
    private void CancelSuperseded()
    {
        var superseded = _directory.Campaigns.Where(static entry => entry is { Superseded: true, Finished: false }).ToArray();
        foreach (var entry in superseded) OwnWork.Run(logger, "be cancelled yet", entry.Campaign, () => CancelAsync(entry.Campaign));
        if (superseded.Length == 0)
        {
            _pulse?.Dispose();
            _pulse = null;
        }
        else if (_pulse is null)
        {
            var self = this.AsReference<IFleetPulse>();
            _pulse = Pulse.Start(logger, "directory", host.Time, host.Times.Again, self.PulseAsync);
        }
    }

    private async Task CancelAsync(string campaign)
    {
        try
        {
            await GrainFactory.GetGrain<ICampaignGrain>(campaign).CancelAsync();
        }
        catch (KeyNotFoundException)
        {
            await GrainFactory.GetGrain<IFleetGrain>(0).FinishedAsync(campaign);
        }
    }

    private async Task SaveAsync(DirectoryState next)
    {
        try
        {
            document.State.Json = FleetJson.Write(next);
            await document.WriteStateAsync();
            _directory = next;
        }
        catch (Exception e)
        {
            logger.DirectoryNotSaved(e);
            DeactivateOnIdle();
            throw;
        }
    }
}
