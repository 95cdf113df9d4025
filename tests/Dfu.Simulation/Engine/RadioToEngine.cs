using Dfu.Adapters;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Attempts;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Scheduling;
using Dfu.Protocol.Links;

namespace Dfu.Simulation.Engine;

/// <summary>Makes what one radio says events of the engine's loop.</summary>
internal sealed class RadioToEngine(int index, HeardDevices heardDevices, TimeProvider time, Action<EngineEvent> post) : IAdapterReports
{
    public void Happened(AdapterEvent e) => post(new EngineEvent.Adapter(index, e));

    public void Heard(in Advertisement advertisement)
    {
        var news = heardDevices.Hear(index, advertisement, time.GetUtcNow(), out var found);
        if (found is { } device) post(new EngineEvent.Found(device));
        if (news) post(new EngineEvent.Wake());
    }

    public void Deaf() => heardDevices.Forget(index);
}

/// <summary>Makes what one attempt says events of the engine's loop.</summary>
internal sealed class AttemptToEngine(BluetoothAddress device, int adapter, Action<EngineEvent> post) : IAttemptReports
{
    public void Device(DeviceEvent e) => post(new EngineEvent.Device(device, e));

    public async Task DurableAsync(DeviceEvent e, CancellationToken cancellationToken)
    {
        var durable = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var registration = cancellationToken.Register(() => durable.TrySetCanceled(cancellationToken));
        post(new EngineEvent.Device(device, e, durable));
        await durable.Task;
    }

    public void Adapter(AdapterEvent e) => post(new EngineEvent.Adapter(adapter, e));

    public void Campaign(CampaignEvent e) => post(new EngineEvent.Campaign(e));

    public void Ended(AttemptRun run, DeviceEvent.Ended e) => post(new EngineEvent.AttemptEnded(adapter, run, e));
}
