using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;

namespace Dfu.Cluster.Scenario.Chaos;

/// <summary>What must hold whatever was hurt, seen from the devices and from the campaigns.</summary>
internal static class ChaosChecks
{
    /// <summary>From the devices: what they run, how often they were made to, and whether one was begun anew in the middle.</summary>
    public static IEnumerable<string> Devices(IReadOnlyDictionary<string, SimulatedDevice> devices, IReadOnlyList<AcknowledgedCampaign> campaigns)
    {
        foreach (var device in devices.Values)
        {
            // What it must run: the image of the last campaign that has updated it. One that failed later may have got there, too.
            var allowed = new List<string?> { null };
            var updates = 0;
            foreach (var campaign in campaigns)
            {
                if (Of(campaign, device.Application) is { Outcome: DeviceOutcome.Updated })
                {
                    allowed.Clear();
                    updates++;
                }

                allowed.Add(campaign.ImageSha256);
            }

            if (!allowed.Contains(device.Sha256))
                yield return $"{device.Application} runs {device.Sha256 ?? "what it had"}, which is not what it was updated to";
            if (device.Activations < updates) yield return $"{device.Application} was updated {updates} times, and activated {device.Activations} images";
            if (device.Activations > campaigns.Count)
                yield return $"{device.Application} activated {device.Activations} images in {campaigns.Count} campaigns: one of them twice";
            if (device.InitsAgain > 0)
                yield return $"{device.Application} was sent the init packet that it had again, {device.InitsAgain} times in the middle of an update";
        }
    }

    /// <summary>From the campaigns: whether each is over, and still known as it was told.</summary>
    /// <param name="listed">Every campaign that the fleet knows of.</param>
    /// <param name="again">How each stands when it is asked for again.</param>
    public static IEnumerable<string> Campaigns(
        IReadOnlyList<AcknowledgedCampaign> campaigns, IReadOnlyList<string> listed, IReadOnlyDictionary<string, CampaignView> again)
    {
        foreach (var campaign in campaigns)
        {
            if (!again.ContainsKey(campaign.Id))
            {
                yield return $"campaign {campaign.Id} was acknowledged and is forgotten";
                continue;
            }

            if (campaign.End is null) yield return $"campaign {campaign.Id} is not over: {Waits(again[campaign.Id])}";
            foreach (var (device, outcome) in campaign.Good)
            {
                var now = Of(again[campaign.Id], device.ToString());
                if (now is null) yield return $"campaign {campaign.Id} has forgotten {device}, which was {outcome}";
                else if (now.Outcome != outcome) yield return $"campaign {campaign.Id}: {device} was {outcome} and is {now.Outcome} now";
            }
        }

        foreach (var id in listed.Where(id => campaigns.All(campaign => campaign.Id != id))) yield return $"campaign {id} is there, and nobody has begun it";
    }

    /// <summary>What a campaign says of itself.</summary>
    public static string Waits(CampaignView view) => string.Join("; ", view.Devices
        .Where(static device => device.Outcome == DeviceOutcome.Pending)
        .Select(static device => $"{device.Application} is {device.Phase}, {device.Attempts} attempts, {device.Error} {device.Detail}".TrimEnd())
        .Prepend($"{view.Outcome}, {view.Standing}"));

    private static DeviceView? Of(AcknowledgedCampaign campaign, string device) => campaign.End is { } end ? Of(end, device) : null;

    private static DeviceView? Of(CampaignView view, string device) =>
        view.Devices.FirstOrDefault(candidate => candidate.Application.ToString() == device);
}
