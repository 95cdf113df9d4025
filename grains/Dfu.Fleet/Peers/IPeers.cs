using Dfu.Protocol.Links;

namespace Dfu.Fleet.Peers;

/// <summary>The other parts of the fleet, wherever they are. A call may fail, come late or twice, and one whose answer got lost may have come or not.</summary>
public interface IPeers
{
    ISchedulerPeer Scheduler { get; }

    IDirectoryPeer Directory { get; }

    /// <summary>Null where no audit is kept.</summary>
    IAuditPeer? Audit { get; }

    IDevicePeer Device(BluetoothAddress id);

    ICampaignPeer Campaign(string id);

    /// <param name="id">See <see cref="AdapterId"/>.</param>
    IAdapterPeer Adapter(string id);

    /// <param name="id">SHA-256 of the package file.</param>
    IPackagePeer Package(string id);
}
