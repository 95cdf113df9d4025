using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Adapters;

/// <summary>What happened to an adapter. Events carry the epoch they belong to; those of an earlier one are ignored.</summary>
public abstract record AdapterEvent
{
    private AdapterEvent()
    {
    }

    public sealed record OpenRequested(DateTimeOffset At) : AdapterEvent;

    public sealed record Opened(int Epoch, string Name, int MaxLinks, DateTimeOffset At) : AdapterEvent;

    public sealed record OpenFailed(int Epoch, string Detail, DateTimeOffset At) : AdapterEvent;

    public sealed record Lost(int Epoch, string Reason, DateTimeOffset At) : AdapterEvent;

    public sealed record SlotTaken(int Epoch, BluetoothAddress Device, int Attempt) : AdapterEvent;

    public sealed record SlotFreed(int Epoch, BluetoothAddress Device, int Attempt, DateTimeOffset At) : AdapterEvent;

    public sealed record ConnectStarted(int Epoch, BluetoothAddress Device, int Attempt) : AdapterEvent;

    /// <param name="Error">None when the link is open.</param>
    public sealed record ConnectEnded(int Epoch, BluetoothAddress Device, int Attempt, DfuError Error, DateTimeOffset At) : AdapterEvent;

    /// <summary>Bytes confirmed per second over a few seconds in which the number of transfers did not change.</summary>
    public sealed record Measured(int Epoch, int Active, double Rate, DateTimeOffset At) : AdapterEvent;

    /// <param name="Done">False when this kind of radio has no such step or it failed.</param>
    public sealed record Recovered(int Epoch, bool Done, DateTimeOffset At) : AdapterEvent;

    public sealed record Tick(DateTimeOffset At) : AdapterEvent;
}
