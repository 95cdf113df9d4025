using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Dfu.Protocol.Links;

namespace Dfu.Adapters.BlueZ;

/// <summary>
/// Which dongle an operator means: <c>bluez:usb-1-1.2</c>, <c>bluez:C4:7C:8D:00:11:22</c>, <c>bluez:hci0</c> or, for all there are, <c>bluez:*</c>.
/// </summary>
public abstract record BlueZSpec(string Text)
{
    public const string Prefix = "bluez:";

    /// <summary>Every controller that is there when it is asked for.</summary>
    public sealed record All(string Text) : BlueZSpec(Text)
    {
        public override bool Means(Controller controller) => true;
    }

    /// <summary>The port a dongle is plugged into, whichever number and address it has.</summary>
    /// <param name="Port">Bus and ports as sysfs writes them: <c>1-1.2</c>.</param>
    public sealed record UsbPort(string Text, string Port) : BlueZSpec(Text)
    {
        public override bool Means(Controller controller) => controller.Usb?.Port == Port;
    }

    /// <summary>The dongle itself, wherever it is plugged in.</summary>
    public sealed record Dongle(string Text, BluetoothAddress Address) : BlueZSpec(Text)
    {
        public override bool Means(Controller controller) => controller.Address == Address;
    }

    /// <summary>What has this number now. Numbers change when dongles are plugged in; who keeps one must keep <see cref="Controller.Id"/> instead.</summary>
    public sealed record Index(string Text, int Number) : BlueZSpec(Text)
    {
        public override bool Means(Controller controller) => controller.Index == Number;
    }

    public abstract bool Means(Controller controller);

    public static bool TryParse(string text, [NotNullWhen(true)] out BlueZSpec? spec)
    {
        spec = null;
        if (!text.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)) return false;
        var name = text[Prefix.Length..].Trim();
        var lower = name.ToLowerInvariant();
        if (lower == "*") spec = new All(text);
        else if (lower.StartsWith("usb-", StringComparison.Ordinal) && IsPort(lower[4..])) spec = new UsbPort(text, lower[4..]);
        else if (lower.StartsWith("hci", StringComparison.Ordinal)
            && ushort.TryParse(lower[3..], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            spec = new Index(text, number);
        else if (BluetoothAddress.TryParse(name, out var address)) spec = new Dongle(text, address);
        return spec is not null;
    }

    /// <summary>BUS-PORT[.PORT...]</summary>
    private static bool IsPort(string text) => text.Split('-') is [var bus, var ports] && IsNumber(bus) && ports.Split('.').All(IsNumber);

    private static bool IsNumber(string text) => text.Length is > 0 and < 4 && text.All(char.IsAsciiDigit);
}
