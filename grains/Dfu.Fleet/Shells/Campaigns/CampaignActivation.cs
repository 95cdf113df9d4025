using System.Collections.Immutable;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Storage;
using Dfu.Fleet.Telemetry;
using Dfu.Fleet.Turns;
using Dfu.Fleet.Updates;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Shells.Campaigns;

/// <summary>
/// A campaign's turns. They change the state at once and wait for its save together with whatever else changes meanwhile; what
/// follows from a change is done, and shown, when it is saved.
/// </summary>
internal sealed class CampaignActivation : ICampaignPeer
{
    private readonly string _id;
    private readonly IActivation _activation;
    private readonly ICampaignReminder _reminder;
    private readonly CampaignTrace _trace;
    private readonly CampaignDevices _devices;
    private readonly CampaignGauge _gauge;
    private readonly CampaignCalls _calls;
    private readonly CampaignEffects _effects;
    private readonly CampaignFetch _fetch;
    private readonly CampaignScreen _screen;
    private readonly GroupedSave _save;
    private readonly DocumentStore<CampaignState> _states;
    private readonly SummaryStore _summary;
    private readonly LabelStore _labels;
    private readonly OwnTurns _turns;
    private CampaignCore? _core;
    private Pulse? _pulse;

    public CampaignActivation(string id, IActivation activation, CampaignDocuments documents, ICampaignReminder reminder)
    {
        (_id, _activation, _reminder) = (id, activation, reminder);
        var host = activation.Host;
        _trace = new(host.Time);
        _devices = new(host.Times.Again);
        _gauge = CampaignGauge.Begin(host.Time, host.Gauges);
        _turns = new(activation);
        _save = new(WriteAsync, host.Time);
        _states = new(activation, documents.State);
        _labels = new(new(activation, documents.Labels));
        _calls = new(activation, _devices, _labels, Refused, through => Commit(new CampaignEvent.AuditTaken(through)));
        _effects = new(activation, _trace, _devices, _calls);
        _fetch = new(host, _devices, _calls);
        _summary = new(new(activation, documents.Summary), _devices, _labels, host.Time);
        _screen = new(_activation.Host.Time, id, _devices, _calls, _fetch, _summary, _labels);
    }

    private DateTimeOffset Now => _activation.Host.Time.GetUtcNow();

    private DateTimeOffset Wall => _activation.Host.Wall.GetUtcNow();

    /// <summary>Begins with what is stored.</summary>
    public async Task BeginAsync()
    {
        var stored = await _states.ReadAsync();
        await _labels.ReadAsync();
        await _summary.ReadAsync();
        if (stored is null) return;
        _core = Core(stored);
        if (_core.State.Stage == CampaignStage.Finished)
        {
            if (!_core.State.News.IsEmpty) TellThatItIsOver();
            return;
        }

        _summary.Drop();
        _core.Trace(_trace.GoOn(_core.State));
        Commit(new CampaignEvent.RunStarted(_core.State.Run + 1, Now));
        _fetch.Begin(_core);
        Work();
    }

    /// <summary>Saves what is left to be saved; the next activation goes on from there.</summary>
    public async Task LeaveAsync()
    {
        _pulse?.Dispose();
        _gauge.Dispose();
        if (_core is null) return;
        _trace.End(CampaignOutcome.Interrupted, _core.State);
        _states.LastTry = true;
        _summary.TryOnce();
        _labels.TryOnce();
        if (ReferenceEquals(_core.State, _core.Saved) || _states.Failed || _summary.Failed || _labels.Failed) return;
        try
        {
            await _save.SaveAsync(TimeSpan.Zero);
        }
        catch (Exception e)
        {
            _activation.Log.CampaignNotSaved(_id, e);
        }
    }

    public async Task RunAsync(CampaignState campaign, ImmutableArray<ClassState> classes, CampaignLabels labels)
    {
        if (!IsCarriedOut(campaign.LastOrder)) await _labels.SaveAsync(labels);
        if (_core is null)
        {
            _core = Core(campaign);
            _core.Trace(_trace.Begin(campaign, goesOn: false));
            foreach (var device in campaign.Devices) _devices.IsNew(device);
        }
        else if (!IsCarriedOut(campaign.LastOrder))
        {
            TakeUp(campaign);
        }

        _core.Learn(classes);
        await _save.SaveAsync(TimeSpan.Zero);
        _screen.Outdate();
        await WakeAsync();
    }

    public Task WakeAsync()
    {
        if (Core().State.Stage == CampaignStage.Finished) TellThatItIsOver();
        else Work();
        return Task.CompletedTask;
    }

    public Task<CampaignChanges> ChangesAsync(CampaignCursor since, TimeSpan atMostOld)
    {
        _ = Core();
        return _screen.ChangesAsync(since, atMostOld, Core);
    }

    public Task<bool> IsOverAsync() => Task.FromResult(Core() is { State.Stage: CampaignStage.Finished, Saved.Stage: CampaignStage.Finished });

    public async Task CancelAsync()
    {
        _ = Core();
        await CommitAsync(new CampaignEvent.CancelRequested(_core!.State.Run));
    }

    /// <remarks>A campaign that is over goes on only with the directory's consent, and is not over there before it is not over here.</remarks>
    public async Task<ControlAnswer> ControlAsync(CampaignControl asked)
    {
        var control = asked with { Devices = await NamedAsync(asked.Devices) };
        var verdict = CampaignControls.Judge(Core().State, control, Wall);
        var reopens = verdict.Changes && _core!.State.Stage == CampaignStage.Finished;
        if (reopens)
        {
            if (await _calls.ReopenAsync(_core!.State) is { Length: > 0 } refusal) return ControlAnswer.Refused(refusal);
            verdict = CampaignControls.Judge(Core().State, control, Wall);
        }

        if (verdict.Changes) await CommitAsync(new CampaignEvent.Controlled(_core!.State.Changes + 1, control, Now));
        else if (!ReferenceEquals(_core!.State, _core.Saved)) await _save.SaveAsync(TimeSpan.Zero);
        if (reopens && _core is { } core) await _calls.ReopenAsync(core.State);
        return verdict.Refused ? ControlAnswer.Refused(verdict.Detail) : ControlAnswer.Done(verdict.Detail);
    }

    public Task<CampaignStanding> StandingAsync() => Task.FromResult(CampaignViews.Standing(Core().Shown));

    public async Task FoundAsync(ImmutableArray<BluetoothAddress> devices)
    {
        if (_core is null) return;
        foreach (var saved in devices.Select(device => CommitAsync(new CampaignEvent.DeviceHeard(_core!.State.Run, device, Now))).ToArray()) await saved;
    }

    public Task ListeningAsync() => _core is null ? Task.CompletedTask : CommitAsync(new CampaignEvent.Listening(_core.State.Run, Now));

    public async Task<CampaignKnowledge> KnowledgeAsync(BluetoothAddress device, int attempt, string? deviceClass)
    {
        if (CampaignMachine.ShouldProbe(Core().State, deviceClass)) await CommitAsync(new CampaignEvent.ProbeStarted(device, attempt));
        var state = Core().State;
        return CampaignKnowledge.Of(state, deviceClass, probe: state.Prober == new Probe(device, attempt));
    }

    public Task LearnedAsync(LearnedReport report)
    {
        if (_core is null) return Task.CompletedTask;
        foreach (var e in report.Events) Commit(e);
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

        // Whether it is another device's other address is told by that one's state.
        if (device.Error == DfuError.NotHeard) await _fetch.DoneAsync(_core);
        if (_core is null) return;
        Take(device);
        if (device.EarlierCampaign is { } earlier) _core.Overtake(earlier);
        await CommitAsync(new CampaignEvent.DeviceEnded(device.Id, device.Outcome, device.Error, device.Run));
        if (!_core.IsSaved(device.Id)) await _save.SaveAsync(_activation.Host.Times.Report);
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
            await _calls.ForgetAsync(core.State.Devices.AddRange(core.State.Gone), _id);
            await _save.UnderWay;
            await _summary.ClearAsync();
            await _labels.ClearAsync();
            await _states.ClearAsync();
        }
        finally
        {
            _activation.End("");
        }
    }

    /// <inheritdoc cref="OwnTurns.TakeAsync"/>
    public Task TakeTurnAsync() => _turns.TakeAsync();

    /// <summary>The reminder rings: one that is over has not told everybody yet, or the activation that had did not come to drop the reminder.</summary>
    public void Reminded()
    {
        if (_core is null) _reminder.Drop();
        else if (_core.Saved.Stage == CampaignStage.Finished && _pulse is null) TellThatItIsOver();
    }

    private Task PulseAsync()
    {
        if (_core is null || _pulse is null) return Task.CompletedTask;
        Commit(new CampaignEvent.Tick(Now) { Bystanders = _screen.Bystanders });
        _gauge.Look(_core, _devices.Get);
        _calls.Repeat(_core);
        if (_core.Saved.Stage != CampaignStage.Finished)
        {
            _calls.Devices(_core);
            _calls.Pause(_core.Saved);
            _calls.Watch(_core.Saved, now: false);
        }
        else if (!_calls.IsOutstanding(_core))
        {
            _pulse.Dispose();
            _pulse = null;
            _reminder.Drop();
        }

        return Task.CompletedTask;
    }

    private CampaignCore Core(CampaignState campaign) =>
        new(campaign, _activation.Host.Policy, _activation.Host.Times, _activation.Host.Machines);

    /// <exception cref="KeyNotFoundException">There is no such campaign.</exception>
    private CampaignCore Core()
    {
        if (_core is not null) return _core;
        _activation.End("");
        throw new KeyNotFoundException($"there is no campaign {_id}");
    }

    private bool IsCarriedOut(int order) => _core is { } core && core.State.IsCarriedOut(order);

    /// <summary>
    /// The operator asks for it again: what failed is tried again, and one that takes whatever it hears listens again. Devices at work are told of
    /// another plan or other limits at once.
    /// </summary>
    private void TakeUp(CampaignState asked)
    {
        _screen.GoesOn = true;
        var before = _core!.State;
        _core.Apply(new CampaignEvent.TakenUp(before.Run + 1, Now)
        {
            By = asked.By,
            Order = asked.LastOrder,
            Limits = asked.Limits,
            Plan = asked.Plan,
            Wall = Wall,
        });
        if (asked.Limits != before.Limits || asked.Plan != before.Plan)
        {
            foreach (var device in before.Devices.Where(device => !before.Results.ContainsKey(device))) _devices.CallNow(device);
        }

        GoOn(before);
    }

    /// <summary>Has devices called at once that are wanted again since the campaign was as before.</summary>
    private void GoOn(CampaignState before)
    {
        var campaign = _core!.State;
        if (campaign.Run != before.Run)
        {
            foreach (var device in campaign.Retrying.Where(pair => pair.Value == campaign.Run)) _devices.CallNow(device.Key);
        }

        if (campaign.Stage == CampaignStage.Finished) return;
        if (before.Stage == CampaignStage.Finished) _core.Trace(_trace.Begin(campaign, goesOn: true));
        _summary.Drop();
        _calls.Finished(_core, false);
    }

    /// <summary>As the campaign names them; strangers as they are.</summary>
    private async Task<ImmutableArray<BluetoothAddress>> NamedAsync(ImmutableArray<BluetoothAddress> devices)
    {
        if (devices.All(Core().State.Devices.Contains)) return devices;
        await _fetch.DoneAsync(Core());
        var shown = _summary.Of(Core().State);
        return [.. devices.Select(address => _devices.Named(_core!.State, shown, address) ?? address)];
    }

    private void TellThatItIsOver()
    {
        _calls.Finished(_core!, true);
        Work();
    }

    /// <summary>Begins, or goes on with, everything that is outstanding.</summary>
    private void Work()
    {
        var campaign = _core!.Saved;
        _pulse ??= Pulse.Start(_activation, _activation.Host.Times.AdapterReport, () => _turns.RunAsync(PulseAsync));
        _calls.Audit(_core);
        if (campaign.Stage == CampaignStage.Finished) return;
        using (TracedLines.Of(campaign.TraceParent)) _activation.Log.AtWork(campaign.Id, campaign.Devices.Length, campaign.Results.Count);
        _reminder.Keep();
        foreach (var learned in campaign.Classes.Values) _calls.Keep(learned, _id);
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
        _calls.Pause(_core.Saved);
        if (CampaignMachine.SameAs(_core!.State, device, _devices.Get) is { } same) Commit(same);
        if (_core!.State.Prober is { } probe && probe.Device == device.Id && (!device.Running || device.Attempt > probe.Attempt))
            Commit(new CampaignEvent.ProbeEnded(probe.Device, probe.Attempt));
    }

    /// <summary>It is to be cancelled here and is at work elsewhere: nothing of this campaign is left to be stopped.</summary>
    private void Refused(BluetoothAddress device, int run) => Commit(new CampaignEvent.DeviceEnded(device, DeviceOutcome.Cancelled, DfuError.Cancelled, run));

    private Task CommitAsync(CampaignEvent e) => Apply(e) is { } within ? _save.SaveAsync(within) : Task.CompletedTask;

    /// <summary>For what nobody waits for; a save that fails ends this activation by itself.</summary>
    private void Commit(CampaignEvent e)
    {
        if (Apply(e) is { } within) _save.Save(within);
    }

    private TimeSpan? Apply(CampaignEvent e)
    {
        if (_core is not { } core) return null;
        var before = core.State;
        var within = core.Apply(e with { Wall = Wall });
        if (e is CampaignEvent.Controlled && core.State.Run != before.Run) GoOn(before);
        return within;
    }

    private async Task WriteAsync()
    {
        if (_core is null) return;
        var pending = _core.Take();
        if (pending.Effects.Any(static effect => effect is CampaignEffect.Finished)) await _summary.SaveAsync(pending.State);
        await _states.SaveAsync(pending.State);
        if (_core is null) return;
        var (stage, changes) = (_core.Saved.Stage, _core.Saved.Changes);
        _core.Written(pending);
        if (pending.Effects.IsEmpty && (stage, changes) == (_core.Saved.Stage, _core.Saved.Changes)) return;
        _screen.Outdate();
        foreach (var effect in pending.Effects) _effects.Carry(effect, _core);
        _calls.Watch(_core.Saved, now: true);
        _calls.Devices(_core);
        _calls.Pause(_core.Saved);
        _calls.Audit(_core);
        if (stage == CampaignStage.Finished && _core.Saved.Stage != stage) Work();
    }
}
