using System.Collections.Immutable;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Scheduling;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Links;

namespace Dfu.Simulation.Engine;

/// <summary>Makes the views operators read out of the states. Only what changed is made again.</summary>
internal sealed class FleetViews(Hearings hearings, ITrafficLedger ledger, TimeProvider time)
{
    /// <summary>How fast a shown rate follows.</summary>
    private const double Smoothing = 0.3;

    private readonly Dictionary<BluetoothAddress, Shown> _shown = [];
    private long _lastBuilt;

    /// <summary>Bytes per second a device receives now; 0 when not sending.</summary>
    public double Rate(BluetoothAddress device) => _shown.TryGetValue(device, out var shown) ? shown.Rate : 0;

    public CampaignView Build(FleetMachines machines, bool goesOn, bool interrupted)
    {
        var now = time.GetUtcNow();
        var elapsed = _lastBuilt == 0 ? TimeSpan.Zero : time.GetElapsedTime(_lastBuilt);
        _lastBuilt = time.GetTimestamp();
        var campaign = machines.Campaign;
        var devices = ImmutableArray.CreateBuilder<DeviceView>(campaign.Devices.Length);
        var rates = new Dictionary<string, double>();
        foreach (var id in campaign.Devices)
        {
            if (!machines.Devices.TryGetValue(id, out var state)) continue;
            var view = Device(state, elapsed, now);
            devices.Add(view);
            if (view.Rate > 0 && view.Adapter is not null) rates[view.Adapter] = rates.GetValueOrDefault(view.Adapter) + view.Rate;
        }

        return new()
        {
            Id = campaign.Id,
            PackageId = campaign.PackageId,
            Outcome = interrupted && campaign.Stage != CampaignStage.Finished ? CampaignOutcome.Interrupted : campaign.Outcome,
            GoesOn = goesOn,
            Collecting = campaign.Stage == CampaignStage.Collecting,
            Devices = devices.ToImmutable(),
            Adapters = [.. machines.Adapters.Select(adapter => DeviceViews.Of(adapter, rates.GetValueOrDefault(adapter.Id)))],
            Notices = campaign.Notices,
            Seconds = campaign.Seconds,
        };
    }

    private DeviceView Device(DeviceState state, TimeSpan elapsed, DateTimeOffset now)
    {
        if (!_shown.TryGetValue(state.Id, out var shown)) _shown[state.Id] = shown = new(ledger.Slot(state.Id));
        if (shown.View is not null && ReferenceEquals(shown.State, state) && state.Phase == DevicePhase.Done) return shown.View;

        var traffic = shown.Slot.Read();
        if (!state.Running) shown.Rate = 0;
        else if (elapsed > TimeSpan.Zero) shown.Rate = (Smoothing * (traffic.Sent - shown.LastSent) / elapsed.TotalSeconds) + ((1 - Smoothing) * shown.Rate);
        shown.LastSent = traffic.Sent;
        shown.State = state;
        return shown.View = DeviceViews.Of(state, traffic, shown.Rate, hearings.Rssi(state.Id, now), now);
    }

    private sealed class Shown(ITrafficSlot slot)
    {
        public ITrafficSlot Slot { get; } = slot;
        public DeviceState? State { get; set; }
        public DeviceView? View { get; set; }
        public long LastSent { get; set; } = slot.Read().Sent;
        public double Rate { get; set; }
    }
}
