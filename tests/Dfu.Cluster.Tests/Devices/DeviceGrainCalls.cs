using Dfu.Fleet.Peers;
using Dfu.Grains;

namespace Dfu.Cluster.Tests.Devices;

internal static class DeviceGrainCalls
{
    /// <summary>Sends what comes next in an attempt.</summary>
    /// <returns>Whether the device took it.</returns>
    public static async Task<bool> TakesAsync(this IDeviceGrain device, AttemptReport report)
    {
        var before = await device.GetAsync();
        var receipt = await device.ReportAsync(report.From((before?.LastEvent ?? 0) + 1));
        var events = report.Events;
        return receipt.Renews || (!events.IsEmpty && before?.Attempt == report.Attempt && receipt.Taken == before.LastEvent + events.Length);
    }
}
