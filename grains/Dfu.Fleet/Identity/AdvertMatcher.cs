using System.Collections.Immutable;
using Dfu.Adapters;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Identity;

/// <summary>Which device an advertisement is from, and in which of its two programs it is.</summary>
public readonly record struct AdvertMatch(BluetoothAddress Device, BluetoothAddress Application, BluetoothAddress Bootloader, bool InBootloader);

/// <summary>Tells which device of a campaign advertises. Targets are application or bootloader addresses, and neighbours may have consecutive ones.</summary>
/// <remarks>
/// An address that is a target and also the bootloader address of another target means two things. Our own label settles
/// it; else what else was heard of that run of consecutive targets does; else, after <see cref="Grace"/>, the exact
/// address wins. A target that is heard at no address of its own may be the bootloader's of the application right below it.
/// A device that was written to is only ever what it was then: at its two addresses. Not thread-safe.
/// </remarks>
public sealed class AdvertMatcher
{
    /// <summary>How long evidence is waited for before an ambiguous address is taken at its word.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(3);

    private enum Given
    {
        Unknown,
        AsApplication,
        AsBootloader,
    }

    private readonly Dictionary<BluetoothAddress, Given> _targets = [];
    private readonly Dictionary<BluetoothAddress, (BluetoothAddress Device, BluetoothAddress Application, bool Bonded)> _bootloaders = [];
    private readonly Dictionary<BluetoothAddress, BluetoothAddress> _applications = [];
    private readonly Dictionary<BluetoothAddress, DateTimeOffset> _ambiguousSince = [];
    private readonly Dictionary<BluetoothAddress, DateTimeOffset> _heardAt = [];
    private readonly Dictionary<BluetoothAddress, (BluetoothAddress Application, BluetoothAddress Bootloader)> _settled = [];
    private readonly HashSet<(BluetoothAddress Device, BluetoothAddress Address)> _strangers = [];
    private readonly Dictionary<BluetoothAddress, DateTimeOffset> _knownAt = [];
    private readonly Dictionary<BluetoothAddress, DateTimeOffset> _belowSince = [];

    /// <summary>Every address at which a target may be heard.</summary>
    /// <param name="application">As far as connecting showed it; null while nothing did.</param>
    public static ImmutableArray<BluetoothAddress> AddressesOf(BluetoothAddress target, BluetoothAddress? application, BluetoothAddress? bootloader)
    {
        var runs = application ?? target;
        return [target, target.Application, target.Bootloader, runs, runs.Bootloader, bootloader ?? target];
    }

    /// <param name="isApplication">True when the address is known to be an application's, because it was heard as one.</param>
    public void Add(BluetoothAddress target, bool isApplication = false) => _targets[target] = isApplication ? Given.AsApplication : Given.Unknown;

    /// <summary>What connecting showed. The same address twice means that the bootloader bonds and keeps it.</summary>
    /// <param name="settled">The device was written to at these addresses: from now on nobody else is it.</param>
    public void Correct(BluetoothAddress device, BluetoothAddress application, BluetoothAddress bootloader, bool settled = false)
    {
        if (!_targets.ContainsKey(device) || (!settled && _settled.ContainsKey(device))) return;
        if (settled) _settled[device] = (application, bootloader);
        foreach (var stale in _bootloaders.Where(pair => pair.Value.Device == device).Select(pair => pair.Key).ToArray()) _bootloaders.Remove(stale);
        _bootloaders[bootloader] = (device, application, application == bootloader);
        _applications[application] = device;
    }

    /// <summary>
    /// Connecting showed an application where the device's bootloader was expected: whoever advertises there without a bootloader's name is a
    /// neighbour.
    /// </summary>
    /// <returns>False when that was known.</returns>
    public bool Doubt(BluetoothAddress device, BluetoothAddress address) => _strangers.Add((device, address));

    public AdvertMatch? Match(in Advertisement advertisement, DateTimeOffset now)
    {
        if (Known(advertisement, now) is not { } match) return FromAbove(advertisement, now);
        _knownAt[match.Device] = now;
        return match;
    }

    private AdvertMatch? Known(in Advertisement advertisement, DateTimeOffset now)
    {
        var address = advertisement.Address;
        var named = DeviceNames.IsBootloader(advertisement.Name);
        if (DeviceNames.TryParseLabel(advertisement.Name, out var label) && ByLabel(address, label) is { } labelled)
            return _settled.TryGetValue(labelled.Device, out var its) && address != its.Application && address != its.Bootloader ? null : labelled;
        if (Read(advertisement, named, now) is not { } match) return null;
        if (_settled.TryGetValue(match.Device, out var known))
        {
            if (address == known.Bootloader) match = new(match.Device, known.Application, address, known.Application != address || named);
            else if (address == known.Application && !named) match = new(match.Device, address, known.Bootloader, false);
            else return null;
        }

        if ((match.InBootloader || address != match.Device) && !named && _strangers.Contains((match.Device, address))) return null;

        // At another address than the one given it may be a neighbour: not while the device is heard there, or in its application.
        if (address != match.Device && (IsHeard(match.Device, now) || (match.InBootloader && IsHeard(match.Application, now)))) return null;
        if (address == match.Device || !match.InBootloader) _heardAt[address] = now;
        return match;
    }

    private bool IsHeard(BluetoothAddress address, DateTimeOffset now) => _heardAt.TryGetValue(address, out var at) && now - at < Grace;

    private AdvertMatch? Read(in Advertisement advertisement, bool named, DateTimeOffset now)
    {
        var address = advertisement.Address;
        var below = address.Application;
        var exact = _targets.ContainsKey(address);
        if (_bootloaders.TryGetValue(address, out var corrected) && (named || !(exact || _applications.ContainsKey(address)) || corrected.Bonded))
            return new(corrected.Device, corrected.Application, address, !corrected.Bonded || named);
        if (!exact && _applications.TryGetValue(address, out var moved)) return new(moved, address, address.Bootloader, false);

        var fromBelow = _targets.ContainsKey(below);
        return (exact, fromBelow) switch
        {
            (true, _) when !named => Exactly(address),
            (true, false) => AsBootloaderTarget(address),
            (true, true) => Ambiguous(address, below, now),
            (false, true) => FromBelow(address, below, named, advertisement.DfuService),
            _ => null,
        };
    }

    private AdvertMatch? ByLabel(BluetoothAddress address, uint label)
    {
        var below = address.Application;
        if ((below.Value & 0xFF_FFFF) == label)
        {
            if (_targets.ContainsKey(below)) return new(below, below, address, true);
            if (_targets.ContainsKey(address)) return new(address, below, address, true);
            if (_applications.TryGetValue(below, out var moved)) return new(moved, below, address, true);
        }

        return (address.Value & 0xFF_FFFF) == label && _targets.ContainsKey(address) ? new AdvertMatch(address, address, address, true) : null;
    }

    private AdvertMatch Exactly(BluetoothAddress address)
    {
        Mark(address, Given.AsApplication);
        return new(address, address, address.Bootloader, false);
    }

    private AdvertMatch AsBootloaderTarget(BluetoothAddress address)
    {
        if (_targets.ContainsKey(address.Bootloader)) Mark(address, Given.AsBootloader);
        return new(address, address.Application, address, true);
    }

    private AdvertMatch? Ambiguous(BluetoothAddress address, BluetoothAddress below, DateTimeOffset now)
    {
        switch (_targets[below])
        {
            case Given.AsApplication:
                return new(below, below, address, true);
            case Given.AsBootloader:
                return new(address, below, address, true);
        }

        if (!_ambiguousSince.TryGetValue(address, out var since)) _ambiguousSince[address] = since = now;
        return now - since < Grace ? null : new AdvertMatch(address, below, address, true);
    }

    /// <summary>The address above a target that is none itself. Without a bootloader's name it may be a neighbour's application: connecting tells.</summary>
    private AdvertMatch? FromBelow(BluetoothAddress address, BluetoothAddress below, bool named, bool dfuService)
    {
        if (!named && !dfuService) return null;
        if (named && _targets.ContainsKey(below.Application)) Mark(below, Given.AsApplication);
        return new(below, below, address, true);
    }

    /// <summary>
    /// The application of a target that was given by its bootloader's address: once nobody has been heard at that address, or above it, for a while.
    /// </summary>
    /// <remarks>
    /// Random addresses do not follow one another by chance. Public ones are given out in sequence, so there the target may as well be the application
    /// of a neighbour that is switched off: nothing on the air could tell.
    /// </remarks>
    private AdvertMatch? FromAbove(in Advertisement advertisement, DateTimeOffset now)
    {
        var (address, target) = (advertisement.Address, advertisement.Address.Bootloader);
        if (!_targets.ContainsKey(target) || _targets.ContainsKey(address) || _settled.ContainsKey(target)) return null;
        if (DeviceNames.IsBootloader(advertisement.Name) || !advertisement.IsRandomStatic || _strangers.Contains((target, address))) return null;
        if (_knownAt.TryGetValue(target, out var known) && now - known < Grace) _belowSince[target] = now;
        if (!_belowSince.TryGetValue(target, out var since)) _belowSince[target] = since = now;
        return now - since < Grace ? null : new AdvertMatch(target, address, target, false);
    }

    /// <summary>Marks the whole run of consecutive targets: people give one kind of address for all of them.</summary>
    private void Mark(BluetoothAddress member, Given kind)
    {
        if (_targets[member] == kind) return;
        for (var (at, steps) = (member, 0); steps < 256 && _targets.TryGetValue(at, out var given); at = at.Application, steps++)
        {
            if (given == Given.Unknown) _targets[at] = kind;
        }

        for (var (at, steps) = (member.Bootloader, 0); steps < 256 && _targets.TryGetValue(at, out var given); at = at.Bootloader, steps++)
        {
            if (given == Given.Unknown) _targets[at] = kind;
        }
    }
}
