using Dfu.Cluster.Tests.Devices;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Shells.Devices;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Links;
using static Dfu.Cluster.Tests.Devices.Given;

namespace Dfu.Fleet.Tests.Devices;

/// <summary>A device without its grain, and what its store would hold.</summary>
public abstract class DeviceShellBench
{
    private protected static readonly FleetTimes Times = new();
    private protected static readonly BluetoothAddress Id = BluetoothAddress.Parse("C0:00:00:00:00:10");

    private string? _stored;
    private string? _storedHistory;

    private FleetTimes _times = Times;

    protected DeviceShellBench() => Shell = new(Id, null, null, Host(Time));

    private protected ManualTime Time { get; } = new();
    private protected DeviceEffect Begin { get; } = new DeviceEffect.StartAttempt(Adapter, 3, 1);
    private protected DeviceShell Shell { get; private set; }

    /// <summary>How often the record was written.</summary>
    private protected int Saves { get; private set; }

    private protected DeviceState State => Shell.State!;

    private protected DeviceState Stored => FleetJson.Read<DeviceRecord>(_stored!).Device;

    private protected bool HistoryStored => _storedHistory is not null;

    /// <summary>When something is due next, a save included.</summary>
    private protected TimeSpan? Due => Shell.SaveIn() is { } save && !(Shell.DueIn() < save) ? save : Shell.DueIn();

    /// <summary>What a turn does after the device has changed.</summary>
    /// <param name="writing">How many seconds the write takes.</param>
    private protected DeviceEffect[] Commit(double writing = 0)
    {
        var effects = Shell.TakeOutstanding();
        if (Shell.SaveIn() != TimeSpan.Zero) return [.. effects];
        var pending = Shell.Take();
        Time.Advance(writing);
        if (pending.History is { } history) _storedHistory = FleetJson.Write(history);
        _stored = FleetJson.Write(pending.Record);
        Shell.Written(pending);
        Saves++;
        return [.. effects, .. pending.Effects];
    }

    private protected DeviceEffect[] Tick(double seconds)
    {
        Time.Advance(seconds);
        Shell.Tick();
        return Commit();
    }

    /// <summary>A device of a process with other times.</summary>
    private protected void Use(FleetTimes times) => Shell = new(Id, null, null, Host(Time, _times = times));

    /// <summary>The activation ends in order.</summary>
    private protected void Release() => _stored = FleetJson.Write(Shell.Release());

    private protected DeviceEffect[] Activate(double writing = 0)
    {
        Shell = new(Id, FleetJson.Read<DeviceRecord>(_stored!), _storedHistory is null ? null : FleetJson.Read<DeviceHistory>(_storedHistory),
            Host(Time, _times));
        return Commit(writing);
    }

    /// <summary>Takes what comes next in an attempt.</summary>
    /// <returns>Whether it was taken.</returns>
    private protected bool Take(AttemptReport report)
    {
        var running = Shell.State is { Running: true } state && state.Attempt == report.Attempt;
        Shell.Report(report.From((Shell.State?.LastEvent ?? 0) + 1));
        Commit();
        return running;
    }

    private protected DeviceEffect[] Run()
    {
        Assert.True(Shell.Join(Place()));
        Commit();
        Assert.True(Shell.Grant(Grant(Id)));
        return Commit();
    }
}
