using Dfu.Fleet.Devices;
using Dfu.Fleet.Identity;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Transfers;

namespace Dfu.Fleet.Updates;

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
            Activated = [.. Enumerable.Range(0, device.Images.Length).Where(i => device.Images[i].Activated)],
            Restarted = progress.RestartedAfterVerification,
            Hint = new()
            {
                Confirmed = progress.Confirmed,
                LastExecuteSent = progress.LastExecuteSent,
                Saved = progress.Saved,
                ResumedAt = progress.Confirmed > 0 && device.Resumes is [.., var last] ? last.Held : null,
                Traits = knowledge.Traits,
                MeanTimeBetweenDrops = knowledge.MeanTimeBetweenDrops,
                LinkTimeObserved = knowledge.LinkTime,
                Probe = knowledge.Probe,
            },
            BootloaderName = DeviceNames.Label(device.Application),
            Resumes = device.Resumes,
            ApplicationTells = knowledge.ApplicationTells,
            AsksApplication = knowledge.Probe && knowledge.ApplicationTells is null,
            Transfer = transfer,
        };
    }
}
