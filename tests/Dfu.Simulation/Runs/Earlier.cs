using Dfu.Fleet.Audit;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Links;

namespace Dfu.Simulation.Runs;

/// <summary>What was stored before a run begins.</summary>
internal static class Earlier
{
    private const string Campaign = "earlier";

    public static AuditHead Audit(int entries) => new()
    {
        Entries = [.. Enumerable.Range(1, entries)
            .Select(static entry => new AuditEntry($"{Campaign}/{entry}", default, "somebody", "campaignPaused", Campaign, ""))],
    };

    /// <summary>A device that was given up in a campaign which has been deleted since.</summary>
    public static DeviceRecord Device(BluetoothAddress device, int notes) => new()
    {
        Campaign = Campaign,
        PackageId = "",
        Device = DeviceState.New(device, [4096], default) with { Phase = DevicePhase.Done, Outcome = DeviceOutcome.Cancelled },
        Told = true,
        News = [.. Enumerable.Range(1, notes).Select(note => new HistoryEntry(default, Campaign, device, "attempt", $"{note}"))],
    };
}
