using System.Collections.Immutable;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Scheduling;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Links;

namespace Dfu.Simulation.Engine;

/// <summary>Shows the engine's states. Only what changed is made again.</summary>
internal sealed class FleetViews(HeardDevices heardDevices, ITrafficLedger ledger, TimeProvider time)
{
    private readonly Dictionary<BluetoothAddress, Shown> _shown = [];
    private long _lastBuilt;

    /// <summary>Bytes per second a device receives now; 0 when not sending.</summary>
    public double Rate(BluetoothAddress device) => _shown.TryGetValue(device, out var shown) ? shown.Rate.Value : 0;

    public CampaignView Build(FleetMachines machines, bool goesOn, bool interrupted)
    {
        var now = time.GetUtcNow();
        var elapsed = _lastBuilt == 0 ? TimeSpan.Zero : time.GetElapsedTime(_lastBuilt);
        _lastBuilt = time.GetTimestamp();
        var campaign = machines.Campaign;
        var states = campaign.Devices.Select(machines.Devices.GetValueOrDefault).OfType<DeviceState>();
        var view = CampaignViews.Of(
            campaign,
            [.. states.Select(state => Device(campaign, state, elapsed, now))],
            [.. machines.Adapters.Select(adapter => DeviceViews.Of(adapter, adapter.Slots.Sum(slot => Rate(slot.Device))))],
            goesOn);
        return interrupted && campaign.Stage != CampaignStage.Finished ? view with { Outcome = CampaignOutcome.Interrupted } : view;
    }

    private DeviceView Device(CampaignState campaign, DeviceState state, TimeSpan elapsed, DateTimeOffset now)
    {
        if (!_shown.TryGetValue(state.Id, out var shown)) _shown[state.Id] = shown = new(ledger.Slot(state.Id));
        if (shown.View is not null && ReferenceEquals(shown.State, state) && state.Phase == DevicePhase.Done) return shown.View;

        var traffic = shown.Slot.Read();
        shown.Rate.Measure(traffic.Sent, elapsed, state.Running);
        shown.State = state;
        var attempt = new AttemptInSight(state.Attempt, state.Phase, state.Image, state.Images[state.Image].Confirmed, traffic, shown.Rate.Value);
        return shown.View = CampaignViews.Device(campaign, state.Counting(traffic), attempt, heardDevices.Rssi(state.Id, now), now);
    }

    private sealed class Shown(ITrafficSlot slot)
    {
        public ITrafficSlot Slot { get; } = slot;
        public DeviceState? State { get; set; }
        public DeviceView? View { get; set; }
        public SendRate Rate { get; } = new(slot.Read().Sent);
    }
}
