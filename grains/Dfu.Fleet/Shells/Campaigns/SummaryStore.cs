using System.Collections.Immutable;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Shells.Campaigns;

/// <summary>The devices of a campaign as they were when it ended, in a document of its own.</summary>
internal sealed class SummaryStore(DocumentStore<CampaignSummary> store, CampaignDevices devices, LabelStore labels, TimeProvider time)
{
    private ImmutableArray<DeviceView> _devices;

    /// <summary>A write has failed for good.</summary>
    public bool Failed => store.Failed;

    /// <inheritdoc cref="LabelStore.TryOnce"/>
    public void TryOnce() => store.LastTry = true;

    /// <summary>It is not known how they were, or the campaign is not over.</summary>
    public bool IsUnknown => _devices.IsDefault;

    public async Task ReadAsync() => _devices = (await store.ReadAsync())?.Devices ?? default;

    /// <summary>The campaign goes on.</summary>
    public void Drop() => _devices = default;

    /// <summary>Durable when it returns.</summary>
    public Task SaveAsync(CampaignState finished)
    {
        _devices = devices.Unknown(finished).IsEmpty ? [.. finished.Devices.Select(id => ViewOf(finished, id))] : default;
        return store.SaveAsync(new() { Devices = _devices.IsDefault ? [] : _devices });
    }

    public Task ClearAsync() => store.ClearAsync();

    /// <summary>Default for a campaign that is not over or cannot tell.</summary>
    public ImmutableArray<DeviceView> Of(CampaignState campaign) =>
        campaign.Stage == CampaignStage.Finished && !_devices.IsDefault && _devices.Length == campaign.Devices.Length ? _devices : default;

    private DeviceView ViewOf(CampaignState campaign, BluetoothAddress id)
    {
        var device = devices.Get(id) ?? DeviceState.New(id, campaign.ImageSizes, campaign.CreatedAt);
        var view = CampaignViews.Device(campaign, device, null, null, time.GetUtcNow());
        return view with { Label = labels.Of(view, id) };
    }
}
