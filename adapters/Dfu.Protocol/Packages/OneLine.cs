using System.Text;

namespace Dfu.Protocol.Packages;

/// <summary>Makes text from outside fit for a one-line message: no control characters, bounded length.</summary>
internal static class OneLine
{
    private const int MaxChars = 80;

    public static string Of(string text)
    {
        var line = new StringBuilder(Math.Min(text.Length, MaxChars) + 3);
        foreach (var rune in text.EnumerateRunes())
        {
            if (line.Length >= MaxChars) return line.Append("...").ToString();
            if (Rune.IsControl(rune) || rune.Value is 0x2028 or 0x2029 || rune == Rune.ReplacementChar) line.Append('?');
            else line.Append(rune.ToString());
        }

        return line.ToString();
    }

    public static string Quoted(string text) => $"'{Of(text)}'";
}
