using System.Threading.Channels;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Audit;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Storage;
using Dfu.Fleet.Telemetry;
using Dfu.Fleet.Turns;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Timing;
using Microsoft.Extensions.Logging;

namespace Dfu.Fleet.Shells.Adapters;

/// <summary>
/// One ownership of a radio, from the guard's consent to its closing: the only place where the adapter's state changes. Lives on the activation's
/// scheduler.
/// </summary>
internal sealed class AdapterLoop : IAsyncDisposable
{
    private const int BatchSize = 512;

    /// <summary>By whom an adapter is drained whose member stops.</summary>
    private const string ItsMember = "its member, which stops";

    /// <summary>Between two writes of what was learned and nothing else.</summary>
    private static readonly TimeSpan KeepLearnedEvery = TimeSpan.FromSeconds(10);

    private readonly AdapterParts _parts;
    private readonly TimeProvider _time;
    private readonly Channel<Action> _turns = Channel.CreateUnbounded<Action>(new() { SingleReader = true });
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource<AdapterOpening> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<AdapterEffect> _effects = [];
    private readonly GoodputMeter _goodput;
    private readonly AdapterHost _radio;
    private readonly AdapterAttempts _attempts;
    private readonly SchedulerReporter _scheduler;
    private readonly GroupedSave _save;
    private readonly StateWaits _waits = new();
    private readonly AdapterOrders _orders;
    private readonly AuditOutbox _audit;
    private AdapterState _stored;
    private double _rate;
    private long _saved;
    private long _ticked;
    private int _tickWaits;
    private bool _owns;
    private bool _saving;
    private bool _stopping;
    private bool _leaving;
    private bool _late;
    private bool _failed;

    public AdapterLoop(AdapterParts parts)
    {
        _parts = parts;
        _time = parts.Host.Time;
        State = _stored = parts.Known;
        var heard = new UnreportedAdvertisements(_time);
        _radio = new(parts.Source, new RadioToLoop(this, heard, parts.Host.Policy.GoldenUnit), _time, parts.Host.Policy, parts.Host.Wall);
        _goodput = new(_time);
        _attempts = new(parts, this, _radio, _goodput);
        _scheduler = new(parts, heard, Report, _stop.Token);
        _save = new(WriteAsync, _time);
        _orders = new(parts, this, _waits);
        _audit = new(parts.Peers, parts.Host, parts.Log);
        _saved = _ticked = _time.GetTimestamp();
    }

    public AdapterState State { get; private set; }

    public int StoredEpoch => _stored.Epoch;

    public int StoredControls => _stored.Controls;

    /// <summary>Completes when the radio is closed and nothing of it is left to report.</summary>
    public Task Running { get; private set; } = Task.CompletedTask;

    /// <summary>How the first opening went.</summary>
    public Task<AdapterOpening> Opened => _opened.Task;

    public void Start() => Running = OwnWork.BeginAsync(RunAsync);

    /// <summary>From any thread.</summary>
    public void Post(Action turn) => _turns.Writer.TryWrite(turn);

    public bool Stopping => _stopping;

    public bool TakesAttempts => _owns && !_stopping;

    /// <summary>No further attempt begins in this ownership, for its member stops. The stored state says nothing of it.</summary>
    public bool Leaving => _leaving;

    /// <returns>How many attempts have not ended.</returns>
    public int Leave()
    {
        var begins = !_leaving;
        _leaving = true;
        if (begins && _owns) _scheduler.Now();
        return _attempts.UnderWay;
    }

    public AttemptAnswer Begin(AttemptOrder order)
    {
        var answer = _attempts.Begin(order);
        Wake();
        return answer;
    }

    /// <summary>Somebody is heard who was not.</summary>
    public void ReportSoon() => _scheduler.Soon();

    public void Stop(AttemptStop stop) => _attempts.Stop(stop);

    public void LendOrRetake(AttemptName attempt)
    {
        _attempts.LendOrRetake(attempt);
        Wake();
    }

    public Task<ControlAnswer> ControlAsync(AdapterControl control) => _orders.CarryOutAsync(control, () => _attempts.UnderWay);

    /// <summary>Another adapter connected to a device that could not be connected to over this one.</summary>
    public void ServedElsewhere(AttemptName attempt)
    {
        Apply(new AdapterEvent.ServedElsewhere(attempt.Epoch, attempt.Device, attempt.Attempt, _time.GetUtcNow()));
        Wake();
    }

    /// <summary>Takes no more attempts, interrupts those under way, and closes the radio when their ends are reported or after 15 s.</summary>
    public async ValueTask DisposeAsync()
    {
        BeginStop();
        await Running;
        _stop.Dispose();
    }

    private void BeginStop()
    {
        if (_stopping) return;
        _stopping = true;
        _stop.Cancel();
        _attempts.StopAll(DfuError.Interrupted);
        Wake();
        OwnWork.Run(_parts.Log, "stop in time", _parts.Id, HurryAsync, LogLevel.Error);
    }

    public void Apply(AdapterEvent e)
    {
        var before = State;
        var (next, effects) = _parts.Host.Machines.Adapter(before, e, _parts.Host.Policy);
        State = next;
        _effects.AddRange(effects);
        if (next.Status != before.Status) _parts.Log.StatusChanged(_parts.Id, next.Status, next.Detail);
        if (_owns && (next.Status != before.Status || next.Free != before.Free || next.Connecting != before.Connecting)) _scheduler.Now();
    }

    private void Wake() => Post(static () => { });

    private async Task RunAsync()
    {
        var end = new AdapterOpening { Error = DfuError.Interrupted, Detail = "it was stopped before it was open" };
        try
        {
            using var owned = await _parts.Guard.EnterAsync(_parts.Id, _stop.Token);
            _stored = await _parts.Load();
            (State, var effects) = AdapterMachine.TakeUp(_stored, _time.GetUtcNow());
            _effects.AddRange(effects);
            _owns = true;
            using var gauge = _parts.Host.Gauges(Read);
            OwnWork.Run(_parts.Log, "tell how it was opened", _parts.Id, TellOpeningAsync, LogLevel.Error);
            try
            {
                Commit();
                await WorkAsync();
            }
            finally
            {
                await LetGoAsync();
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The loop was stopped before the guard let it have the radio.
        }
        catch (Exception e)
        {
            _parts.Log.AdapterStops(_parts.Id, e);
            end = new() { Error = e is DfuException { Error: not DfuError.None } known ? known.Error : DfuError.DataDirectoryUnusable, Detail = e.Message };
        }

        _opened.TrySetResult(end);
        _waits.End();
    }

    private async Task WorkAsync()
    {
        var every = _parts.Host.Times.AdapterReport;
        using var timer = _time.CreateTimer(_ => PostTick(), null, every, every);
        while (!(_stopping && (_attempts.Settled || _late)) && await _turns.Reader.WaitToReadAsync())
        {
            for (var taken = 0; taken < BatchSize && _turns.Reader.TryRead(out var turn); taken++) turn();
            Commit();
        }
    }

    private void PostTick()
    {
        if (Interlocked.Exchange(ref _tickWaits, 1) == 0) Post(Tick);
    }

    private void Tick()
    {
        Volatile.Write(ref _tickWaits, 0);
        var (now, elapsed) = (_time.GetUtcNow(), _time.GetElapsedTime(_ticked));
        _ticked = _time.GetTimestamp();
        if (!_stopping) Apply(new AdapterEvent.Tick(now));
        if (_goodput.Tick(State.Slots.Length, State.Limit.Current) is { } sample) Apply(new AdapterEvent.Measured(State.Epoch, sample, now));
        _attempts.Tick(elapsed, _parts.Host.Times.AdapterReport);
        Volatile.Write(ref _rate, _attempts.Rate);
        _scheduler.Tick();
        Audit();
    }

    private void Audit()
    {
        var untold = _stored.Untold;
        _audit.Tell(_parts.Id, untold, () => Post(() => Apply(new AdapterEvent.AuditTaken([.. untold.Select(static entry => entry.Id)]))));
    }

    /// <summary>
    /// An epoch is durable before anything is opened in it; what is let go of need not wait for that. The loop waits for no storage either: attempts must
    /// be answered meanwhile.
    /// </summary>
    private void Commit()
    {
        var isStored = State.Epoch == _stored.Epoch;
        while (_effects.Count > 0 && (isStored || _effects[0] is AdapterEffect.HandOver or AdapterEffect.Close))
        {
            var effect = _effects[0];
            _effects.RemoveAt(0);
            Carry(effect);
        }

        _waits.Look();
        if (_saving || _failed || (isStored && !IsSaveDue())) return;
        _saving = true;
        OwnWork.Run(_parts.Log, "save an adapter", _parts.Id, SaveAsync, LogLevel.Error);
    }

    private bool IsSaveDue()
    {
        var decided = State.Controls != _stored.Controls || State.ResetBy != _stored.ResetBy || State.SelfTest != _stored.SelfTest
            || State.Untold.Length != _stored.Untold.Length;
        var learned = (State.Limit.Current, State.Limit.Hold) != (_stored.Limit.Current, _stored.Limit.Hold);
        return decided || (learned && _time.GetElapsedTime(_saved) >= KeepLearnedEvery);
    }

    private async Task SaveAsync()
    {
        try
        {
            await _save.SaveAsync(TimeSpan.Zero);
        }
        catch (Exception e)
        {
            _parts.Log.AdapterStops(_parts.Id, e);
            _failed = true;
            BeginStop();
        }

        _saving = false;
        Wake(); // for what had to wait
    }

    private async Task WriteAsync()
    {
        var state = State;
        _saved = _time.GetTimestamp();
        await _parts.Save(state);
        _stored = state;
    }

    private void Carry(AdapterEffect effect)
    {
        if (effect is AdapterEffect.HandOver handOver) _attempts.Stop(handOver.Slot, DfuError.AdapterLost);
        else if (effect is AdapterEffect.Exonerate exonerate)
            OwnWork.Run(_parts.Log, "tell a device that it was not its fault", _parts.Id, () => ExonerateAsync(exonerate));
        else if (!_stopping || effect is AdapterEffect.Close) _parts.Host.OnRadio(() => _radio.Carry(effect));
    }

    private Task ExonerateAsync(AdapterEffect.Exonerate exonerate) => _parts.Peers.Device(exonerate.Slot.Device)
        .AdapterBlamedAsync(_parts.Id, exonerate.Epoch, exonerate.Slot.Attempt);

    private async Task LetGoAsync()
    {
        BeginStop();
        Apply(new AdapterEvent.Lost(State.Epoch, "its silo let it go", _time.GetUtcNow()));
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _parts.Host.OnRadio(
            () => Background.Run("close a radio", CloseAsync(closed), e => _parts.Log.WorkFailed(LogLevel.Error, _parts.Id, "close the radio", e)));
        await closed.Task;
        if (State != _stored && !_failed) await SaveAsync();
        _scheduler.Now();
        _owns = false;
    }

    private async Task CloseAsync(TaskCompletionSource closed)
    {
        try
        {
            await _radio.DisposeAsync();
        }
        finally
        {
            closed.SetResult();
        }
    }

    private async Task HurryAsync()
    {
        await Task.Delay(_parts.Host.Times.StopWithin, _time, CancellationToken.None);
        _late = true;
        Wake();
    }

    private async Task TellOpeningAsync() =>
        _opened.TrySetResult(await _radio.FirstOpening is { } error ? new() { Error = error.Error, Detail = error.Message } : new());

    /// <summary>From any thread.</summary>
    private FleetReading Read()
    {
        var state = State;
        return new() { Adapters = [new(_parts.Source.Id, state.Status, state.Slots.Length, state.Limit.Current, Volatile.Read(ref _rate))] };
    }

    private AdapterReport Report() =>
        new()
        {
            State = _leaving ? State with { HeldBy = State.HeldBy ?? ItsMember } : State,
            Rate = _goodput.PerTransfer,
            ProtectedFor = _attempts.ProtectedFor(State),
            Transfers = _attempts.Show(),
            Host = _parts.Host.Silo,
            HostMost = _parts.Host.Policy.MaxConcurrency,
        };
}
