using Dfu.Adapters.BlueZ.Tests.StandIn.Wire;

namespace Dfu.Adapters.BlueZ.Tests.StandIn;

/// <summary>What one client wants to hear.</summary>
/// <param name="Uuids">Null for everybody.</param>
/// <param name="Rssi">At least this strong, in dBm.</param>
/// <param name="Duplicates">Every advertisement is told, not only changes of signal strength.</param>
internal sealed record DiscoveryFilter(string[]? Uuids, int Rssi, bool Duplicates)
{
    public static readonly string[] Names = ["UUIDs", "RSSI", "Pathloss", "Transport", "DuplicateData", "Discoverable", "Pattern"];

    public static DiscoveryFilter None { get; } = new(null, short.MinValue, Duplicates: false);

    /// <exception cref="BusError">A name or a type is wrong.</exception>
    public static DiscoveryFilter Read(Dictionary<string, object> options)
    {
        var filter = None;
        foreach (var (name, value) in options)
        {
            filter = (name, value) switch
            {
                ("UUIDs", string[] uuids) => filter with { Uuids = uuids.Length == 0 ? null : [.. uuids.Select(GattTable.Normal)] },
                ("UUIDs", object[] { Length: 0 }) => filter with { Uuids = null },
                ("RSSI", short rssi and <= 20 and >= -127) => filter with { Rssi = rssi },
                ("DuplicateData", bool duplicates) => filter with { Duplicates = duplicates },
                ("Transport", "le" or "auto" or "bredr") => filter,
                ("Pathloss", ushort) or ("Discoverable", bool) or ("Pattern", string) => filter,
                _ => throw new BusError("org.bluez.Error.InvalidArguments", "Invalid arguments in method call"),
            };
        }

        return filter;
    }

    public bool Wants(Advertisement heard) => heard.Rssi >= Rssi && (Uuids is null || (heard.DfuService && Uuids.Contains(GattTable.SecureDfuService)));
}
