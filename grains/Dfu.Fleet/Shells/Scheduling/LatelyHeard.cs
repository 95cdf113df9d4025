using Dfu.Adapters;
using Dfu.Fleet.Scheduling;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Shells.Scheduling;

/// <summary>What adapters heard a moment ago: a campaign, or a target of one, that comes a moment later need not wait until it is heard again.</summary>
internal sealed class LatelyHeard
{
    private readonly Dictionary<(int Adapter, BluetoothAddress Address), (Advertisement Advertisement, DateTimeOffset At)> _last = [];

    public void Hear(int adapter, in Advertisement advertisement, DateTimeOffset at) => _last[(adapter, advertisement.Address)] = (advertisement, at);

    /// <summary>An adapter went away: what it heard no longer counts.</summary>
    public void Forget(int adapter)
    {
        foreach (var key in _last.Keys.Where(key => key.Adapter == adapter).ToArray()) _last.Remove(key);
    }

    public void Forget(DateTimeOffset now)
    {
        foreach (var (key, _) in _last.Where(pair => IsOver(pair.Value.At, now)).ToArray()) _last.Remove(key);
    }

    /// <summary>The last of each address at each adapter, in the order they were heard.</summary>
    public IEnumerable<(int Adapter, Advertisement Advertisement, DateTimeOffset At)> At(DateTimeOffset now) =>
        from pair in _last
        where !IsOver(pair.Value.At, now)
        orderby pair.Value.At
        select (pair.Key.Adapter, pair.Value.Advertisement, pair.Value.At);

    private static bool IsOver(DateTimeOffset at, DateTimeOffset now) => now - at > HeardDevices.News;
}
