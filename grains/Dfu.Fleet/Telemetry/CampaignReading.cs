using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Telemetry;

/// <summary>Where a device of a campaign stands: each is counted in one of these.</summary>
public enum DeviceStanding
{
    /// <summary>For a slot, for the end of a backoff, or for its group or its campaign to go on.</summary>
    Waiting = 0,

    /// <summary>An attempt on it is under way.</summary>
    Updating,
    Updated,
    AlreadyCurrent,
    Failed,
    Cancelled,
}

/// <summary>How a campaign that is not over stands.</summary>
/// <param name="State">One of <see cref="CampaignStateCode.Open"/>.</param>
/// <param name="Devices">How many devices there are of each <see cref="DeviceStanding"/>.</param>
/// <param name="LeftInBootloader">Devices that were given up in their bootloader.</param>
public sealed record CampaignReading(string State, ImmutableArray<int> Devices, int LeftInBootloader)
{
    /// <param name="campaign">As it is stored.</param>
    /// <param name="device">What is known of a device; null for one that has not told yet.</param>
    public static CampaignReading? Of(CampaignState campaign, Func<BluetoothAddress, DeviceState?> device)
    {
        if (campaign.Stage == CampaignStage.Finished) return null;
        var counts = new int[Enum.GetValues<DeviceStanding>().Length];
        var left = 0;
        foreach (var id in campaign.Devices)
        {
            var known = device(id);
            var result = campaign.Results.GetValueOrDefault(id);
            counts[(int)Standing(result, known)]++;
            if (result is not null && known is not null && IsLeftInBootloader(result, known)) left++;
        }

        return new(CampaignStateCode.Of(campaign), ImmutableCollectionsMarshal.AsImmutableArray(counts), left);
    }

    private static DeviceStanding Standing(DeviceResult? result, DeviceState? known) => result?.Outcome switch
    {
        DeviceOutcome.Updated => DeviceStanding.Updated,
        DeviceOutcome.AlreadyCurrent => DeviceStanding.AlreadyCurrent,
        DeviceOutcome.Failed => DeviceStanding.Failed,
        DeviceOutcome.Cancelled => DeviceStanding.Cancelled,
        _ => known is { Running: true } ? DeviceStanding.Updating : DeviceStanding.Waiting,
    };

    /// <remarks>A device that refused what it was sent is told to start its application, which it has unless it took a part of the package before.</remarks>
    private static bool IsLeftInBootloader(DeviceResult result, DeviceState device) =>
        result.Outcome is DeviceOutcome.Failed or DeviceOutcome.Cancelled
        && device is { BootloaderUntil: not null, AllActivated: false }
        && !(result.Error.IsRefusal() && device.Images.All(static image => !image.Activated));
}
