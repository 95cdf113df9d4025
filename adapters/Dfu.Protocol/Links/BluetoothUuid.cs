using System.Globalization;

namespace Dfu.Protocol.Links;

/// <summary>UUIDs of services and characteristics: 128 bits, of which Bluetooth's own are written with 16.</summary>
public static class BluetoothUuid
{
    /// <summary>0x2A26 of the Device Information service.</summary>
    public static readonly Guid FirmwareRevision = Of(0x2a26);

    /// <summary>0x2A27 of the Device Information service.</summary>
    public static readonly Guid HardwareRevision = Of(0x2a27);

    private const string Base = "-0000-1000-8000-00805f9b34fb";

    public static Guid Of(ushort number) => Guid.Parse($"0000{number:x4}{Base}");

    /// <summary>Reads <c>2a26</c>, <c>0x2A26</c> and <c>00002a26-0000-1000-8000-00805f9b34fb</c>.</summary>
    public static bool TryParse(string? text, out Guid uuid)
    {
        var digits = text?.StartsWith("0x", StringComparison.OrdinalIgnoreCase) == true ? text[2..] : text;
        if (digits is { Length: 4 } && ushort.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number))
        {
            uuid = Of(number);
            return true;
        }

        return Guid.TryParseExact(text, "D", out uuid);
    }

    /// <summary>With as few digits as say it.</summary>
    public static string Describe(Guid uuid)
    {
        var text = uuid.ToString("D");
        return text.StartsWith("0000", StringComparison.Ordinal) && text.EndsWith(Base, StringComparison.Ordinal) ? $"0x{text[4..8].ToUpperInvariant()}" : text;
    }
}
