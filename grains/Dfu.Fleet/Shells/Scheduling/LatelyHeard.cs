using Dfu.Adapters;
using Dfu.Fleet.Scheduling;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Shells.Scheduling;

/// <summary>What adapters heard a moment ago: a campaign, or a target of one, that comes a moment later need not wait until it is heard again.</summary>
internal sealed class LatelyHeard
{
    private readonly Dictionary<BluetoothAddress, Dictionary<int, (Advertisement Advertisement, DateTimeOffset At)>> _last = [];

    public void Hear(int adapter, in Advertisement advertisement, DateTimeOffset at)
    {
        if (!_last.TryGetValue(advertisement.Address, out var byAdapter)) _last[advertisement.Address] = byAdapter = [];
        byAdapter[adapter] = (advertisement, at);
    }

    /// <summary>An adapter went away: what it heard no longer counts.</summary>
    public void Forget(int adapter)
    {
        foreach (var byAdapter in _last.Values) byAdapter.Remove(adapter);
    }

    public void Forget(DateTimeOffset now)
    {
        foreach (var (address, byAdapter) in _last.ToArray())
        {
            if (byAdapter.Values.All(last => IsOver(last.At, now))) _last.Remove(address);
        }
    }

    /// <summary>The last of each address at each adapter, in the order they were heard.</summary>
    public IEnumerable<(int Adapter, Advertisement Advertisement, DateTimeOffset At)> All(DateTimeOffset now) => At(_last.Keys, now);

    /// <summary>The same of these addresses, however many others were heard.</summary>
    public IEnumerable<(int Adapter, Advertisement Advertisement, DateTimeOffset At)> At(IEnumerable<BluetoothAddress> addresses, DateTimeOffset now) =>
        from address in addresses.Distinct()
        from pair in _last.GetValueOrDefault(address, [])
        where !IsOver(pair.Value.At, now)
        orderby pair.Value.At
        select (pair.Key, pair.Value.Advertisement, pair.Value.At);

    private static bool IsOver(DateTimeOffset at, DateTimeOffset now) => now - at > HeardDevices.News;
}
