using System.Globalization;
using Dfu.Protocol.Links;

namespace Dfu.Adapters.BlueZ.Tests.StandIn;

/// <summary>The attributes behind the characteristics of a link.</summary>
internal static class GattTable
{
    public static readonly string SecureDfuService = Full(0xFE59);

    /// <summary>Long form, lower case, as BlueZ writes them.</summary>
    public static string Full(ushort assigned) => string.Create(CultureInfo.InvariantCulture, $"0000{assigned:x4}-0000-1000-8000-00805f9b34fb");

    /// <summary>Accepts the short forms, too.</summary>
    public static string Normal(string uuid) => uuid.Length <= 6 ? Full(Convert.ToUInt16(uuid, 16)) : uuid.ToLowerInvariant();

    public static string UuidOf(DfuCharacteristic characteristic) => characteristic switch
    {
        DfuCharacteristic.ControlPoint => "8ec90001-f315-4f60-9fb8-838830daea50",
        DfuCharacteristic.Packet => "8ec90002-f315-4f60-9fb8-838830daea50",
        DfuCharacteristic.Buttonless => "8ec90003-f315-4f60-9fb8-838830daea50",
        DfuCharacteristic.ButtonlessBonded => "8ec90004-f315-4f60-9fb8-838830daea50",
        DfuCharacteristic.ButtonlessSdk12 => "8e400001-f315-4f60-9fb8-838830daea50",
        _ => throw new ArgumentOutOfRangeException(nameof(characteristic)),
    };

    public static string ServiceOf(DfuCharacteristic characteristic) => characteristic switch
    {
        DfuCharacteristic.ButtonlessSdk12 => "8e400001-f315-4f60-9fb8-838830daea50",
        _ => SecureDfuService,
    };

    public static string[] FlagsOf(DfuCharacteristic characteristic) => characteristic switch
    {
        DfuCharacteristic.Packet => ["write-without-response"],
        DfuCharacteristic.Buttonless or DfuCharacteristic.ButtonlessBonded => ["write", "indicate"],
        _ => ["write", "notify"],
    };
}
