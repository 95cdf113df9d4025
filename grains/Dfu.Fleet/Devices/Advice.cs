using System.Globalization;
using Dfu.Fleet.Campaigns;
using Dfu.Protocol.Transfers;

namespace Dfu.Fleet.Devices;

/// <summary>The one thing to change about a device that was updated, out of where its time went.</summary>
/// <remarks>Facts are those of docs/bootloader.md: F8, F21, F22, F30 and the table of versions.</remarks>
public static class Advice
{
    /// <summary>Whoever is done so soon needs no advice.</summary>
    private const double ShortestSeconds = 5;

    /// <summary>Signals below are weak, dBm.</summary>
    private const int WeakSignal = -80;

    private const long WorthMention = 8 * 1024;
    private const int SmallMtu = 23;

    /// <param name="device">One that has its outcome.</param>
    /// <param name="rssi">dBm at the adapter that hears it best, null when it was not heard lately.</param>
    /// <returns>One sentence; null when nothing stands out.</returns>
    public static string? Of(DeviceState device, int? rssi)
    {
        var time = device.Costs.Time;
        if (device.Outcome != DeviceOutcome.Updated || time.Total < ShortestSeconds) return null;
        return Waiting(device, time) ?? Pausing(device, time) ?? SentTwice(device, rssi) ?? Connecting(time, rssi) ?? SmallPackets(device, time)
            ?? Flash(device, time) ?? Finishing(time);
    }

    private static string? Waiting(DeviceState device, TimeSpent time) => Share(time, time.Waiting) is >= 50 and var share
        ? Say($"It waited {share:0} % of the time for a slot of an adapter: another adapter beside {device.Adapter} would help.")
        : null;

    private static string? Pausing(DeviceState device, TimeSpent time) => Share(time, time.BackingOff) is >= 25 and var share
        ? Say($"It paused {share:0} % of the time after {device.Failures} attempts that failed: see its history for what they ended with.")
        : null;

    private static string? SentTwice(DeviceState device, int? rssi)
    {
        var again = device.Traffic.Resent;
        if (again < WorthMention || again * 10 < device.BytesDistinct || device.ResumeTotals.Times == 0) return null;
        var drops = Say(
            $"{device.ResumeTotals.Times} {(device.ResumeTotals.Times == 1 ? "drop" : "drops")} cost {again / 1024.0:0.#} KiB that were sent twice");
        if (device.Resumes.Any(static resume => resume.Diagnosis is Diagnosis.SavesNothing or Diagnosis.BackAtSave))
        {
            return $"{drops}: its bootloader saves nothing by itself; one built with NRF_DFU_SAVE_PROGRESS_IN_FLASH=1 would lose 4 KiB at a drop, "
                + "and take longer where none happens.";
        }

        return rssi <= WeakSignal ? Say($"{drops}: it is heard at {rssi} dBm; bring it nearer to an adapter.") : $"{drops}: look for distance or noise.";
    }

    private static string? Connecting(TimeSpent time, int? rssi) => Share(time, time.Connecting) is >= 30 and var share
        ? Say($"Connecting took {share:0} % of the time")
            + (rssi <= WeakSignal ? Say($": it is heard at {rssi} dBm; bring it nearer to an adapter.")
                : ": it is heard seldom, or its adapter connects to many.")
        : null;

    private static string? SmallPackets(DeviceState device, TimeSpent time)
    {
        if (device.Class is not { } name || ClassKey.MtuOf(name) != SmallMtu || Share(time, time.Air + time.Checking) is not (>= 40 and var share)) return null;
        return ClassKey.InitMaxOf(name) >= 512
            ? Say($"{share:0} % of the time went into packets of 20 bytes: its bootloader takes 244, so an adapter with a larger MTU than 23 would help.")
            : Say($"{share:0} % of the time went into packets of 20 bytes, for its MTU is 23: a bootloader of SDK 15 or later takes 244 at once.");
    }

    private static string? Flash(DeviceState device, TimeSpent time)
    {
        if (Share(time, time.Creating + time.Guard + time.Executing + time.Saving) is not (>= 40 and var share)) return null;
        var objects = device.ImageSizes.Sum(static size => (size + 4095) / 4096);
        return device.Costs.Wear.Settings > objects / 2 && device.Class is { } name && ClassKey.InitMaxOf(name) >= 512
            ? Say($"{share:0} % of the time its flash was busy")
                + ", and its bootloader saves its progress after every object: one built without would take half as long."
            : Say($"{share:0} % of the time its flash was erased and written: the chip sets that pace, so there is nothing to gain.");
    }

    private static string? Finishing(TimeSpent time) => Share(time, time.Finishing) is >= 40 and var share
        ? Say($"{share:0} % of the time it copied the image and started: --no-verify does not wait for that.")
        : null;

    private static double Share(TimeSpent time, double seconds) => 100 * seconds / time.Total;

    private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
