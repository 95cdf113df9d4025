using System.Collections.Immutable;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Plans;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Shells.Campaigns;

/// <summary>What people call a campaign's devices, in a document of its own that is written once.</summary>
internal sealed class LabelStore(DocumentStore<CampaignLabels> store)
{
    private ImmutableDictionary<BluetoothAddress, TargetLabel> _labels = ImmutableDictionary<BluetoothAddress, TargetLabel>.Empty;

    private Task _writing = Task.CompletedTask;

    /// <summary>A write has failed for good.</summary>
    public bool Failed => store.Failed;

    /// <summary>The activation ends: storage that does not answer is not waited for any more.</summary>
    public void TryOnce() => store.LastTry = true;

    public async Task ReadAsync() => Take(await store.ReadAsync() ?? new());

    /// <summary>Durable when it returns. None leave those that there are.</summary>
    public async Task SaveAsync(CampaignLabels labels)
    {
        if (labels.Labels.IsEmpty) return;
        while (!_writing.IsCompleted) await _writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        _writing = store.SaveAsync(labels);
        await _writing;
        Take(labels);
    }

    public Task ClearAsync() => store.ClearAsync();

    /// <summary>Whichever address of the device it was given for; null when nobody said.</summary>
    public TargetLabel? Of(DeviceView view, BluetoothAddress id) =>
        Of(id) ?? Of(view.Application) ?? (view.Bootloader is { } bootloader ? Of(bootloader) : null);

    /// <summary>Null when nobody said.</summary>
    public TargetLabel? Of(BluetoothAddress address) => _labels.GetValueOrDefault(address);

    private void Take(CampaignLabels labels) =>
        _labels = labels.Labels.Aggregate(
            ImmutableDictionary<BluetoothAddress, TargetLabel>.Empty, static (known, label) => known.SetItem(label.Device, label));
}
