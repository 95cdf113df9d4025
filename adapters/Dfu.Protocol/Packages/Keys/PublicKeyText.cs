using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace Dfu.Protocol.Packages.Keys;

/// <summary>Public keys as bytes in a text: hexadecimal digits, or the array of a bootloader's dfu_public_key.c.</summary>
internal static partial class PublicKeyText
{
    private const int MostDigits = 4096;

    /// <returns>Null when the text is neither.</returns>
    public static ECParameters? Read(string text)
    {
        if (Code(text) is { } array) return Point(array);
        var digits = Digits().Replace(Heading().Replace(text, "", 1), "");
        if (digits.Length is 0 or > MostDigits || digits.Length % 2 == 1 || !digits.All(char.IsAsciiHexDigit)) return null;
        return Point(Convert.FromHexString(digits));
    }

    /// <summary>
    /// X and Y of 64 bytes are least significant byte first, as Nordic's tool and bootloaders have them; where only the other order is a
    /// point of the curve it is that one.
    /// </summary>
    private static ECParameters Point(byte[] bytes)
    {
        if (bytes.Length == P256.Bytes)
            throw KeyFault.Of("these are 32 bytes in hexadecimal, which say neither what they are nor in which order", "Give the key as PEM");
        if (bytes is [4, .. { Length: 2 * P256.Bytes }] or [2 or 3, .. { Length: P256.Bytes }]) return Of(P256.Decode(bytes));
        if (bytes.Length != 2 * P256.Bytes)
            throw KeyFault.Of($"these are {bytes.Length} bytes in hexadecimal or C, and a public key has {2 * P256.Bytes}", "Copy the key again");
        var swapped = Signatures.SwapHalves(bytes);
        foreach (var order in new[] { swapped, bytes })
        {
            if (P256.Contains(order.AsSpan(0, P256.Bytes), order.AsSpan(P256.Bytes)))
                return Of(new() { X = order[..P256.Bytes], Y = order[P256.Bytes..] });
        }

        throw KeyFault.Of(
            "these 64 bytes are no point of the curve P-256",
            "Copy the key again: 'dfu keys show FILE --format hex' prints it from the private key");

        static ECParameters Of(ECPoint point) => new() { Curve = ECCurve.NamedCurves.nistP256, Q = point };
    }

    /// <summary>The numbers of all arrays in a C file (old tools write one for X and one for Y); null when there is none.</summary>
    private static byte[]? Code(string text)
    {
        var arrays = Arrays().Matches(Comments().Replace(text, " "));
        if (arrays.Count == 0) return null;
        var numbers = arrays.SelectMany(array => array.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        return [.. numbers.Select(number => Byte(number) ?? throw KeyFault.Of($"{OneLine.Quoted(number)} in its array is no byte", "Copy the file again"))];
    }

    private static byte? Byte(string text)
    {
        var number = Adorned().Replace(text, "");
        return number.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? byte.TryParse(number.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hex) ? hex : null
            : byte.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;
    }

    /// <summary>A cast before a number of C, and the letters behind it.</summary>
    [GeneratedRegex(@"^\(\s*\w+(\s+\w+)*\s*\)\s*|(?<=[0-9a-fA-F])[uUlL]+$", RegexOptions.CultureInvariant)]
    private static partial Regex Adorned();

    /// <summary>What Nordic's tool prints above the digits.</summary>
    [GeneratedRegex(@"^\s*Public \(verification\) key pk:", RegexOptions.CultureInvariant)]
    private static partial Regex Heading();

    /// <summary>What may stand between digits.</summary>
    [GeneratedRegex(@"0[xX](?=[0-9a-fA-F]{2})|[\s:,]", RegexOptions.CultureInvariant)]
    private static partial Regex Digits();

    [GeneratedRegex(@"/\*.*?\*/|//[^\n]*", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex Comments();

    [GeneratedRegex(@"\]\s*=\s*\{([^{}]*)\}", RegexOptions.CultureInvariant)]
    private static partial Regex Arrays();
}
