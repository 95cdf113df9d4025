using Dfu.Adapters.Simulated;
using Dfu.Simulation.Hosts;

namespace Dfu.Simulation.Invariants;

/// <summary>Hosts and campaigns have no more transfers at once than they may.</summary>
internal sealed class LimitPromises(Cluster cluster, Stored stored)
{
    public void Opened(HostProcess process)
    {
        var links = cluster.Drivers.Links.Where(link => IsTransfer(link.Device)).ToArray();
        var (onHost, most) = (links.Count(link => link.Process == process), cluster.Spec.Policy.MaxConcurrency);
        if (onHost > most) cluster.Violate($"{process} has {onHost} transfers at once, and {most} is the most it may have: {Name(links)}");
        if (cluster.Time.Elapsed < cluster.DisturbedUntil) return; // two who plan may not know of each other
        foreach (var campaign in stored.Campaigns.Values)
        {
            var ofCampaign = links.Count(link => RecordOf(link.Device)?.Campaign == campaign.Id);
            if (ofCampaign > campaign.Limits.MaxConcurrency)
                cluster.Violate($"{campaign.Id} has {ofCampaign} transfers at once, and {campaign.Limits.MaxConcurrency} is the most it may have: {Name(links)}");
        }
    }

    private string Name(IEnumerable<(HostProcess Process, VirtualDevice Device)> links) =>
        string.Join(", ", links.Select(link => $"{link.Device.ApplicationAddress} {RecordOf(link.Device)?.Device.Phase} by {link.Process}"));

    /// <summary>One that has sent everything lends its place to another until it knows how that ended.</summary>
    private bool IsTransfer(VirtualDevice device) => RecordOf(device) is { Device: { Running: true } state } && !state.Images[state.Image].LastExecuteSent;

    private Dfu.Fleet.Devices.DeviceRecord? RecordOf(VirtualDevice device) =>
        stored.Devices.GetValueOrDefault(device.ApplicationAddress) is { Device.Running: true } record ? record
        : stored.Devices.GetValueOrDefault(device.BootloaderAddress);
}
