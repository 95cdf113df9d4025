using Dfu.Fleet.Storage;

namespace Dfu.Silo.Storage.Files;

/// <summary>Counts in memory until it has the slot that is kept, and hands over what it counted.</summary>
internal sealed class LateSlot : ITrafficSlot
{
    private readonly Lock _gate = new();

    /// <summary>By image: bytes sent since it was made, and where the furthest of them ended.</summary>
    private readonly Dictionary<int, (long Sent, long End)> _counted = [];
    private DeviceTraffic _least;
    private volatile ITrafficSlot? _kept;

    public void Sent(int image, long offset, int count)
    {
        if (_kept is { } kept)
        {
            kept.Sent(image, offset, count);
            return;
        }

        lock (_gate)
        {
            if (_kept is not null)
            {
                _kept.Sent(image, offset, count);
                return;
            }

            var before = _counted.GetValueOrDefault(image);
            _counted[image] = (before.Sent + count, Math.Max(before.End, offset + count));
        }
    }

    public DeviceTraffic Read()
    {
        if (_kept is { } kept) return kept.Read();
        lock (_gate)
        {
            return _kept is not null
                ? _kept.Read()
                : new(_least.Sent + _counted.Values.Sum(static image => image.Sent), Math.Max(_least.Distinct, _counted.Values.Sum(static image => image.End)));
        }
    }

    public void AtLeast(DeviceTraffic traffic)
    {
        lock (_gate)
        {
            if (_kept is not null) _kept.AtLeast(traffic);
            else _least = new(Math.Max(_least.Sent, traffic.Sent), Math.Max(_least.Distinct, traffic.Distinct));
        }
    }

    /// <param name="kept">What it had counted before counts on.</param>
    public void Attach(ITrafficSlot kept)
    {
        lock (_gate)
        {
            kept.AtLeast(_least);
            foreach (var (image, (sent, end)) in _counted)
            {
                // A slot counts at most so many bytes at once.
                for (var left = sent; left > 0;)
                {
                    var some = (int)Math.Min(left, int.MaxValue);
                    kept.Sent(image, end - some, some);
                    left -= some;
                }
            }

            _kept = kept;
        }
    }
}
