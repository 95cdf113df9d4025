using System.Diagnostics;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Attempts;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Storage;
using Dfu.Fleet.Telemetry;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Transfers;

namespace Dfu.Fleet.Shells.Adapters;

/// <summary>One attempt as its adapter's activation sees it, from the order to the last report.</summary>
internal sealed class AdapterAttempt
{
    private readonly Action<Action> _onRadio;
    private AttemptRun? _run;
    private readonly SendRate _rate;

    public AdapterAttempt(AttemptOrder order, ITrafficSlot traffic, Action<Action> onRadio)
    {
        _onRadio = onRadio;
        (Order, Device, Traffic) = (order, order.Device, traffic);
        Key = new(order.Place.Campaign, new(order.Device.Id, order.Device.Attempt));
        _rate = new(traffic.Read().Sent);
    }

    public AttemptOrder Order { get; }
    public AttemptKey Key { get; }
    public int Epoch => Order.Device.AdapterEpoch;
    public ITrafficSlot Traffic { get; }

    /// <summary>The device as this attempt's reports have left it; what is stored follows when it accepts them.</summary>
    public DeviceState Device { get; private set; }

    public BootloaderTraits Traits { get; set; } = new();
    public required AttemptReporter Reporter { get; init; }
    public required AttemptLease Lease { get; init; }

    /// <summary>Why it was told to stop; None while it was not.</summary>
    public DfuError StopReason { get; private set; }

    /// <summary>Its campaign may have chosen it to probe.</summary>
    public bool MayProbe { get; set; }

    /// <summary>Its links are closed.</summary>
    public bool Over { get; set; }

    /// <summary>The radio works for it, or did.</summary>
    public bool HasBegun => _run is not null;

    /// <summary>What lines about it name: its span, or before that its device's update.</summary>
    public ActivityContext Trace => _run?.Trace is { } trace && trace != default ? trace : FleetActivities.Context(Order.Place.TraceParent);

    /// <summary>Bytes per second now.</summary>
    public double Rate => _rate.Value;

    /// <summary>Asks it to end, now or as soon as it has begun; the first reason counts.</summary>
    public void Stop(DfuError reason)
    {
        if (StopReason != DfuError.None || Over) return;
        StopReason = reason;
        if (_run is { } run) _onRadio(() => run.Stop(reason));
    }

    /// <summary>From the lease's timer, whatever the activation does meanwhile.</summary>
    public void Expire() => Volatile.Read(ref _run)?.Stop(DfuError.Interrupted);

    public void Began(AttemptRun run) => Volatile.Write(ref _run, run);

    /// <returns>Whether its slot is concerned.</returns>
    public bool Take(DeviceEvent e, FleetPolicy policy)
    {
        var (next, effects) = DeviceMachine.Apply(Device, e, policy);
        Device = next;
        return !effects.IsEmpty;
    }

    public void Measure(TimeSpan elapsed) => _rate.Measure(Traffic.Read().Sent, elapsed);

    public LiveTransfer Show() => new()
    {
        Campaign = Key.Campaign,
        Device = Key.Slot.Device,
        Attempt = Key.Slot.Attempt,
        Phase = Device.Phase,
        Image = Device.Image,
        Confirmed = Device.Images[Device.Image].Confirmed,
        Traffic = Traffic.Read(),
        Rate = Rate,
    };
}
