using Dfu.Fleet;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Storage;
using Dfu.Grains;
using Dfu.Grains.Devices;
using Dfu.Protocol.Links;
using static Dfu.Cluster.Tests.Devices.Given;

namespace Dfu.Cluster.Tests.Devices;

/// <summary>A device without its grain, and what its store would hold.</summary>
public abstract class DeviceShellBench
{
    private protected static readonly FleetTimes Times = new();
    private protected static readonly BluetoothAddress Id = BluetoothAddress.Parse("C0:00:00:00:00:10");

    private string? _stored;
    private string? _storedHistory;

    protected DeviceShellBench() => Shell = new(Id, null, null, Host(Time));

    private protected ManualTime Time { get; } = new();
    private protected DeviceEffect Begin { get; } = new DeviceEffect.StartAttempt(Adapter, 3, 1);
    private protected DeviceShell Shell { get; private set; }

    /// <summary>How often the record was written.</summary>
    private protected int Saves { get; private set; }

    private protected DeviceState State => Shell.State!;

    private protected DeviceState Stored => FleetJson.Read<DeviceRecord>(_stored!).Device;

    private protected bool HistoryStored => _storedHistory is not null;

    /// <summary>What a turn does after the device has changed.</summary>
    /// <param name="writing">How many seconds the write takes.</param>
    private protected DeviceEffect[] Commit(double writing = 0)
    {
        if (Shell.SaveDue)
        {
            if (Shell.HistoryDue is { } history) _storedHistory = FleetJson.Write(history);
            var record = Shell.TakeRecord();
            Time.Advance(writing);
            _stored = FleetJson.Write(record);
            Saves++;
        }

        return [.. Shell.TakeEffects()];
    }

    private protected DeviceEffect[] Tick(double seconds)
    {
        Time.Advance(seconds);
        Shell.Tick();
        return Commit();
    }

    private protected DeviceEffect[] Activate(double writing = 0)
    {
        Shell = new(Id, FleetJson.Read<DeviceRecord>(_stored!), _storedHistory is null ? null : FleetJson.Read<DeviceHistory>(_storedHistory), Host(Time));
        return Commit(writing);
    }

    private protected bool Take(AttemptReport report)
    {
        var accepted = Shell.Report(report);
        Commit();
        return accepted;
    }

    private protected DeviceEffect[] Run()
    {
        Assert.True(Shell.Join(Place(), false));
        Commit();
        Assert.True(Shell.Grant(Grant(Id)));
        return Commit();
    }
}
