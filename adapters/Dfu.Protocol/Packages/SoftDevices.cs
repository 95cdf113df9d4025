using System.Collections.Frozen;
using System.Globalization;

namespace Dfu.Protocol.Packages;

/// <summary>The ids (FWID) of Nordic's SoftDevices, as they are in <c>sd_req</c> and in each SoftDevice at 0x300C.</summary>
/// <remarks>
/// The values that Nordic's nrfutil lists for <c>pkg generate --sd-req</c>, compared with the ids in published packages and board files. Those that
/// are not there are left out: a SoftDevice without a name here is unknown to this table, not wrong.
/// </remarks>
public static class SoftDevices
{
    /// <summary>Counts for external applications only: any SoftDevice will do.</summary>
    public const uint Any = 0xFFFE;

    /// <summary>No SoftDevice: as the first id, the application may take a SoftDevice's place.</summary>
    public const uint None = 0;

    private static readonly FrozenDictionary<uint, string> Names = new Dictionary<uint, string>
    {
        [0x0067] = "S130 1.0.0",
        [0x0080] = "S130 2.0.0",
        [0x0081] = "S132 2.0.0",
        [0x0087] = "S130 2.0.1",
        [0x0088] = "S132 2.0.1",
        [0x008C] = "S132 3.0.0",
        [0x0091] = "S132 3.1.0",
        [0x0095] = "S132 4.0.0",
        [0x0098] = "S132 4.0.2",
        [0x0099] = "S132 4.0.3",
        [0x009D] = "S132 5.0.0",
        [0x009E] = "S132 4.0.4",
        [0x009F] = "S132 4.0.5",
        [0x00A5] = "S132 5.1.0",
        [0x00A7] = "S112 6.0.0",
        [0x00A8] = "S132 6.0.0",
        [0x00A9] = "S140 6.0.0",
        [0x00AE] = "S140 6.1.0",
        [0x00AF] = "S132 6.1.0",
        [0x00B0] = "S112 6.1.0",
        [0x00B6] = "S140 6.1.1",
        [0x00B7] = "S132 6.1.1",
        [0x00B8] = "S112 6.1.1",
        [0x00B9] = "S340 6.1.1",
        [0x00BA] = "S332 6.1.1",
        [0x00BC] = "S212 6.1.1",
        [0x00C1] = "S140 7.0.0",
        [0x00C2] = "S132 7.0.0",
        [0x00C3] = "S113 7.0.0",
        [0x00C4] = "S112 7.0.0",
        [0x00CA] = "S140 7.0.1",
        [0x00CB] = "S132 7.0.1",
        [0x00CC] = "S113 7.0.1",
        [0x00CD] = "S112 7.0.1",
        [0x00EA] = "S122 8.0.0",
        [0x0100] = "S140 7.2.0",
        [0x0101] = "S132 7.2.0",
        [0x0102] = "S113 7.2.0",
        [0x0103] = "S112 7.2.0",
        [0x0112] = "S122 8.1.1",
        [0x0123] = "S140 7.3.0",
        [0x0124] = "S132 7.3.0",
        [0x0125] = "S113 7.3.0",
        [0x0126] = "S112 7.3.0",
    }.ToFrozenDictionary();

    /// <summary>Every id with a name, in their order.</summary>
    public static IReadOnlyList<(uint Id, string Name)> All { get; } = [.. Names.OrderBy(pair => pair.Key).Select(pair => (pair.Key, pair.Value))];

    /// <summary><c>S140 7.2.0</c>; null for an id that is not in the table.</summary>
    public static string? Name(uint id) => Names.GetValueOrDefault(id);

    /// <summary><c>0x0100 (S140 7.2.0)</c>, or the id alone.</summary>
    public static string Describe(uint id)
    {
        var number = string.Create(CultureInfo.InvariantCulture, $"0x{id:X4}");
        return Name(id) is { } name ? $"{number} ({name})" : number;
    }
}
