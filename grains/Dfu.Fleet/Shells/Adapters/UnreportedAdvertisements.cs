using System.Collections.Immutable;
using Dfu.Adapters;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Scheduling;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Shells.Adapters;

/// <summary>The last advertisement of every address since the last report to the scheduler. All members may be called from any thread.</summary>
internal sealed class UnreportedAdvertisements(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<BluetoothAddress, (Advertisement Advertisement, long At)> _heard = [];
    private readonly Dictionary<BluetoothAddress, long> _known = [];
    private bool _deaf;

    /// <returns>True when an address can be connected to that had been silent for so long that nothing is begun with it.</returns>
    public bool Hear(in Advertisement advertisement)
    {
        lock (_gate)
        {
            var isNews = false;
            if (advertisement.Connectable)
            {
                isNews = !(_known.TryGetValue(advertisement.Address, out var last) && time.GetElapsedTime(last) <= HeardDevices.Fresh);
                _known[advertisement.Address] = time.GetTimestamp();
            }

            // A device whose advertisements alternate between connectable and not can be connected to all the same.
            if (!advertisement.Connectable && _heard.TryGetValue(advertisement.Address, out var before) && before.Advertisement.Connectable) return isNews;
            _heard[advertisement.Address] = (advertisement, time.GetTimestamp());
            return isNews;
        }
    }

    /// <summary>The radio was let go: what it heard no longer counts.</summary>
    public void Deafen()
    {
        lock (_gate)
        {
            _heard.Clear();
            _known.Clear();
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
            foreach (var silent in _known.Where(pair => time.GetElapsedTime(pair.Value) > HeardDevices.Fresh).ToArray()) _known.Remove(silent.Key);
            return (heard, deaf);
        }
    }

    /// <summary>For a report that failed: whether the scheduler knows of the deafness in it is not known.</summary>
    public void TellDeafnessAgain()
    {
        lock (_gate) _deaf = true;
    }
}
