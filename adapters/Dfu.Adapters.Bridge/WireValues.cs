using Dfu.Adapters.Bridge.Wire;
using Dfu.Protocol.Links;
using Google.Protobuf;

namespace Dfu.Adapters.Bridge;

/// <summary>Between the contract's numbers and ours; what the contract does not know is left out, not refused.</summary>
internal static class WireValues
{
    public const uint Version = 1;

    /// <summary>HCI "connection limit exceeded": how a bridge says that its radio is full.</summary>
    public const byte ConnectionLimit = 0x09;

    /// <summary>HCI "unspecified error".</summary>
    public const byte Unspecified = 0x1f;

    /// <summary>ATT "attribute not found": the peripheral has no such characteristic.</summary>
    public const byte AttributeNotFound = 0x0a;

    /// <summary>ATT "unlikely error", for a refusal without a status.</summary>
    public const byte UnlikelyError = 0x0e;

    /// <summary>The longest value an attribute can have, in bytes (Bluetooth Core, Vol 3 Part F, 3.2.9).</summary>
    public const int MaxValue = 512;

    private static readonly (Service Wire, OtherServices One)[] Services =
    [
        (Service.LegacyDfu, OtherServices.LegacyDfu),
        (Service.Sdk12Buttonless, OtherServices.Sdk12Buttonless),
        (Service.Uart, OtherServices.Uart),
        (Service.Smp, OtherServices.Smp),
    ];

    public static Characteristic ToWire(this DfuCharacteristic characteristic) => (Characteristic)(int)characteristic;

    public static bool TryFromWire(this Characteristic wire, out DfuCharacteristic characteristic)
    {
        characteristic = (DfuCharacteristic)(int)wire;
        return Enum.IsDefined(characteristic);
    }

    public static ByteString ToWire(this Guid uuid) => ByteString.CopyFrom(uuid.ToByteArray(bigEndian: true));

    public static bool TryFromWire(this ByteString wire, out Guid uuid)
    {
        uuid = wire.Length == 16 ? new Guid(wire.Span, bigEndian: true) : Guid.Empty;
        return wire.Length == 16;
    }

    public static IEnumerable<Service> ToWire(this OtherServices services)
    {
        foreach (var (wire, one) in Services)
        {
            if (services.HasFlag(one)) yield return wire;
        }
    }

    public static OtherServices FromWire(this IEnumerable<Service> services) =>
        services.Aggregate(OtherServices.None, static (all, one) => all | Array.Find(Services, known => known.Wire == one).One);

    /// <summary>A text of the other side, fit for a terminal: one line of at most 200 characters without control characters.</summary>
    public static string ForPeople(string text)
    {
        var shown = text.Length > 200 ? string.Concat(text.AsSpan(0, 199), "…") : text;
        return string.Create(shown.Length, shown, static (target, source) =>
        {
            for (var i = 0; i < source.Length; i++) target[i] = char.IsControl(source[i]) ? ' ' : source[i];
        });
    }
}
