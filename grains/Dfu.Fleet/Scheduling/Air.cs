using Dfu.Fleet.Devices;

namespace Dfu.Fleet.Scheduling;

/// <summary>Since when adapters listen without a break or none does, and what a waiting device may be told of it.</summary>
/// <remarks>Whether a silence has lasted for too long the device's machine decides, out of <see cref="DeviceEvent.Waited"/> alone.</remarks>
/// <param name="now">Adapters have this moment to come from: until one listens, none is there.</param>
public sealed class Air(DateTimeOffset now)
{
    private DateTimeOffset? _deafSince = now;

    /// <summary>Since when at least one adapter has listened without a break, null while none does.</summary>
    public DateTimeOffset? ListeningSince { get; private set; }

    /// <param name="listens">Whether an adapter listens now.</param>
    public void Note(bool listens, DateTimeOffset now)
    {
        ListeningSince = listens ? ListeningSince ?? now : null;
        _deafSince = listens ? null : _deafSince ?? now;
    }

    /// <param name="since">Since when <paramref name="heard"/> is kept and the device may begin: silence before that is nobody's.</param>
    /// <param name="numberOf">An adapter's number in <paramref name="heard"/>; null for one that is not known.</param>
    public DeviceEvent.Waited Around(DeviceState device, HeardDevices heard, DateTimeOffset since, Func<string, int?> numberOf, DateTimeOffset now)
    {
        var (any, inBootloader) = heard.Last(device.Id);
        var last = DeviceBonds.Only(device, inBootloader) is { } only
            ? numberOf(only) is { } adapter ? heard.LastBy(device.Id, adapter) : null
            : heard.LastExcept(device.Id, [.. DeviceBonds.Refused(device, inBootloader).Select(numberOf).OfType<int>()]);
        var listening = ListeningSince < since ? since : ListeningSince;
        return new(now, last, last is not null && !inBootloader, listening, _deafSince < since ? since : _deafSince)
        {
            HeardByOthers = now - any <= HeardDevices.Fresh && !(now - last <= HeardDevices.Fresh),
            InBootloader = inBootloader,
        };
    }
}
