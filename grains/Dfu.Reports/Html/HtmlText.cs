using System.Globalization;
using System.Net;
using System.Text;

namespace Dfu.Reports.Html;

/// <summary>Text for HTML. Names, labels and details come from devices and files and may hold anything.</summary>
public static class HtmlText
{
    /// <summary>For elements and quoted attributes. What does not show, or would turn the line round, is taken out.</summary>
    public static string Of(string text)
    {
        var kept = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            var category = Rune.GetUnicodeCategory(rune);
            if (category is UnicodeCategory.Format) continue;
            kept.Append(category is UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator ? " " : rune.ToString());
        }

        return WebUtility.HtmlEncode(kept.ToString());
    }

    public static string Number(double value, string format = "0.##") => value.ToString(format, CultureInfo.InvariantCulture);

    /// <summary><c>2026-11-30 14:02:05</c> UTC; a dash for none.</summary>
    public static string Moment(DateTimeOffset? at) => at?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) ?? "–";
}
