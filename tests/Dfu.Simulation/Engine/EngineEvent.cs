using Dfu.Fleet.Adapters;
using Dfu.Fleet.Attempts;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Links;

namespace Dfu.Simulation.Engine;

/// <summary>What the engine's loop takes in.</summary>
internal abstract record EngineEvent
{
    /// <param name="Durable">Completed when the event's effect is stored, cancelled when the event came too late.</param>
    public sealed record Device(BluetoothAddress Id, DeviceEvent Event, TaskCompletionSource? Durable = null) : EngineEvent;

    public sealed record Adapter(int Index, AdapterEvent Event) : EngineEvent;

    public sealed record Campaign(CampaignEvent Event) : EngineEvent;

    /// <summary>A device was found while targets are collected. Named by its application address as far as that can be told.</summary>
    public sealed record Found(BluetoothAddress Address) : EngineEvent;

    public sealed record AttemptEnded(int Index, AttemptRun Run, DeviceEvent.Ended Event) : EngineEvent;

    public sealed record Tick : EngineEvent;

    /// <summary>Something was heard that may let a device go on.</summary>
    public sealed record Wake : EngineEvent;

    public sealed record Cancel : EngineEvent;

    public sealed record Stop : EngineEvent;
}

/// <summary>What the loop carries out after the states behind it were saved.</summary>
internal abstract record EngineAction
{
    public sealed record StartAttempt(BluetoothAddress Device, int Adapter, int Epoch, int Attempt) : EngineAction;

    public sealed record StopAttempt(BluetoothAddress Device, int Attempt, Protocol.Errors.DfuError Reason) : EngineAction;

    public sealed record CarryAdapter(int Index, AdapterEffect Effect) : EngineAction;
}
