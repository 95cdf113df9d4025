using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Telemetry;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Shells.Campaigns;

/// <summary>
/// What a campaign says to whoever collects, for as long as this activation has it: the campaign is looked at on the activation's scheduler, and read from
/// any thread.
/// </summary>
internal sealed class CampaignGauge : IDisposable
{
    /// <summary>Looking goes through all devices.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time;
    private readonly Func<Func<FleetReading?>, IDisposable> _add;
    private IDisposable? _gauges;
    private Seen? _seen;
    private long _looked;

    private CampaignGauge(TimeProvider time, Func<Func<FleetReading?>, IDisposable> add) => (_time, _add) = (time, add);

    /// <summary>It says nothing before it has looked.</summary>
    /// <param name="add">See <see cref="FleetHost.Gauges"/>.</param>
    public static CampaignGauge Begin(TimeProvider time, Func<Func<FleetReading?>, IDisposable> add) => new(time, add);

    public void Look(CampaignCore core, Func<BluetoothAddress, DeviceState?> device)
    {
        if (!FleetGauges.CountsCampaigns || (_looked != 0 && _time.GetElapsedTime(_looked) < LookEvery)) return;
        _looked = _time.GetTimestamp();
        _gauges ??= _add(Read);
        Volatile.Write(ref _seen, CampaignReading.Of(core.Saved, device) is { } reading ? new(core, new() { Campaign = reading }) : null);
    }

    public void Dispose() => _gauges?.Dispose();

    /// <summary>One that is over says nothing any more, whenever it was looked at last.</summary>
    public FleetReading? Read() => Volatile.Read(ref _seen) is { } seen && seen.Core.Saved.Stage != CampaignStage.Finished ? seen.Reading : null;

    private sealed record Seen(CampaignCore Core, FleetReading Reading);
}
