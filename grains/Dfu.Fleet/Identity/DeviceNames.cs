using System.Globalization;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Identity;

/// <summary>The names bootloaders advertise, as far as they can be known.</summary>
public static class DeviceNames
{
    /// <summary>What Nordic's bootloader advertises when nobody gave it another name.</summary>
    private const string DefaultBootloader = "DfuTarg";

    private const string Prefix = "DFU";

    /// <summary>
    /// The name a device's bootloader is given before the jump: <c>DFU</c> and the last three bytes of the application address, so that units can be
    /// told apart.
    /// </summary>
    public static string Label(BluetoothAddress application) => Prefix + (application.Value & 0xFF_FFFF).ToString("X6", CultureInfo.InvariantCulture);

    /// <summary>The three bytes a label names.</summary>
    public static bool TryParseLabel(string name, out uint lastBytes)
    {
        lastBytes = 0;
        return name.Length == Prefix.Length + 6 && name.StartsWith(Prefix, StringComparison.Ordinal)
            && uint.TryParse(name.AsSpan(Prefix.Length), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out lastBytes);
    }

    public static bool IsBootloader(string name) => name == DefaultBootloader || TryParseLabel(name, out _);

    /// <summary>Whether it is one that Nordic's library for iOS gives a bootloader before the jump: <c>Dfu</c> and five digits.</summary>
    public static bool IsGivenByPhone(string name) =>
        name.Length == 8 && name.StartsWith("Dfu", StringComparison.Ordinal) && !name.AsSpan(3).ContainsAnyExceptInRange('0', '9');

    /// <summary>Whether a name fits a pattern with <c>*</c> and <c>?</c>; case counts.</summary>
    public static bool Matches(string name, string glob)
    {
        int n = 0, g = 0, star = -1, mark = 0;
        while (n < name.Length)
        {
            if (g < glob.Length && glob[g] == '*') (star, mark) = (g++, n);
            else if (g < glob.Length && (glob[g] == '?' || glob[g] == name[n])) (g, n) = (g + 1, n + 1);
            else if (star >= 0) (g, n) = (star + 1, ++mark);
            else return false;
        }

        while (g < glob.Length && glob[g] == '*') g++;
        return g == glob.Length;
    }
}
