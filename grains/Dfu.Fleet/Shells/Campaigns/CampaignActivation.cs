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
internal sealed partial class CampaignActivation : ICampaignPeer
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
    private readonly Pulse _pulse;
    private CampaignCore? _core;

    /// <summary>An order has come to this activation: it begins.</summary>
    private bool _ordered;

    /// <summary>It never began, and is never to begin.</summary>
    private bool _abandoned;

    public CampaignActivation(string id, IActivation activation, CampaignDocuments documents, ICampaignReminder reminder)
    {
        (_id, _activation, _reminder) = (id, activation, reminder);
        var host = activation.Host;
        _trace = new(host.Time);
        _devices = new(host.Times.Again);
        _gauge = CampaignGauge.Begin(host.Time, host.Gauges);
        _turns = new(activation);
        _pulse = new(activation, host.Times.AdapterReport, () => _turns.RunAsync(PulseAsync));
        _save = new(WriteAsync, host.Time);
        _states = new(activation, documents.State);
        _labels = new(new(activation, documents.Labels));
        _calls = new(activation, _pulse, _devices, _labels, Refused, through => Commit(new CampaignEvent.AuditTaken(through)));
        _effects = new(activation, _trace, _devices, _calls);
        _fetch = new(host, _devices, _calls);
        _summary = new(new(activation, documents.Summary), _devices, _labels, host.Time);
        _screen = new(_activation.Host.Time, id, _devices, _calls, _fetch, _summary, _labels);
    }

    private DateTimeOffset Now => _activation.Host.Time.GetUtcNow();

    private bool IsOver => Core() is { State.Stage: CampaignStage.Finished, Saved.Stage: CampaignStage.Finished } && _reopening == 0;

    private DateTimeOffset Wall => _activation.Host.Wall.GetUtcNow();

    /// <summary>Begins with what is stored.</summary>
    public async Task BeginAsync()
    {
        var stored = await _states.ReadAsync();
        await _labels.ReadAsync();
        await _summary.ReadAsync();
        _abandoned = stored is { Abandoned: true };
        if (stored is null || _abandoned) return;
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
        _pulse.End();
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
        if (_abandoned) throw NoSuchCampaign();
        _ordered = true;
        if (!IsCarriedOut(campaign.LastOrder)) await _labels.SaveAsync(labels);
        if (_abandoned) throw NoSuchCampaign(); // meanwhile
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
        if (IsOver) TellThatItIsOver();
        else Work();
        if (_pulse.IsOver) throw new IOException($"{_id} was ordered where it ended; order it again");
    }

    public Task WakeAsync()
    {
        if (IsOver) TellThatItIsOver();
        else if (Core().Saved.Stage == CampaignStage.Finished) throw new IOException($"{_id} is over, and is about to go on");
        else if (!_pulse.Beats) Work();
        return Task.CompletedTask;
    }

    /// <remarks>An activation elsewhere that the order still reaches cannot save it any more: it has read that there is nothing.</remarks>
    public async Task<bool> AbandonAsync()
    {
        if (_core is not null) return false;
        _abandoned = true;
        await _states.SaveAsync(CampaignState.NeverBegan(_id));
        return true;
    }

    public Task<CampaignChanges> ChangesAsync(CampaignCursor since, TimeSpan atMostOld)
    {
        _ = Core();
        return _screen.ChangesAsync(since, atMostOld, Core);
    }

    public Task<bool> IsOverAsync() => Task.FromResult(IsOver);

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
        if (_core is { } core && !core.IsSaved(device.Id)) await _save.SaveAsync(_activation.Host.Times.Report);
    }

    public async Task ForgetAsync()
    {
        if (_core is not { } core) return;

        // From here on it is as if there were no such campaign: nothing that is on its way to it is saved any more.
        _core = null;
        _pulse.End();
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
        else if (_core.Saved.Stage == CampaignStage.Finished && !_pulse.Beats) TellThatItIsOver();
    }

    private Task PulseAsync()
    {
        if (_core is null || !_pulse.Beats) return Task.CompletedTask;
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
            _pulse.Stop();
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
        if (!_ordered) _activation.End("");
        throw NoSuchCampaign();
    }

    private KeyNotFoundException NoSuchCampaign() => new($"there is no campaign {_id}");

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

    private void TellThatItIsOver()
    {
        _calls.Finished(_core!, true);
        Work();
    }

    /// <summary>Begins, or goes on with, everything that is outstanding; nothing where this activation is over, and another does so.</summary>
    private void Work()
    {
        var campaign = _core!.Saved;
        if (_pulse.IsOver) return;
        _pulse.Begin();
        _reminder.Keep();
        _calls.Audit(_core);
        if (campaign.Stage == CampaignStage.Finished) return;
        using (TracedLines.Of(campaign.TraceParent)) _activation.Log.AtWork(campaign.Id, campaign.Devices.Length, campaign.Results.Count);
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

        // Another activation may have called it, which did not know that it had ended.
        if (device.Phase != DevicePhase.Done && _core.Saved.Results.ContainsKey(device.Id)) _calls.LetGo(device.Id, _core.Saved);
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
