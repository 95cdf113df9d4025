using System.Collections.Immutable;
using Dfu.Adapters;
using Dfu.Protocol.Links;

namespace Dfu.Grains.Adapters;

/// <summary>The last advertisement of every address since somebody asked. All members may be called from any thread.</summary>
internal sealed class UnreportedAdvertisements(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<BluetoothAddress, (Advertisement Advertisement, long At)> _heard = [];
    private bool _deaf;

    public void Hear(in Advertisement advertisement)
    {
        lock (_gate)
        {
            // A device that alternates can be connected to all the same.
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

    /// <summary>What nobody was told yet; <see cref="Deafen"/> is told first.</summary>
    public (ImmutableArray<HeardAdvertisement> Heard, bool Deaf) Take()
    {
        lock (_gate)
        {
            ImmutableArray<HeardAdvertisement> heard = [.. _heard.Values.Select(entry => new HeardAdvertisement(entry.Advertisement, time.GetElapsedTime(entry.At)))];
            var deaf = _deaf;
            _heard.Clear();
            _deaf = false;
            return (heard, deaf);
        }
    }

    /// <summary>Nobody knows whether the deafness that was taken has been heard of.</summary>
    public void TellDeafnessAgain()
    {
        lock (_gate) _deaf = true;
    }
}
