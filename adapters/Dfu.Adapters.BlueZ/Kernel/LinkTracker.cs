using Dfu.Protocol.Links;

namespace Dfu.Adapters.BlueZ.Kernel;

/// <summary>
/// The links the monitor has shown, by controller and handle. What it did not show, because it was made before or lost in an overflow, is unknown.
/// </summary>
internal sealed class LinkTracker
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(ushort Index, ushort Handle), Link> _links = [];
    private readonly Dictionary<ushort, byte> _buffers = [];
    private readonly Dictionary<ushort, BluetoothAddress> _asked = [];

    /// <returns>The peer whose link ended or was not made by this event; null when there is none or it is unknown.</returns>
    public BluetoothAddress? Apply(MonitorEvent e)
    {
        lock (_gate)
        {
            switch (e)
            {
                case MonitorEvent.ConnectAsked asked:
                    _asked.Remove(asked.Index);
                    if (asked.Peer is { } wanted) _asked[asked.Index] = wanted;
                    return null;
                case MonitorEvent.ConnectFailed failed:
                    // A controller connects to one at a time.
                    return failed.Peer ?? (_asked.TryGetValue(failed.Index, out var peer) ? peer : null);
                case MonitorEvent.LinkMade made:
                    // An end that was missed must not answer for the new link.
                    var stale = _links.Where(link => link.Key.Index == made.Index && link.Value.Peer == made.Peer).Select(static link => link.Key);
                    foreach (var key in stale.ToList()) _links.Remove(key);
                    _links[(made.Index, made.Handle)] = new(made.Peer, made.Parameters, null);
                    return null;
                case MonitorEvent.LinkUpdated updated when _links.TryGetValue((updated.Index, updated.Handle), out var link):
                    _links[(updated.Index, updated.Handle)] = link with { Parameters = updated.Parameters };
                    return null;
                case MonitorEvent.PhyUpdated updated when _links.TryGetValue((updated.Index, updated.Handle), out var link):
                    _links[(updated.Index, updated.Handle)] = link with { Phy = updated.Phy };
                    return null;
                case MonitorEvent.LinkEnded ended:
                    return _links.Remove((ended.Index, ended.Handle), out var gone) ? gone.Peer : null;
                case MonitorEvent.BuffersRead read:
                    _buffers[read.Index] = read.Packets;
                    return null;
                case MonitorEvent.Closed closed:
                    _asked.Remove(closed.Index);
                    foreach (var key in _links.Keys.Where(key => key.Index == closed.Index).ToList()) _links.Remove(key);
                    return null;
                default:
                    return null;
            }
        }
    }

    public LinkParameters? InForce(int index, BluetoothAddress peer) => Find(index, peer)?.Parameters;

    public LinkPhy? Phy(int index, BluetoothAddress peer) => Find(index, peer)?.Phy;

    /// <summary>What the controller said when it was last opened; null when that was not seen.</summary>
    public byte? Buffers(int index)
    {
        lock (_gate) return _buffers.TryGetValue((ushort)index, out var packets) ? packets : null;
    }

    public void Forget(int index)
    {
        Apply(new MonitorEvent.Closed((ushort)index));
        lock (_gate) _buffers.Remove((ushort)index);
    }

    private Link? Find(int index, BluetoothAddress peer)
    {
        lock (_gate) return _links.FirstOrDefault(link => link.Key.Index == index && link.Value.Peer == peer).Value;
    }

    private sealed record Link(BluetoothAddress Peer, LinkParameters Parameters, LinkPhy? Phy);
}
