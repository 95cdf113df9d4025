using System.Text;

namespace Dfu.Protocol.Packages;

/// <summary>Makes text from outside fit for a one-line message: no control characters, bounded length.</summary>
internal static class OneLine
{
    private const int MaxChars = 80;
    private const int MaxPathChars = 250;

    public static string Of(string text) => Of(text, MaxChars);

    /// <summary>A name from inside a file, in quotes.</summary>
    public static string Quoted(string text) => $"'{Of(text)}'";

    /// <summary>A path the user gave, in quotes.</summary>
    public static string Path(string path) => $"'{Of(path, MaxPathChars)}'";

    private static string Of(string text, int maxChars)
    {
        var line = new StringBuilder(Math.Min(text.Length, maxChars) + 3);
        foreach (var rune in text.EnumerateRunes())
        {
            if (line.Length >= maxChars) return line.Append('…').ToString();
            if (Rune.IsControl(rune) || rune.Value is 0x2028 or 0x2029 || rune == Rune.ReplacementChar) line.Append('?');
            else line.Append(rune.ToString());
        }

        return line.ToString();
    }
}
