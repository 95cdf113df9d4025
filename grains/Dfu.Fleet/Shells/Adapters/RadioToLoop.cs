using Dfu.Adapters;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Attempts;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Shells.Adapters;

/// <summary>Makes what a radio says turns of its adapter's loop.</summary>
/// <param name="goldenUnit">Nobody updates this device: the scheduler does not hear of it.</param>
internal sealed class RadioToLoop(AdapterLoop loop, UnreportedAdvertisements heard, BluetoothAddress? goldenUnit) : IAdapterReports
{
    public void Happened(AdapterEvent e) => loop.Post(() => loop.Apply(e));

    public void Heard(in Advertisement advertisement)
    {
        if (advertisement.Address != goldenUnit && heard.Hear(advertisement)) loop.Post(loop.ReportSoon);
    }

    public void Deaf() => heard.Deafen();
}

/// <summary>Makes what an attempt says turns of its adapter's loop.</summary>
internal sealed class AttemptToLoop(AdapterAttempt attempt, AdapterAttempts attempts, AdapterLoop loop) : IAttemptReports
{
    public void Device(DeviceEvent e) => loop.Post(() => attempts.Take(attempt, e, null));

    public async Task DurableAsync(DeviceEvent e, CancellationToken cancellationToken)
    {
        var durable = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var registration = cancellationToken.Register(() => durable.TrySetCanceled(cancellationToken));
        loop.Post(() => attempts.Take(attempt, e, durable));
        await durable.Task;
    }

    public void Adapter(AdapterEvent e) => loop.Post(() => loop.Apply(e));

    public void Campaign(CampaignEvent e) => loop.Post(() => attempts.Take(attempt, e));

    public void Ended(AttemptRun run, DeviceEvent.Ended e) => loop.Post(() => attempts.End(attempt, e));
}
