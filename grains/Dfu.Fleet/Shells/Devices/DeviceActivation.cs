using System.Collections.Immutable;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Storage;
using Dfu.Fleet.Telemetry;
using Dfu.Fleet.Turns;
using Dfu.Protocol.Links;
using Dfu.Protocol.Timing;

namespace Dfu.Fleet.Shells.Devices;

/// <summary>Applies what happens to a device, saves what is decided, and only then acts.</summary>
/// <remarks>Turns come while others wait: storage may take its time and an attempt must be answered meanwhile. The shell is consistent then.</remarks>
internal sealed class DeviceActivation : IDevicePeer, IDisposable
{
    private readonly IActivation _activation;
    private readonly DocumentStore<DeviceRecord> _records;
    private readonly DocumentStore<DeviceHistory> _histories;
    private readonly GroupedSave _save;
    private readonly DeviceShell _shell;
    private readonly DeviceCalls _calls;
    private readonly OwnTurns _turns;
    private readonly Alarm _alarm;
    private bool _forgotten;

    private DeviceActivation(
        BluetoothAddress id,
        IActivation activation,
        DocumentStore<DeviceRecord> records,
        DeviceRecord? record,
        DocumentStore<DeviceHistory> histories,
        DeviceHistory? history)
    {
        (_activation, _records, _histories) = (activation, records, histories);
        _save = new(WriteAsync, activation.Host.Time);
        _turns = new(activation);
        _shell = new(id, record, history, activation.Host) { GaveUp = TellGivenUp };
        _alarm = new(activation, () => TurnAsync(_shell!.Tick));
        _calls = new(activation, _shell, TurnAsync, SetAlarm);
    }

    /// <summary>Begins with what is stored.</summary>
    public static async Task<DeviceActivation> BeginAsync(BluetoothAddress id, IActivation activation, IDocument record, IDocument history)
    {
        var (records, histories) = (new DocumentStore<DeviceRecord>(activation, record), new DocumentStore<DeviceHistory>(activation, history));
        var device = new DeviceActivation(id, activation, records, await records.ReadAsync(), histories, await histories.ReadAsync());
        device.Commit();
        return device;
    }

    /// <summary>Saves what is left to be saved; the next activation goes on from there.</summary>
    public async Task LeaveAsync()
    {
        Dispose();
        _records.LastTry = _histories.LastTry = true;
        if (_shell.Record is not { } record) return;
        if (!_forgotten && !_records.Failed && !_histories.Failed) await SaveLastAsync(record.Device.Id);
        _shell.Leave();
    }

    public void Dispose() => _alarm.Dispose();

    /// <inheritdoc cref="OwnTurns.TakeAsync"/>
    public Task TakeTurnAsync() => _turns.TakeAsync();

    public async Task<bool> JoinAsync(CampaignPlace place)
    {
        if (_forgotten) throw new IOException($"{_activation.Name} is being deleted; it may join when that is done");
        var joined = _shell.Join(place);
        await CommitAsync();
        if (joined) _calls.Tell();
        return joined;
    }

    public Task CancelAsync(string campaign, int run, bool drain)
    {
        _shell.Cancel(campaign, run, drain);
        return CommitAsync();
    }

    public Task PauseAsync(string campaign, int attempt)
    {
        _shell.Pause(campaign, attempt);
        return CommitAsync();
    }

    public async Task<bool> GrantAsync(DeviceEvent.Granted grant)
    {
        var granted = _shell.Grant(grant);
        await CommitAsync();
        return granted;
    }

    /// <remarks>A decision's save is waited for a little: the attempt wants to go on, and is told that it may as soon as it can be.</remarks>
    public async Task<ReportReceipt> ReportAsync(AttemptReport report)
    {
        var receipt = _shell.Report(report);
        var saving = CommitAsync();
        if (!_shell.Deciding) return receipt;
        if (saving.IsCompletedSuccessfully) saving = _save.UnderWay;
        try
        {
            await saving.WithinAsync(_activation.Host.Times.Report, _activation.Host.Time, CancellationToken.None);
        }
        catch (TimeoutException) when (!saving.IsCompleted)
        {
            // Slow storage: the receipt says how far it has come.
        }

        return _shell.Receipt(report.Attempt);
    }

    public Task AdapterBlamedAsync(string adapter, int epoch, int attempt)
    {
        _shell.AdapterBlamed(adapter, epoch, attempt);
        return CommitAsync();
    }

    public Task<DeviceState?> GetAsync() => Task.FromResult(_forgotten ? null : _shell.State);

    public Task<DevicePassport?> PassportAsync() => Task.FromResult(_forgotten ? _shell.Remains()?.Passport : _shell.Passport);

    public Task<ImmutableArray<HistoryEntry>> HistoryAsync() => Task.FromResult(_shell.History());

    public async Task ForgetAsync(string campaign)
    {
        if (_shell.Unsaved) await _save.SaveAsync(TimeSpan.Zero);
        await _save.UnderWay;
        if (_shell.Record is not { Device.Phase: DevicePhase.Done } record || record.Campaign != campaign) return;

        // From here on it is as if there were no such device here, and who calls meets the next activation.
        _forgotten = true;
        Dispose();
        if (_shell.Remains() is { } remains) await _histories.SaveAsync(remains);
        else await _histories.ClearAsync();
        await _records.ClearAsync();
        _activation.End("");
    }

    /// <summary>Something happens in a turn of its own.</summary>
    private Task TurnAsync(Action happens) => _turns.RunAsync(() =>
    {
        happens();
        Commit();
        return Task.CompletedTask;
    });

    private async Task SaveLastAsync(BluetoothAddress device)
    {
        try
        {
            if (_shell.Unsaved) await _save.SaveAsync(TimeSpan.Zero);
            await _save.UnderWay;
            if (_shell.Release() is { } released) await _records.SaveAsync(released);
        }
        catch (Exception e)
        {
            _activation.Log.ProgressNotSaved(device, e);
        }
    }

    /// <summary>For what nobody waits for; a save that fails ends this activation by itself.</summary>
    private void Commit() => _ = CommitAsync();

    /// <returns>Completes when what was just decided is durable; at once when nothing was.</returns>
    private Task CommitAsync()
    {
        if (_forgotten) return Task.CompletedTask;
        foreach (var effect in _shell.TakeOutstanding()) _calls.Carry(effect, _shell.Record!);
        SetAlarm();
        return _shell.SaveIn() is { } within ? SaveAsync(within) : Task.CompletedTask;
    }

    /// <summary>A checkpoint is nobody's to wait for.</summary>
    private Task SaveAsync(TimeSpan within)
    {
        var saved = _save.SaveAsync(within);
        return within == TimeSpan.Zero ? saved : Task.CompletedTask;
    }

    private async Task WriteAsync()
    {
        if (_forgotten) return;
        var pending = _shell.Take();
        if (pending.History is { } history) await _histories.SaveAsync(history);
        await _records.SaveAsync(pending.Record);
        if (pending.Ended) TellEnded(pending.Record);
        _shell.Written(pending);
        foreach (var effect in pending.Effects) _calls.Carry(effect, pending.Record);
        if (pending.Decided) _calls.Tell();
        Commit();
    }

    private void TellGivenUp(DeviceState device, string reason)
    {
        using var about = TracedLines.Of(_shell.Trace);
        _activation.Updates.AttemptGivenUp(device.Id, device.Attempt, device.Adapter, reason);
    }

    private void TellEnded(DeviceRecord record)
    {
        var device = record.Device;
        FleetMetrics.Ended(device);
        using var about = TracedLines.Of(_shell.Trace);
        var attempts = device.Attempt - device.EarlierAttempts;
        if (device.Outcome == DeviceOutcome.Failed) _activation.Updates.UpdateFailed(device.Id, attempts, record.Campaign, device.Detail, device.Error);
        else _activation.Updates.UpdateEnded(device.Id, FleetMetrics.Code(device.Outcome), attempts, record.Campaign);
    }

    private void SetAlarm() => _alarm.Set(_shell.DueIn());
}
