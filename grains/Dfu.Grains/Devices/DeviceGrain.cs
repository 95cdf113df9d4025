using System.Collections.Immutable;
using Dfu.Fleet;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Shells.Devices;
using Dfu.Fleet.Storage;
using Dfu.Grains.Storage;
using Dfu.Grains.Turns;
using Dfu.Protocol.Links;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Storage;

namespace Dfu.Grains.Devices;

/// <summary>Carries a <see cref="DeviceActivation"/>.</summary>
[Reentrant]
internal sealed class DeviceGrain(
    [FromKeyedServices(StorageNames.State)] IGrainStorage storage,
    FleetHost host,
    ILogger<DeviceGrain> logger,
    ILoggerFactory loggers) : Grain, IDeviceGrain, IOwnTurns, IDisposable
{
    private DeviceActivation? _device;

    private DeviceActivation Device => _device!;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var key = this.GetPrimaryKeyString();
        if (!BluetoothAddress.TryParse(key, out var id)) throw new ArgumentException($"'{key}' is not a Bluetooth address");
        var activation = new GrainActivation(GrainContext, key, GrainFactory, host, logger, loggers, this.AsReference<IOwnTurns>());
        var grain = this.GetGrainId();
        _device = await DeviceActivation.BeginAsync(
            id, activation, new GrainDocument(storage, "device", grain), new GrainDocument(storage, "device-history", grain));
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => _device?.LeaveAsync() ?? Task.CompletedTask;

    public Task<bool> JoinAsync(CampaignPlace place) => Device.JoinAsync(place);

    public Task CancelAsync(string campaign, int run, bool drain) => Device.CancelAsync(campaign, run, drain);

    public Task PauseAsync(string campaign, int attempt) => Device.PauseAsync(campaign, attempt);

    public Task<bool> GrantAsync(DeviceEvent.Granted grant) => Device.GrantAsync(grant);

    public Task<ReportReceipt> ReportAsync(AttemptReport report) => Device.ReportAsync(report);

    public Task AdapterBlamedAsync(string adapter, int epoch, int attempt) => Device.AdapterBlamedAsync(adapter, epoch, attempt);

    public Task<DeviceState?> GetAsync() => Device.GetAsync();

    public Task<DevicePassport?> PassportAsync() => Device.PassportAsync();

    public Task<ImmutableArray<HistoryEntry>> HistoryAsync() => Device.HistoryAsync();

    public Task ForgetAsync(string campaign) => Device.ForgetAsync(campaign);

    public void Dispose() => _device?.Dispose();

    public Task TakeTurnAsync() => Device.TakeTurnAsync();
}
