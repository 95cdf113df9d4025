using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;

namespace Dfu.Reports;

/// <summary>A campaign in a few numbers.</summary>
public sealed record Tally
{
    public int Devices { get; private init; }

    /// <summary>They run the package, those that ran it already among them.</summary>
    public int Updated { get; private init; }
    public int AlreadyCurrent { get; private init; }
    public int Failed { get; private init; }
    public int Cancelled { get; private init; }
    public int Active { get; private init; }
    public int Waiting { get; private init; }

    /// <summary>Something was done already: a feed updates devices while it listens for more.</summary>
    public bool Begun => Updated + Failed + Cancelled + Active > 0;

    /// <summary>Firmware bytes the devices hold, and are to hold; devices that need nothing or have failed count as far as they came.</summary>
    public long BytesDone { get; private init; }
    public long BytesTotal { get; private init; }

    public static Tally Of(CampaignView view)
    {
        int updated = 0, current = 0, failed = 0, cancelled = 0, active = 0, waiting = 0;
        long done = 0, total = 0;
        foreach (var device in view.Devices)
        {
            switch (device.Outcome)
            {
                case DeviceOutcome.Updated: updated++; break;
                case DeviceOutcome.AlreadyCurrent: updated++; current++; break;
                case DeviceOutcome.Failed: failed++; break;
                case DeviceOutcome.Cancelled: cancelled++; break;
                default:
                    if (IsActive(device)) active++;
                    else waiting++;
                    break;
            }

            done += device.Outcome.IsGood() ? device.BytesTotal : device.BytesConfirmed;
            total += device.Outcome == DeviceOutcome.Pending || device.Outcome.IsGood() ? device.BytesTotal : device.BytesConfirmed;
        }

        return new Tally
        {
            Devices = view.Devices.Length, Updated = updated, AlreadyCurrent = current, Failed = failed, Cancelled = cancelled,
            Active = active, Waiting = waiting, BytesDone = done, BytesTotal = total,
        };
    }

    public static bool IsActive(DeviceView device) =>
        device is { Outcome: DeviceOutcome.Pending, Phase: not (DevicePhase.Queued or DevicePhase.BackingOff or DevicePhase.Done) };
}
