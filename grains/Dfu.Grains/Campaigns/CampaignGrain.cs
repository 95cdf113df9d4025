using System.Collections.Immutable;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
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
    [PersistentState("campaign", StorageNames.State)] IPersistentState<StoredDocument> state,
    [PersistentState("campaign-summary", StorageNames.State)] IPersistentState<StoredDocument> summary,
    ILogger<CampaignGrain> logger) : Grain, ICampaignGrain, ICampaignPulse, IRemindable
{
    private readonly CampaignTrace _trace = new(host.Time);
    private readonly CampaignDevices _devices = new(host.Times.Again);
    private readonly CampaignFrames _frames = new(host.Time);
    private CampaignCalls _calls = null!;
    private CampaignReminder _reminder = null!;
    private GroupedSave _save = null!;
    private DocumentStore<CampaignState> _states = null!;
    private DocumentStore<CampaignSummary> _summaries = null!;
    private CampaignCore? _core;
    private Pulse? _pulse;
    private ImmutableArray<DeviceView> _summary;
    private bool _goesOn;
    private string _bystanders = "";
    private Task? _framing;
    private Task? _fetching;
    private DateTimeOffset _fetchAgain;

    private string Id => this.GetPrimaryKeyString();

    private DateTimeOffset Now => host.Time.GetUtcNow();

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _calls = new(GrainFactory, host, _devices, logger, Refused);
        _reminder = new(this, ServiceProvider, logger);
        _save = new(WriteAsync, host.Time);
        (_states, _summaries) = (new(GrainContext, state, host, logger), new(GrainContext, summary, host, logger));
        if (_states.Read() is not { } stored) return Task.CompletedTask;
        _core = new(stored, host.Policy, host.Times);
        if (_core.State.Stage == CampaignStage.Finished)
        {
            _summary = _summaries.Read()?.Devices ?? default;
            return Task.CompletedTask;
        }

        _core.Trace(_trace.GoOn(_core.State));
        Commit(new CampaignEvent.RunStarted(_core.State.Run + 1, Now));
        _fetching = OwnWork.BeginAsync(FetchAsync);
        Work();
        return Task.CompletedTask;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _pulse?.Dispose();
        if (_core is null) return;
        _trace.End(CampaignOutcome.Interrupted, _core.State);
        _states.LastTry = _summaries.LastTry = true;
        if (ReferenceEquals(_core.State, _core.Saved) || _states.Failed || _summaries.Failed) return;
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

            Limit(campaign.Limits);
            TakeUp();
        }

        _core.Learn(classes);
        await _save.SaveAsync(TimeSpan.Zero);
        _frames.Outdate();
        Work();
    }

    public Task WakeAsync()
    {
        var core = Core();
        if (core.State.Stage == CampaignStage.Finished) _calls.Finished(core.State, true);
        Work();
        return Task.CompletedTask;
    }

    public async Task<CampaignChanges> ChangesAsync(CampaignCursor since, TimeSpan atMostOld)
    {
        _ = Core();
        if (!_frames.IsFresh(atMostOld)) await (_framing is { IsCompleted: false } ? _framing : _framing = MakeFrameAsync());
        return _frames.Since(since);
    }

    public Task<bool> IsOverAsync() => Task.FromResult(Core() is { State.Stage: CampaignStage.Finished, Saved.Stage: CampaignStage.Finished });

    public async Task CancelAsync()
    {
        _ = Core();
        await CommitAsync(new CampaignEvent.CancelRequested(_core!.State.Run));
    }

    public async Task<ControlAnswer> ControlAsync(CampaignControl control)
    {
        if (control.Kind != CampaignControlKind.Cancel) return ControlAnswer.Refused("campaigns can be cancelled only");
        await CancelAsync();
        return ControlAnswer.Done("cancelled");
    }

    public Task<CampaignStanding> StandingAsync() => Task.FromResult(CampaignViews.Standing(Core().Shown));

    public async Task FoundAsync(ImmutableArray<BluetoothAddress> devices)
    {
        if (_core is null) return;
        var saved = Task.CompletedTask;
        foreach (var device in devices) saved = CommitAsync(new CampaignEvent.DeviceHeard(_core.State.Run, device, Now));
        await saved;
    }

    public Task ListeningAsync() => _core is null ? Task.CompletedTask : CommitAsync(new CampaignEvent.Listening(_core.State.Run, Now));

    public async Task<CampaignKnowledge> KnowledgeAsync(BluetoothAddress device, int attempt, string? deviceClass)
    {
        var core = Core();
        if (CampaignMachine.ShouldProbe(core.State, deviceClass)) await CommitAsync(new CampaignEvent.ProbeStarted(device, attempt));
        var state = core.State;
        return CampaignKnowledge.Of(state, deviceClass, probe: state.Prober == new Probe(device, attempt));
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

        if (device.EarlierCampaign is { } earlier) _core.Overtake(earlier);
        await CommitAsync(new CampaignEvent.DeviceEnded(device.Id, device.Outcome, device.Error, device.Run));
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
            await _calls.ForgetAsync(core.State.Devices.AddRange(core.State.Gone), Id);
            await _save.UnderWay;
            await _summaries.ClearAsync();
            await _states.ClearAsync();
        }
        finally
        {
            DeactivateOnIdle();
        }
    }

    public Task PulseAsync()
    {
        if (_core is null || _pulse is null) return Task.CompletedTask;
        Commit(new CampaignEvent.Tick(Now) { Bystanders = _bystanders });
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
        var run = _core.State.Run + 1;
        _core.Apply(new CampaignEvent.TakenUp(run, Now));
        foreach (var (device, of) in _core.State.Retrying)
        {
            if (of == run) _devices.CallNow(device);
        }

        if (_core.State.Stage == CampaignStage.Finished) return;
        if (wasOver) _core.Trace(_trace.Begin(_core.State, goesOn: true));
        _summary = default;
        _calls.Finished(_core.State, false);
    }

    /// <summary>Devices that are at work are told at once.</summary>
    private void Limit(CampaignLimits limits)
    {
        var campaign = _core!.State;
        if (limits == campaign.Limits) return;
        _core.Limit(limits);
        foreach (var device in campaign.Devices.Where(device => !campaign.Results.ContainsKey(device))) _devices.CallNow(device);
    }

    /// <summary>Begins, or goes on with, everything that is outstanding.</summary>
    private void Work()
    {
        var campaign = _core!.Saved;
        if (_pulse is null)
        {
            var self = this.AsReference<ICampaignPulse>();
            _pulse = Pulse.Start(logger, Id, host.Time, host.Times.AdapterReport, self.PulseAsync);
        }

        if (campaign.Stage == CampaignStage.Finished) return;
        logger.AtWork(campaign.Id, campaign.Devices.Length, campaign.Results.Count);
        _reminder.Keep();
        foreach (var learned in campaign.Classes.Values) _calls.Keep(learned, Id);
        foreach (var gone in campaign.Gone) _calls.LetGo(gone, campaign);
        _calls.Watch(campaign, now: true);
        _calls.Devices(_core);
    }

    private void Take(DeviceState device)
    {
        if (_core!.State.Gone.Contains(device.Id))
        {
            if (device.Phase != DevicePhase.Done) _calls.LetGo(device.Id, _core.State);
            return;
        }

        _devices.Take(device, Now);
        if (CampaignMachine.SameAs(_core!.State, device, _devices.Get) is { } same) Commit(same);
        if (_core!.State.Prober is { } probe && probe.Device == device.Id && (!device.Running || device.Attempt > probe.Attempt))
            Commit(new CampaignEvent.ProbeEnded(probe.Device, probe.Attempt));
    }

    /// <summary>It is to be cancelled here and is at work elsewhere: nothing of this campaign is left to be stopped.</summary>
    /// <param name="run">In which it was to be cancelled.</param>
    private void Refused(BluetoothAddress device, int run) =>
        Commit(new CampaignEvent.DeviceEnded(device, DeviceOutcome.Cancelled, DfuError.Cancelled, run));

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
        if (pending.Effects.Any(static effect => effect is CampaignEffect.Finished)) await WriteSummaryAsync(pending.State);
        await _states.SaveAsync(pending.State);
        if (_core is null) return;
        var before = _core.Saved.Stage;
        _core.Written(pending);
        if (pending.Effects.IsEmpty && before == _core.Saved.Stage) return;
        _frames.Outdate();
        foreach (var effect in pending.Effects) Carry(effect);
        _calls.Watch(_core.Saved, now: true);
        _calls.Devices(_core);
    }

    private async Task WriteSummaryAsync(CampaignState finished)
    {
        _summary = _devices.Unknown(finished).IsEmpty ? [.. finished.Devices.Select(id => DeviceViewOf(finished, id))] : default;
        await _summaries.SaveAsync(new() { Devices = _summary.IsDefault ? [] : _summary });
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
            case CampaignEffect.LetGo gone:
                _calls.LetGo(gone.Device, _core!.Saved);
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
                _calls.Finished(_core.Saved, true);
                break;
        }
    }

    private async Task MakeFrameAsync()
    {
        var signals = _frames.SignalsDue;
        var live = await _calls.LiveAsync(Id, signals);
        if (live.Bystanders.Length > 0) _bystanders = live.Bystanders;
        if (_summary.IsDefault) await FetchedAsync();
        var shown = Core().Shown;
        _frames.Make(shown, _devices, Summary(shown), live, signals, _goesOn);
    }

    /// <summary>The devices as they were when the campaign ended; default for one that is not over or cannot tell.</summary>
    private ImmutableArray<DeviceView> Summary(CampaignState campaign) =>
        campaign.Stage == CampaignStage.Finished && !_summary.IsDefault && _summary.Length == campaign.Devices.Length ? _summary : default;

    private DeviceView DeviceViewOf(CampaignState campaign, BluetoothAddress id) =>
        CampaignViews.Device(campaign, _devices.Get(id) ?? DeviceState.New(id, campaign.ImageSizes, campaign.CreatedAt), null, null, Now);

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
