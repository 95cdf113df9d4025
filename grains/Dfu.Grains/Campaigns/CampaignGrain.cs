using System.Collections.Immutable;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Storage;
using Dfu.Fleet.Updates;
using Dfu.Grains.Storage;
using Dfu.Grains.Turns;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Timing;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace Dfu.Grains.Campaigns;

/// <summary>
/// A campaign's turns. They change the state at once and wait for its save together with whatever else changes meanwhile; what
/// follows from a change is done, and shown, when it is saved.
/// </summary>
[Reentrant]
internal sealed class CampaignGrain(
    FleetHost host,
    [PersistentState("campaign", StorageNames.State)] IPersistentState<StoredDocument> document,
    [PersistentState("campaign-summary", StorageNames.State)] IPersistentState<StoredDocument> summary,
    ILogger<CampaignGrain> logger) : Grain, ICampaignGrain, ICampaignPulse, IRemindable
{
    private static readonly TimeSpan ViewFor = TimeSpan.FromSeconds(0.2);

    private readonly CampaignTrace _trace = new(host.Time);
    private readonly CampaignDevices _devices = new(host.Times.Again);
    private CampaignCalls _calls = null!;
    private CampaignReminder _reminder = null!;
    private GroupedSave _save = null!;
    private CampaignCore? _core;
    private Pulse? _pulse;
    private long _lastPulse;
    private ImmutableArray<DeviceView> _summary;
    private bool _goesOn;
    private CampaignView? _view;
    private long _viewed;
    private Task<CampaignView>? _viewing;
    private Task? _fetching;
    private DateTimeOffset _fetchAgain;

    private string Id => this.GetPrimaryKeyString();

    private DateTimeOffset Now => host.Time.GetUtcNow();

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _calls = new(GrainFactory, host, _devices, logger, Refused);
        _reminder = new(this, ServiceProvider, logger);
        _save = new(WriteAsync, host.Time);
        if (document.State.Json.Length == 0) return Task.CompletedTask;
        _core = new(FleetJson.Read<CampaignState>(document.State.Json), host.Policy, host.Times);
        if (_core.State.Stage == CampaignStage.Finished)
        {
            if (summary.State.Json.Length > 0) _summary = FleetJson.Read<CampaignSummary>(summary.State.Json).Devices;
            return Task.CompletedTask;
        }

        _core.Trace(_trace.GoOn(_core.State));
        Commit(new CampaignEvent.RunStarted(Now));
        _fetching = OwnWork.BeginAsync(FetchAsync);
        Work();
        return Task.CompletedTask;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _pulse?.Dispose();
        if (_core is null) return;
        _trace.End(CampaignOutcome.Interrupted, _core.State);
        if (ReferenceEquals(_core.State, _core.Saved)) return;
        try
        {
            await _save.SaveAsync(TimeSpan.Zero);
        }
        catch (Exception e)
        {
            logger.CampaignNotSaved(Id, e);
        }
    }

    public async Task RunAsync(CampaignState campaign, ImmutableArray<ClassState> classes)
    {
        if (_core is null)
        {
            _core = new(campaign, host.Policy, host.Times);
            _core.Trace(_trace.Begin(campaign, goesOn: false));
            foreach (var device in campaign.Devices) _devices.IsNew(device);
        }
        else
        {
            if (_core.State.IsSettled)
            {
                _goesOn = true;
                await WakeAsync();
                return;
            }

            TakeUp();
        }

        _core.Learn(classes);
        await _save.SaveAsync(TimeSpan.Zero);
        _view = null;
        Work();
    }

    public Task WakeAsync()
    {
        var core = Core();
        if (core.State.Stage == CampaignStage.Finished) _calls.Finished(true, Id);
        Work();
        return Task.CompletedTask;
    }

    public Task<CampaignView> ViewAsync()
    {
        _ = Core();
        if (_view is not null && host.Time.GetElapsedTime(_viewed) < ViewFor) return Task.FromResult(_view);
        if (_viewing is { IsCompleted: false }) return _viewing;
        return _viewing = BuildViewAsync();
    }

    public async Task CancelAsync()
    {
        _ = Core();
        await CommitAsync(new CampaignEvent.CancelRequested());
    }

    public async Task FoundAsync(ImmutableArray<BluetoothAddress> devices)
    {
        if (_core is null) return;
        var saved = Task.CompletedTask;
        foreach (var device in devices) saved = CommitAsync(new CampaignEvent.DeviceHeard(device, Now));
        await saved;
    }

    public Task ListeningAsync() => _core is null ? Task.CompletedTask : CommitAsync(new CampaignEvent.Listening(Now));

    public async Task<CampaignKnowledge> KnowledgeAsync(BluetoothAddress device, string? deviceClass)
    {
        var core = Core();
        if (CampaignMachine.ShouldProbe(core.State, deviceClass)) await CommitAsync(new CampaignEvent.ProbeStarted(device));
        var state = core.State;
        return CampaignKnowledge.Of(state, deviceClass, probe: state.Prober == device);
    }

    public Task LearnedAsync(CampaignReport report)
    {
        if (_core is null) return Task.CompletedTask;
        foreach (var e in report.Events.Read()) Commit(e);
        return Task.CompletedTask;
    }

    public Task DeviceChangedAsync(DeviceState device)
    {
        if (_core is not null) Take(device);
        return Task.CompletedTask;
    }

    public async Task DeviceEndedAsync(DeviceState device)
    {
        if (_core is null) return;
        Take(device);

        // The device has not heard yet that it is to try again.
        if (!_core.State.CancelRequested && _core.State.IsPast(device)) return;
        await CommitAsync(new CampaignEvent.DeviceEnded(device.Id, device.Outcome, device.Error));
        if (!_core.IsSaved(device.Id)) await _save.SaveAsync(host.Times.Report);
    }

    public async Task ForgetAsync()
    {
        if (_core is not { } core) return;

        // From here on it is as if there were no such campaign: nothing that is on its way to it is saved any more.
        _core = null;
        _pulse?.Dispose();
        _pulse = null;
        _reminder.Drop();
        try
        {
            await _calls.ForgetAsync(core.State.Devices, Id);
            await summary.ClearStateAsync();
            await document.ClearStateAsync();
        }
        finally
        {
            DeactivateOnIdle();
        }
    }

    public Task PulseAsync()
    {
        if (_core is null || _pulse is null) return Task.CompletedTask;
        var worked = host.Time.GetElapsedTime(_lastPulse);
        _lastPulse = host.Time.GetTimestamp();
        Commit(new CampaignEvent.Worked(worked));
        Commit(new CampaignEvent.Tick(Now));
        _calls.Repeat(Id);
        if (_core.Saved.Stage != CampaignStage.Finished)
        {
            _calls.Devices(_core);
            _calls.Watch(_core.Saved, now: false);
        }
        else if (!_calls.Outstanding)
        {
            _pulse.Dispose();
            _pulse = null;
            _reminder.Drop();
        }

        return Task.CompletedTask;
    }

    public Task ReceiveReminder(string reminderName, TickStatus status)
    {
        if (_core is null || (_core.Saved.Stage == CampaignStage.Finished && _pulse is null)) _reminder.Drop();
        return Task.CompletedTask;
    }

    /// <exception cref="KeyNotFoundException">There is no such campaign.</exception>
    private CampaignCore Core()
    {
        if (_core is not null) return _core;
        DeactivateOnIdle();
        throw new KeyNotFoundException($"there is no campaign {Id}");
    }

    /// <summary>The operator asks for it again: what failed is tried again, and one that takes whatever it hears listens again.</summary>
    private void TakeUp()
    {
        _goesOn = true;
        var wasOver = _core!.State.Stage == CampaignStage.Finished;
        foreach (var e in CampaignMachine.TakeUp(_core.State, Now))
        {
            _core.Apply(e);
            if (e is CampaignEvent.DeviceRetried retried) _devices.CallNow(retried.Device);
        }

        if (_core.State.Stage == CampaignStage.Finished) return;
        if (wasOver) _core.Trace(_trace.Begin(_core.State, goesOn: true));
        _summary = default;
        _calls.Finished(false, Id);
    }

    /// <summary>Begins, or goes on with, everything that is outstanding.</summary>
    private void Work()
    {
        var campaign = _core!.Saved;
        if (_pulse is null)
        {
            _lastPulse = host.Time.GetTimestamp();
            var self = this.AsReference<ICampaignPulse>();
            _pulse = Pulse.Start(logger, Id, host.Time, host.Times.AdapterReport, self.PulseAsync);
        }

        if (campaign.Stage == CampaignStage.Finished) return;
        logger.AtWork(campaign.Id, campaign.Devices.Length, campaign.Results.Count);
        _reminder.Keep();
        foreach (var learned in campaign.Classes.Values) _calls.Keep(learned, Id);
        _calls.Watch(campaign, now: true);
        _calls.Devices(_core);
    }

    private void Take(DeviceState device)
    {
        _devices.Take(device, Now);
        if (_core!.State.Prober == device.Id && !device.Running) Commit(new CampaignEvent.ProbeEnded(device.Id));
    }

    /// <summary>It is to be cancelled here and is at work elsewhere: nothing of this campaign is left to be stopped.</summary>
    private void Refused(BluetoothAddress device) => Commit(new CampaignEvent.DeviceEnded(device, DeviceOutcome.Cancelled, DfuError.Cancelled));

    private Task CommitAsync(CampaignEvent e) => _core!.Apply(e) is { } within ? _save.SaveAsync(within) : Task.CompletedTask;

    /// <summary>For what nobody waits for; a save that fails ends this activation by itself.</summary>
    private void Commit(CampaignEvent e)
    {
        if (_core!.Apply(e) is { } within) _save.Save(within);
    }

    private async Task WriteAsync()
    {
        if (_core is null) return;
        var pending = _core.Take();
        try
        {
            if (pending.Effects.Any(static effect => effect is CampaignEffect.Finished)) await WriteSummaryAsync(pending.State);
            document.State.Json = pending.Json;
            await document.WriteStateAsync();
        }
        catch (Exception e)
        {
            logger.CampaignNotSaved(Id, e);
            DeactivateOnIdle();
            throw;
        }

        var before = _core.Saved.Stage;
        _core.Written(pending);
        if (pending.Effects.IsEmpty && before == _core.Saved.Stage) return;
        _view = null;
        foreach (var effect in pending.Effects) Carry(effect);
        _calls.Watch(_core.Saved, now: true);
        _calls.Devices(_core);
    }

    private async Task WriteSummaryAsync(CampaignState finished)
    {
        _summary = _devices.Unknown(finished).IsEmpty ? DeviceViewsOf(finished, new()) : default;
        summary.State.Json = _summary.IsDefault ? "" : FleetJson.Write(new CampaignSummary { Devices = _summary });
        await summary.WriteStateAsync();
    }

    private void Carry(CampaignEffect effect)
    {
        switch (effect)
        {
            case CampaignEffect.AddDevice add:
                _devices.IsNew(add.Device);
                break;
            case CampaignEffect.CancelDevice cancel:
                _devices.CallNow(cancel.Device);
                break;
            case CampaignEffect.KeepClass keep:
                _calls.Keep(keep.Class, Id);
                break;
            case CampaignEffect.Announce announce:
                logger.Notice(Id, announce.Notice);
                break;
            case CampaignEffect.Finished finished:
                logger.Over(Id, finished.Outcome);
                if (_core!.State.Stage == CampaignStage.Finished) _trace.End(finished.Outcome, _core.State);
                _calls.Finished(true, Id);
                break;
        }
    }

    private async Task<CampaignView> BuildViewAsync()
    {
        var live = await _calls.LiveAsync(Id);
        if (_summary.IsDefault) await FetchedAsync();
        var shown = _core!.Shown;
        var devices = shown.Stage == CampaignStage.Finished && !_summary.IsDefault ? _summary : DeviceViewsOf(shown, live);
        _viewed = host.Time.GetTimestamp();
        return _view = CampaignViews.Of(shown, devices, live.Adapters, _goesOn);
    }

    private ImmutableArray<DeviceView> DeviceViewsOf(CampaignState campaign, LiveReport live)
    {
        var inSight = live.Transfers.ToLookup(static transfer => transfer.Device);
        var now = Now;
        return [.. campaign.Devices.Select(id => CampaignViews.Device(
            campaign,
            _devices.Get(id) ?? DeviceState.New(id, campaign.ImageSizes, campaign.CreatedAt),
            inSight[id].MaxBy(static transfer => transfer.Attempt) is { } seen
                ? new AttemptInSight(seen.Attempt, seen.Phase, seen.Image, seen.Confirmed, seen.Traffic, seen.Rate)
                : null,
            live.Rssi.TryGetValue(id, out var rssi) ? rssi : null,
            now))];
    }

    /// <summary>Waits for the states of devices that were at work before this activation, as long as that is bearable.</summary>
    private async Task FetchedAsync()
    {
        if (_fetching is null or { IsCompleted: true } && !_devices.Unknown(_core!.State).IsEmpty && Now >= _fetchAgain)
            _fetching = OwnWork.BeginAsync(FetchAsync);
        if (_fetching is null or { IsCompleted: true }) return;
        try
        {
            await _fetching.WithinAsync(3 * host.Times.AdapterSilence, host.Time, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            // The view shows what is stored of devices that have not answered.
        }
    }

    private async Task FetchAsync()
    {
        if (!await _calls.FetchAsync(_devices.Unknown(_core!.State))) _fetchAgain = Now + host.Times.Again;
    }
}
