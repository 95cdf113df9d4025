namespace Dfu.Adapters;

public enum Verdict
{
    Ok,

    /// <summary>Works, but slower or less safely than it could.</summary>
    Hint,

    /// <summary>No update can work over what it is about.</summary>
    Problem,
}

/// <summary>One thing that was looked at.</summary>
/// <param name="Topic">What, in a word or two: <c>kernel</c>, <c>GATT cache</c>.</param>
/// <param name="Text">One sentence without its full stop.</param>
/// <param name="Remedy">What to type or to edit, as it stands; empty when there is nothing to do.</param>
/// <param name="Adapter">The adapter's name where it is about one, else empty: it is about the whole machine.</param>
public sealed record Finding(string Topic, Verdict Verdict, string Text, string Remedy = "", string Adapter = "");

/// <summary>A radio that was looked at.</summary>
/// <param name="Id">As <c>--adapter</c> takes it.</param>
public sealed record CheckedAdapter(string Id)
{
    /// <summary>hciN</summary>
    public required string Name { get; init; }
    public string? Address { get; init; }

    /// <summary>What BlueZ calls it.</summary>
    public string? Alias { get; init; }
    public bool? Powered { get; init; }
    public bool? LowEnergy { get; init; }

    /// <summary>Whether it may connect to devices, rather than be connected to.</summary>
    public bool? Central { get; init; }

    /// <summary>Vendor and product as lsusb writes them, <c>2fe3:000b</c>; null when it is not on USB.</summary>
    public string? UsbId { get; init; }
    public string? Product { get; init; }

    /// <summary>6 is Bluetooth 4.0, 9 is 5.0.</summary>
    public int? HciVersion { get; init; }
    public bool? Phy2M { get; init; }

    /// <summary>Packets it queues for all links together.</summary>
    public int? AclBuffers { get; init; }

    /// <summary>What rfkill blocks it by: none, soft or hard.</summary>
    public required string Blocked { get; init; }

    /// <summary>Whether BlueZ can connect it to a device that it has not heard.</summary>
    public bool? ConnectsUnheard { get; init; }

    /// <summary>Whether an update could work over it.</summary>
    public required bool Usable { get; init; }
}

/// <summary>Whether this machine's radios could update a device, and what keeps them from it.</summary>
/// <param name="Usable">Whether an update could work over at least one adapter.</param>
/// <param name="Kernel">Its release, empty when it does not say.</param>
/// <param name="BlueZ">bluetoothd's version, null when there is none or it does not say.</param>
public sealed record Checkup(bool Usable, string Kernel, string? BlueZ, IReadOnlyList<CheckedAdapter> Adapters, IReadOnlyList<Finding> Findings);
