using Dfu.Fleet.Access;
using Dfu.Fleet.Scan;
using Dfu.Protocol.Links;
using Dfu.Reports;

namespace Dfu.Server.Console.NewCampaign;

/// <summary>Devices on the air: one that was heard at its application's and at its bootloader's address is one.</summary>
internal static class AirDevices
{
    /// <summary>The address by which a campaign knows the device.</summary>
    public static BluetoothAddress Of(HeardUnit unit) => unit.Application ?? unit.Address;

    /// <param name="others">Also who cannot be updated.</param>
    /// <param name="find">A part of a name or an address; empty for all.</param>
    /// <returns>Each as it was heard last, by name and address: a list to tick in does not jump about as strengths do.</returns>
    public static List<HeardUnit> In(HeardAir air, bool others, string find) =>
    [
        .. air.Units.Where(unit => (others || UnitModes.IsUpdatable(unit)) && Has(unit, find))
            .GroupBy(Of).Select(static same => same.MinBy(static unit => unit.Silence)!)
            .OrderBy(static unit => unit.Name, StringComparer.OrdinalIgnoreCase).ThenBy(Of),
    ];

    private static bool Has(HeardUnit unit, string find) => find.Trim() is var part
        && (part.Length == 0 || unit.Name.Contains(part, StringComparison.OrdinalIgnoreCase)
            || unit.Address.ToString().Contains(part, StringComparison.OrdinalIgnoreCase)
            || Of(unit).ToString().Contains(part, StringComparison.OrdinalIgnoreCase));
}
