using Dfu.Protocol.Errors;
using Tmds.DBus;

namespace Dfu.Adapters.BlueZ.Links;

/// <summary>What a refused connect means.</summary>
/// <param name="Again">Whether to try once more at once, after a disconnect that clears what was left.</param>
internal readonly record struct ConnectRefusal(DfuError Error, bool Again = false);

/// <summary>What BlueZ's answers to Connect mean.</summary>
/// <remarks>
/// BlueZ 5.66, src/error.c and src/device.c: one error name with a text, which is a name of its own ("le-connection-...") or what
/// strerror says. An LE link that was not established is almost always "le-connection-abort-by-local", whatever the controller's reason was,
/// also when it holds no more links: that takes the kernel's word. Without it, many of these in a row on an adapter with links are no proof either:
/// a controller that is disturbed or refuses for the moment (0x0c) looks the same on the bus, and a limit learned in error would slow the adapter
/// until it is opened again.
/// </remarks>
internal static class ConnectErrors
{
    private const string BlueZ = "org.bluez.Error.";
    private const string Bus = "org.freedesktop.DBus.Error.";

    private static readonly (string Text, ConnectRefusal Refusal)[] Texts =
    [
        ("abort-by-local", new(DfuError.ConnectFailed, Again: true)),
        ("aborted-by-local", new(DfuError.ConnectFailed, Again: true)),
        ("Software caused connection abort", new(DfuError.ConnectFailed, Again: true)),
        ("connection-busy", new(DfuError.ConnectFailed, Again: true)),
        ("Device or resource busy", new(DfuError.ConnectFailed, Again: true)),
        ("In Progress", new(DfuError.ConnectFailed, Again: true)),
        ("already in progress", new(DfuError.ConnectFailed, Again: true)),
        ("concurrent-connection-limit", new(DfuError.AdapterFull)),
        ("Too many links", new(DfuError.AdapterFull)),
        ("connection-timeout", new(DfuError.ConnectTimeout)),
        ("page-timeout", new(DfuError.ConnectTimeout)),
        ("timed out", new(DfuError.ConnectTimeout)),
        ("Host is down", new(DfuError.ConnectTimeout)),
        ("adapter-not-powered", new(DfuError.AdapterLost)),
        ("No route to host", new(DfuError.AdapterLost)),
        ("Network is down", new(DfuError.AdapterLost)),
        ("No such device", new(DfuError.AdapterLost)),
    ];

    public static ConnectRefusal Of(string name, string message) => name switch
    {
        BlueZ + "InProgress" => new(DfuError.ConnectFailed, Again: true),
        BlueZ + "NotReady" or BlueZ + "NoSuchAdapter" => new(DfuError.AdapterLost),
        Bus + "NoReply" or Bus + "Disconnected" or Bus + "ServiceUnknown" or Bus + "NameHasNoOwner" or Bus + "Timeout" or Bus + "TimedOut" =>
            new(DfuError.AdapterLost),
        BlueZ + "Failed" or BlueZ + "NotAvailable" => OfText(message),
        _ => new(DfuError.ConnectFailed), // the object is gone, a bond is missing or refused, not permitted
    };

    /// <summary>The same with the HCI status that the kernel told of this connect, null when it told none.</summary>
    /// <remarks>Most controllers refuse the link that is too much with 0x09 or 0x0d, Zephyr's with 0x07.</remarks>
    public static ConnectRefusal Of(string name, string message, byte? status)
    {
        var refusal = Of(name, message);
        if (!LacksReason(refusal)) return refusal;
        return status switch
        {
            0x07 or 0x09 or 0x0D => new(DfuError.AdapterFull),

            // given up by this host because nobody answered
            0x02 or 0x3C => refusal with { Error = DfuError.ConnectTimeout },
            _ => refusal,
        };
    }

    /// <summary>Whether a status may tell more than the refusal itself.</summary>
    public static bool LacksReason(ConnectRefusal refusal) => refusal.Error == DfuError.ConnectFailed;

    /// <summary>A connect that BlueZ had already made.</summary>
    public static bool IsConnected(string name, string message) =>
        name == BlueZ + "AlreadyConnected" || (name == BlueZ + "Failed" && message.Contains("already-connected", StringComparison.Ordinal));

    /// <summary>The bus or bluetoothd itself is gone.</summary>
    public static bool IsBusLost(Exception e) => e switch
    {
        DBusException d => Of(d.ErrorName, "").Error == DfuError.AdapterLost && d.ErrorName.StartsWith(Bus, StringComparison.Ordinal),
        DisconnectedException or ObjectDisposedException or ConnectException or ProtocolException or IOException => true,
        _ => false,
    };

    private static ConnectRefusal OfText(string message)
    {
        foreach (var (text, refusal) in Texts)
        {
            if (message.Contains(text, StringComparison.OrdinalIgnoreCase)) return refusal;
        }

        return new(DfuError.ConnectFailed);
    }
}
