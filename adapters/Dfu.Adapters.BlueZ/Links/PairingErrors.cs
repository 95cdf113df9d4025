using Dfu.Protocol.Errors;
using Tmds.DBus;

namespace Dfu.Adapters.BlueZ.Links;

/// <summary>What BlueZ's answers to Pair mean.</summary>
/// <remarks>BlueZ 5.66, src/device.c: pair_device and new_authentication_return.</remarks>
internal static class PairingErrors
{
    private const string BlueZ = "org.bluez.Error.";

    /// <summary>Whether BlueZ has the bond already; it encrypts every link to such a device as it connects.</summary>
    public static bool IsPaired(DBusException e) => e.ErrorName == BlueZ + "AlreadyExists";

    /// <returns>Null for what is no word about pairing: the link, or bluetoothd.</returns>
    public static DfuException? Of(DBusException e, string device) => e.ErrorName switch
    {
        BlueZ + "AuthenticationFailed" or BlueZ + "AuthenticationRejected" or BlueZ + "AuthenticationTimeout" =>
            new DfuException(DfuError.PairingRefused, $"{device} does not pair with this dongle: {e.ErrorMessage}", e),
        _ => null,
    };
}
