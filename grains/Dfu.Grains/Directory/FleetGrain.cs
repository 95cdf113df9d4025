using System.Collections.Immutable;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Storage;
using Dfu.Grains.Turns;
using Dfu.Grains.Storage;
using Dfu.Protocol.Errors;
using Microsoft.Extensions.Logging;

namespace Dfu.Grains.Directory;

/// <summary>
/// The directory behind calls. Alone among grains it waits for campaigns within its turns, so that a request is answered when its
/// campaign runs; a campaign never waits for it.
/// </summary>
internal sealed class FleetGrain(
    FleetHost host, [PersistentState("fleet", StorageNames.State)] IPersistentState<StoredDocument> document, ILogger<FleetGrain> logger) : Grain, IFleetGrain, IFleetPulse
{
    private const int MostCampaigns = 500;

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
        string targets;
        try
        {
            targets = CampaignTargets.Key(order.Targets);
        }
        catch (DfuException e)
        {
            return new() { Refusal = e.Error, Detail = e.Message };
        }

        var same = order.Restart ? null : _directory.Same(order.PackageId, targets);
        var inTheWay = _directory.InTheWay(targets).Where(entry => entry != same).ToArray();
        if (!order.Restart && inTheWay.Length > 0)
        {
            var first = inTheWay[0];
            return new() { Refusal = DfuError.CampaignConflict, Detail = $"campaign {first.Campaign} for package {first.PackageId[..Math.Min(12, first.PackageId.Length)]} is not finished" };
        }

        var now = host.Time.GetUtcNow();
        var entry = same ?? new(_directory.NewId(order.PackageId, now), order.PackageId, targets, now, Finished: false, Superseded: false);
        await SaveAsync(same is null ? Begin(entry, order.Restart) : _directory.Change(entry.Campaign, static known => known with { Finished = false }));
        CancelSuperseded();
        if (same is not null) _takenUp.Add(entry.Campaign);
        await GrainFactory.GetGrain<ICampaignGrain>(entry.Campaign).RunAsync(NewCampaign(entry, order), _directory.Classes);
        return new() { Campaign = entry.Campaign, GoesOn = same is not null };
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
                // Nobody was told that it exists.
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
        // It may have said so before it was taken up again; it says so again when it is over.
        if (_takenUp.Contains(campaign) && (await GrainFactory.GetGrain<ICampaignGrain>(campaign).ViewAsync()).Outcome == CampaignOutcome.Running) return;
        _takenUp.Remove(campaign);
        if (!_directory.Campaigns.Any(entry => entry.Campaign == campaign && !entry.Finished)) return;
        await SaveAsync(_directory.Change(campaign, static entry => entry with { Finished = true }).Trim(MostCampaigns));
    }

    public Task<ImmutableArray<ClassState>> ClassesAsync() => Task.FromResult(_directory.Classes);

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

    /// <summary>A new campaign; with a restart, whatever is in its way or was for the same targets is superseded.</summary>
    private DirectoryState Begin(DirectoryEntry begun, bool restart)
    {
        return _directory with { Campaigns = [.. _directory.Campaigns.Select(Earlier), begun] };

        DirectoryEntry Earlier(DirectoryEntry entry) =>
            restart && (entry.Targets == begun.Targets || (!entry.Finished && CampaignDirectory.MayShareDevices(entry.Targets, begun.Targets)))
                ? entry with { Superseded = true }
                : entry;
    }

    private CampaignState NewCampaign(DirectoryEntry entry, CampaignOrder order)
    {
        var devices = order.Targets.Addresses.IsDefaultOrEmpty ? [] : order.Targets.Addresses.Distinct().ToImmutableArray();
        return new()
        {
            Id = entry.Campaign,
            PackageId = order.PackageId,
            Targets = entry.Targets,
            Stage = devices.IsEmpty ? CampaignStage.Collecting : CampaignStage.Running,
            CreatedAt = entry.CreatedAt,
            RunStartedAt = host.Time.GetUtcNow(),
            All = order.Targets.All,
            NameGlob = order.Targets.NameGlob,
            Count = devices.IsEmpty ? order.Targets.Count : null,
            ScanTime = order.Targets.ScanTime,
            ImageSizes = order.ImageSizes,
            HwVersion = order.HwVersion,
            Devices = devices,
        };
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
