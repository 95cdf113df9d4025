using System.Collections.Immutable;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Storage;
using Dfu.Fleet.Telemetry;
using Dfu.Grains.Storage;
using Dfu.Grains.Turns;
using Dfu.Protocol.Links;
using Microsoft.Extensions.Logging;

namespace Dfu.Grains.Devices;

/// <summary>Applies what happens to a device, saves what is decided, and only then acts.</summary>
internal sealed class DeviceGrain : Grain, IDeviceGrain, IDeviceTurns, IDisposable
{
    private readonly FleetHost _host;
    private readonly ILogger<DeviceGrain> _logger;
    private readonly DocumentStore<DeviceRecord> _records;
    private readonly DocumentStore<DeviceHistory> _histories;
    private DeviceShell _shell = null!;
    private DeviceCalls _calls = null!;
    private Alarm? _alarm;

    public DeviceGrain(
        [PersistentState("device", StorageNames.State)] IPersistentState<StoredDocument> record,
        [PersistentState("device-history", StorageNames.State)] IPersistentState<StoredDocument> history,
        FleetHost host,
        ILogger<DeviceGrain> logger)
    {
        (_host, _logger) = (host, logger);
        _records = new(GrainContext, record);
        _histories = new(GrainContext, history);
    }

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var key = this.GetPrimaryKeyString();
        if (!BluetoothAddress.TryParse(key, out var id)) throw new ArgumentException($"'{key}' is not a Bluetooth address");
        var self = this.AsReference<IDeviceTurns>();
        _shell = new(id, _records.Read(), _histories.Read(), _host);
        _alarm = new(_host.Time, self.RingAsync, _host.Times.Again, e => _logger.WorkFailed(LogLevel.Debug, key, "take the turn of an alarm", e));
        _calls = new(GrainFactory, self, _shell, _host.Time, SetAlarm, _logger);
        return CommitAsync();
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        Dispose();
        if (_shell is not { Unsaved: true } || _records.Failed || _histories.Failed) return;
        try
        {
            await SaveAsync();
        }
        catch (Exception e)
        {
            _logger.ProgressNotSaved(_shell.State!.Id, e);
        }
    }

    public void Dispose() => _alarm?.Dispose();

    public async Task<bool> JoinAsync(CampaignPlace place, bool retry)
    {
        var joined = _shell.Join(place, retry);
        await CommitAsync();
        if (joined) _calls.Tell();
        return joined;
    }

    public Task CancelAsync(string campaign)
    {
        _shell.Cancel(campaign);
        return CommitAsync();
    }

    public async Task<bool> GrantAsync(DeviceEvent.Granted grant)
    {
        var granted = _shell.Grant(grant);
        await CommitAsync();
        return granted;
    }

    public async Task<bool> ReportAsync(AttemptReport report)
    {
        var accepted = _shell.Report(report);
        await CommitAsync();
        return accepted;
    }

    public Task<DeviceState?> GetAsync() => Task.FromResult(_shell.State);

    public Task<ImmutableArray<HistoryEntry>> HistoryAsync() => Task.FromResult(_shell.History());

    public async Task ForgetAsync(string campaign)
    {
        if (_shell.Record is not { Device.Phase: DevicePhase.Done } record || record.Campaign != campaign) return;
        _shell = new(record.Device.Id, null, null, _host);
        await _histories.ClearAsync();
        await _records.ClearAsync();
        DeactivateOnIdle();
    }

    public Task RingAsync()
    {
        _shell.Tick();
        return CommitAsync();
    }

    public Task AnsweredAsync(int attempt, AttemptAnswer answer)
    {
        _shell.Answered(attempt, answer);
        return CommitAsync();
    }

    public Task WaitedAsync(AirReport air)
    {
        _shell.Wait(air);
        return CommitAsync();
    }

    private async Task CommitAsync()
    {
        var decided = _shell.Decided;
        if (_shell.SaveDue) await SaveAsync();
        if (_shell.TakeEnded()) FleetMetrics.Ended(_shell.State!);
        foreach (var effect in _shell.TakeEffects()) _calls.Carry(effect);
        if (decided) _calls.Tell();
        SetAlarm();
    }

    private async Task SaveAsync()
    {
        if (_shell.HistoryDue is { } history) await _histories.SaveAsync(history);
        await _records.SaveAsync(_shell.TakeRecord());
    }

    private void SetAlarm() => _alarm!.Set(_shell.DueIn());
}
