using System.Globalization;

namespace Dfu.Cli.Arguments;

/// <summary>Whole numbers as people write them, <c>52</c> or <c>0x34</c>, and versions such as <c>1.2.3</c>; refusals say what is wrong with a text.</summary>
internal static class WholeNumbers
{
    /// <summary>A version's second and third part, as Nordic's tool has it: 1.2.3 is stored as 10203.</summary>
    private const uint MostInPart = 99;

    private const uint MajorFactor = 10_000;
    private const uint MinorFactor = 100;

    /// <summary>A number of 32 bits.</summary>
    public static string? Read(string text, out uint value) => Read(text, 0, uint.MaxValue, "a number such as 52 or 0x34", out value);

    /// <summary>The id of a SoftDevice, a number of 16 bits.</summary>
    public static string? ReadId(string text, out uint id) => Read(text, 0, ushort.MaxValue, "an id such as 0x0100", out id);

    /// <summary>A firmware version: a number of 32 bits, or three parts of which the last two are below 100.</summary>
    public static string? ReadVersion(string text, out uint version)
    {
        const string Expected = "a version such as 1.2.3 or a number such as 10203";
        var parts = text.Trim().Split('.');
        if (parts.Length == 1) return Read(text, 0, uint.MaxValue, Expected, out version);
        version = 0;
        if (parts.Length != 3 || Array.Exists(parts, part => part.Length == 0 || !part.All(char.IsAsciiDigit))) return $"'{text}' is not {Expected}";
        var numbers = Array.ConvertAll(parts, part => ulong.TryParse(part, CultureInfo.InvariantCulture, out var number) ? number : ulong.MaxValue);
        if (Array.FindIndex(numbers, 1, number => number > MostInPart) is > 0 and var wrong)
            return $"'{text}': {parts[wrong]} is above {MostInPart}, the most that a version's second and third part can be (1.2.3 is stored as 10203)";
        var most = uint.MaxValue / MajorFactor;
        if (numbers[0] <= most && (numbers[0] * MajorFactor) + (numbers[1] * MinorFactor) + numbers[2] is <= uint.MaxValue and var stored)
        {
            version = (uint)stored;
            return null;
        }

        return $"'{text}' is above {most}.{uint.MaxValue % MajorFactor / MinorFactor}.{uint.MaxValue % MinorFactor}, the highest version that can be stored";
    }

    /// <param name="expected">What the text should be: <c>a number such as 52</c>.</param>
    /// <param name="isCount">Zeros before it mean nothing. In ids and versions Nordic's tool takes them for octal, and people mean hexadecimal.</param>
    /// <returns>What is wrong with it; null when nothing is.</returns>
    public static string? Read(string text, uint least, uint most, string expected, out uint value, bool isCount = false)
    {
        value = 0;
        var digits = text.Trim();
        var isNegative = digits is ['-', _, ..];
        if (isNegative) digits = digits[1..];
        var isHex = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        if (isHex) digits = digits[2..];
        if (digits.Length == 0 || !digits.All(isHex ? char.IsAsciiHexDigit : char.IsAsciiDigit)) return $"'{text}' is not {expected}";
        if (isNegative) return $"'{text}' is below {Written(least, isHex)}";
        if (!isHex && !isCount && digits is ['0', _, ..]) return $"'{text}' begins with 0: write 0x{digits} if it is hexadecimal, or no zero before it";

        var style = isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None;
        if (!ulong.TryParse(digits, style, CultureInfo.InvariantCulture, out var number) || number > most) return $"'{text}' is above {Written(most, isHex)}";
        value = (uint)number;
        return number < least ? $"'{text}' is below {Written(least, isHex)}" : null;
    }

    private static string Written(uint number, bool isHex) => isHex ? $"0x{number:X}" : number.ToString(CultureInfo.InvariantCulture);
}
