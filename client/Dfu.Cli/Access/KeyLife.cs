using System.Globalization;

namespace Dfu.Cli.Access;

/// <summary>How long an access key is in force.</summary>
/// <param name="Time">Null is for ever.</param>
internal sealed record KeyLife(TimeSpan? Time)
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(3650);

    /// <summary><c>90d</c>, <c>12h</c> or <c>never</c>.</summary>
    public static bool TryParse(string text, out KeyLife? life)
    {
        life = null;
        text = text.Trim().ToLowerInvariant();
        if (text == "never") life = new((TimeSpan?)null);
        else if (text.Length > 1 && int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is > 0 and <= 100_000)
        {
            TimeSpan? time = text[^1] switch { 'd' => TimeSpan.FromDays(count), 'h' => TimeSpan.FromHours(count), _ => null };
            if (time <= Longest) life = new(time);
        }

        return life is not null;
    }
}
