using Dfu.Adapters.Simulated;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Links;
using Dfu.Simulation.Hosts;

namespace Dfu.Simulation.Invariants;

/// <summary>Hosts and campaigns have no more transfers at once than they may, where those who plan hear of each other.</summary>
internal sealed class LimitPromises(Cluster cluster, Stored stored)
{
    /// <summary>The attempt of a device that has lent its place.</summary>
    private readonly Dictionary<BluetoothAddress, int> _lent = [];

    public void Written(DeviceState device)
    {
        if (device.Images[device.Image].LastExecuteSent) _lent[device.Id] = device.Attempt;
    }

    public void Opened(HostProcess process)
    {
        if (cluster.Time.Elapsed < cluster.DisturbedUntil) return;
        var links = cluster.Drivers.Links.Where(link => IsTransfer(link.Device)).ToArray();
        Check($"{process}", links.Count(link => link.Process == process), cluster.Spec.Policy.MaxConcurrency);
        foreach (var campaign in stored.Campaigns.Values)
            Check(campaign.Id, links.Count(link => RecordOf(link.Device)?.Campaign == campaign.Id), campaign.Limits.MaxConcurrency);

        void Check(string whose, int transfers, int? most)
        {
            if (transfers > most) cluster.Violate($"{whose} has {transfers} transfers at once, and {most} is the most it may have: {Name(links)}");
        }
    }

    private string Name(IEnumerable<(HostProcess Process, VirtualDevice Device)> links) =>
        string.Join(", ", links.Select(link => $"{link.Device.ApplicationAddress} {RecordOf(link.Device)?.Device.Phase} by {link.Process}"));

    /// <summary>One that has sent everything lends its place to another until it knows how that ended; it has it back at once when it has to go on.</summary>
    private bool IsTransfer(VirtualDevice device) =>
        RecordOf(device) is { Device: { Running: true } state } && _lent.GetValueOrDefault(state.Id) != state.Attempt;

    private DeviceRecord? RecordOf(VirtualDevice device) =>
        stored.Devices.GetValueOrDefault(device.ApplicationAddress) is { Device.Running: true } record ? record
        : stored.Devices.GetValueOrDefault(device.BootloaderAddress);
}
