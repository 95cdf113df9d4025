using System.Collections.Immutable;
using Dfu.Adapters;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Adapters;

/// <summary>
/// What happened to an adapter. Events carry the epoch they belong to, and a number where one of a kind could be taken for another: whatever comes late or
/// twice is ignored.
/// </summary>
public abstract record AdapterEvent
{
    private AdapterEvent()
    {
    }

    public sealed record OpenRequested(DateTimeOffset At) : AdapterEvent;

    public sealed record Opened(int Epoch, string Name, int MaxLinks, DateTimeOffset At) : AdapterEvent;

    public sealed record OpenFailed(int Epoch, string Detail, DateTimeOffset At) : AdapterEvent;

    public sealed record Lost(int Epoch, string Reason, DateTimeOffset At) : AdapterEvent;

    /// <param name="Turn">One more than the adapter's <see cref="AdapterState.Turn"/>.</param>
    public sealed record SlotTaken(int Epoch, int Turn, BluetoothAddress Device, int Attempt) : AdapterEvent;

    /// <inheritdoc cref="SlotTaken" path="/param"/>
    public sealed record SlotFreed(int Epoch, int Turn, BluetoothAddress Device, int Attempt, DateTimeOffset At) : AdapterEvent;

    /// <param name="Connect">Counts the connects of the epoch, which come one after another.</param>
    public sealed record ConnectStarted(int Epoch, int Connect, BluetoothAddress Device, int Attempt) : AdapterEvent;

    /// <param name="Connect">See <see cref="ConnectStarted"/>.</param>
    /// <param name="Error">None when the link is open.</param>
    public sealed record ConnectEnded(int Epoch, int Connect, BluetoothAddress Device, int Attempt, DfuError Error, DateTimeOffset At) : AdapterEvent;

    public sealed record Measured(int Epoch, LoadSample Sample, DateTimeOffset At) : AdapterEvent;

    /// <param name="Done">False when this kind of radio has no such step or it failed.</param>
    public sealed record Recovered(int Epoch, RecoveryStep Step, bool Done, DateTimeOffset At) : AdapterEvent;

    /// <summary>An attempt is over, its slot freed or not.</summary>
    /// <inheritdoc cref="SlotTaken" path="/param"/>
    public sealed record AttemptEnded(int Epoch, int Turn, DfuError Error, DateTimeOffset At) : AdapterEvent;

    /// <summary>Another adapter connected to a device whose connect failed here.</summary>
    /// <param name="Attempt">The one that failed here.</param>
    public sealed record ServedElsewhere(int Epoch, BluetoothAddress Device, int Attempt, DateTimeOffset At) : AdapterEvent;

    /// <summary>An operator wants something; see <see cref="AdapterControls"/>.</summary>
    /// <param name="Number">One more than the adapter's <see cref="AdapterState.Controls"/>.</param>
    /// <param name="UnderWay">Attempts under way, those included that hold no slot now.</param>
    /// <param name="Wall">The clock on the wall, for people.</param>
    public sealed record Controlled(int Number, AdapterControl Control, int UnderWay, DateTimeOffset At, DateTimeOffset Wall) : AdapterEvent;

    /// <summary>The audit has taken entries.</summary>
    /// <param name="Ids">Theirs.</param>
    public sealed record AuditTaken(ImmutableArray<string> Ids) : AdapterEvent;

    /// <param name="Test">Its number.</param>
    /// <param name="Wall">The clock on the wall, for people.</param>
    public sealed record SelfTested(int Epoch, int Test, SelfTestFindings Findings, DateTimeOffset At, DateTimeOffset Wall) : AdapterEvent;

    public sealed record Tick(DateTimeOffset At) : AdapterEvent;
}
