using System.Collections.Immutable;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Storage;

namespace Dfu.Grains;

/// <summary>
/// One device, by its name within campaigns: the address it was given or first heard by (<c>C0:98:76:54:32:10</c>). It is in one
/// unfinished campaign at a time.
/// </summary>
[Alias("dfu.device")]
public interface IDeviceGrain : IGrainWithStringKey
{
    /// <inheritdoc cref="IDevicePeer.JoinAsync"/>
    [Alias("Join")]
    Task<bool> JoinAsync(CampaignPlace place);

    /// <inheritdoc cref="IDevicePeer.CancelAsync"/>
    [Alias("Cancel")]
    Task CancelAsync(string campaign, int run, bool drain);

    /// <inheritdoc cref="IDevicePeer.PauseAsync"/>
    [Alias("Pause")]
    Task PauseAsync(string campaign, int attempt);

    /// <inheritdoc cref="IDevicePeer.GrantAsync"/>
    [Alias("Grant")]
    Task<bool> GrantAsync(DeviceEvent.Granted grant);

    /// <inheritdoc cref="IDevicePeer.ReportAsync"/>
    [Alias("Report")]
    Task<ReportReceipt> ReportAsync(AttemptReport report);

    /// <inheritdoc cref="IDevicePeer.AdapterBlamedAsync"/>
    [Alias("AdapterBlamed")]
    Task AdapterBlamedAsync(string adapter, int epoch, int attempt);

    /// <inheritdoc cref="IDevicePeer.GetAsync"/>
    [Alias("Get")]
    Task<DeviceState?> GetAsync();

    /// <summary>What is known of the device beyond its campaigns; null when nothing is.</summary>
    [Alias("Passport")]
    Task<DevicePassport?> PassportAsync();

    /// <summary>The device's last decisions and outcomes, oldest first, at most 200.</summary>
    [Alias("History")]
    Task<ImmutableArray<HistoryEntry>> HistoryAsync();

    /// <inheritdoc cref="IDevicePeer.ForgetAsync"/>
    [Alias("Forget")]
    Task ForgetAsync(string campaign);
}
