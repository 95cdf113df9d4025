using System.Globalization;

namespace Dfu.Adapters.BlueZ.Links;

/// <summary>How an operation on a characteristic failed.</summary>
internal enum AttFailure
{
    /// <summary>The peripheral refused: the status says why.</summary>
    Refused,

    /// <summary>BlueZ does not do this here; another way may work.</summary>
    NotOffered,

    /// <summary>Another operation or another program has the characteristic.</summary>
    Busy,

    /// <summary>Said of links that are going, and of operations that failed without a status.</summary>
    MayBeGone,
}

/// <summary>What BlueZ's errors on characteristics mean.</summary>
/// <remarks>BlueZ 5.66, src/gatt-client.c: some ATT statuses have an error name of their own, the others are a number in the text.</remarks>
internal static class AttErrors
{
    public const byte ReadNotPermitted = 0x02;
    public const byte WriteNotPermitted = 0x03;
    public const byte InsufficientAuthentication = 0x05;
    public const byte RequestNotSupported = 0x06;
    public const byte InvalidOffset = 0x07;
    public const byte InsufficientAuthorization = 0x08;
    public const byte InvalidLength = 0x0d;
    public const byte Unlikely = 0x0e;

    private const string BlueZ = "org.bluez.Error.";
    private const string WithStatus = "ATT error: 0x";

    /// <returns>The status is <see cref="Unlikely"/> where BlueZ told none.</returns>
    public static (AttFailure Failure, byte Status) Of(string name, string message)
    {
        var at = message.IndexOf(WithStatus, StringComparison.OrdinalIgnoreCase);
        if (at >= 0
            && byte.TryParse(message.AsSpan(at + WithStatus.Length).TrimEnd(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var status))
            return status is 0 or Unlikely ? (AttFailure.MayBeGone, Unlikely) : (AttFailure.Refused, status);

        return name switch
        {
            BlueZ + "NotPermitted" when message.Contains("acquired", StringComparison.OrdinalIgnoreCase) => (AttFailure.Busy, WriteNotPermitted),
            BlueZ + "NotPermitted" when message.Contains("Read", StringComparison.OrdinalIgnoreCase) => (AttFailure.Refused, ReadNotPermitted),
            BlueZ + "NotPermitted" when message.Contains("paired", StringComparison.OrdinalIgnoreCase) => (AttFailure.Refused, InsufficientAuthentication),
            BlueZ + "NotPermitted" => (AttFailure.Refused, WriteNotPermitted),
            BlueZ + "NotAuthorized" => (AttFailure.Refused, InsufficientAuthorization),
            BlueZ + "NotSupported" or "org.freedesktop.DBus.Error.UnknownMethod" => (AttFailure.NotOffered, RequestNotSupported),
            BlueZ + "InvalidValueLength" => (AttFailure.Refused, InvalidLength),
            BlueZ + "InvalidOffset" => (AttFailure.Refused, InvalidOffset),
            BlueZ + "InvalidArguments" when message.Contains("offset", StringComparison.OrdinalIgnoreCase) => (AttFailure.Refused, InvalidOffset),
            BlueZ + "InvalidArguments" => (AttFailure.Refused, InvalidLength),
            BlueZ + "InProgress" => (AttFailure.Busy, Unlikely),
            _ => (AttFailure.MayBeGone, Unlikely),
        };
    }
}
