using System.Collections.Immutable;
using Dfu.Adapters;
using Dfu.Fleet.Peers;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Shells.Adapters;

/// <summary>The last advertisement of every address since the last report to the scheduler. All members may be called from any thread.</summary>
internal sealed class UnreportedAdvertisements(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<BluetoothAddress, (Advertisement Advertisement, long At)> _heard = [];
    private bool _deaf;

    public void Hear(in Advertisement advertisement)
    {
        lock (_gate)
        {
            // A device whose advertisements alternate between connectable and not can be connected to all the same.
            if (!advertisement.Connectable && _heard.TryGetValue(advertisement.Address, out var before) && before.Advertisement.Connectable) return;
            _heard[advertisement.Address] = (advertisement, time.GetTimestamp());
        }
    }

    /// <summary>The radio was let go: what it heard no longer counts.</summary>
    public void Deafen()
    {
        lock (_gate)
        {
            _heard.Clear();
            _deaf = true;
        }
    }

    /// <summary>What the scheduler was not told yet; it must take note of the deafness first.</summary>
    public (ImmutableArray<HeardAdvertisement> Heard, bool Deaf) Take()
    {
        lock (_gate)
        {
            var heard = _heard.Values.Select(entry => new HeardAdvertisement(entry.Advertisement, time.GetElapsedTime(entry.At))).ToImmutableArray();
            var deaf = _deaf;
            _heard.Clear();
            _deaf = false;
            return (heard, deaf);
        }
    }

    /// <summary>For a report that failed: whether the scheduler knows of the deafness in it is not known.</summary>
    public void TellDeafnessAgain()
    {
        lock (_gate) _deaf = true;
    }
}
