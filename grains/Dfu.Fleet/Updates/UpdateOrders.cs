using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Identity;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Transfers;

namespace Dfu.Fleet.Updates;

/// <summary>What a campaign has learned that an attempt starts with.</summary>
/// <param name="MeanTimeBetweenDrops">Null while no link has dropped.</param>
/// <param name="LinkTime">Link time observed, over all devices.</param>
/// <param name="Probe">This attempt is to find out what its class of bootloaders keeps over a drop.</param>
public sealed record CampaignKnowledge(BootloaderTraits Traits, TimeSpan? MeanTimeBetweenDrops, TimeSpan LinkTime, bool Probe)
{
    public static CampaignKnowledge Of(CampaignState campaign, DeviceState device) => new(
        CampaignMachine.Prior(campaign, device.Class), campaign.MeanTimeBetweenDrops, TimeSpan.FromSeconds(campaign.LinkSeconds), device.Probing);
}

/// <summary>Makes the order of an attempt out of what is stored.</summary>
public static class UpdateOrders
{
    /// <param name="device">A device that was granted a slot.</param>
    public static UpdateOrder For(DeviceState device, DfuPackage package, CampaignKnowledge knowledge, TransferOptions transfer)
    {
        var progress = device.Images[device.Image];
        return new()
        {
            Heard = device.Heard!.Value,
            Application = device.Application,
            Bootloader = device.Bootloader ?? device.Application.Bootloader,
            Target = device.Id,
            Settled = device.Settled,
            Package = package,
            Image = device.Image,
            Restarted = progress.RestartedAfterVerification,
            Hint = new()
            {
                Confirmed = progress.Confirmed,
                LastExecuteSent = progress.LastExecuteSent,
                Saved = progress.Saved,
                Traits = knowledge.Traits,
                MeanTimeBetweenDrops = knowledge.MeanTimeBetweenDrops,
                LinkTimeObserved = knowledge.LinkTime,
                Probe = knowledge.Probe,
            },
            BootloaderName = DeviceNames.Label(device.Application),
            Resumes = device.Resumes,
            Transfer = transfer,
        };
    }
}
