using System.Globalization;

namespace Dfu.Fleet.Plans;

/// <summary>So many of the devices, or so many percent of them, as people write it: <c>10</c>, <c>5%</c>.</summary>
internal readonly record struct Amount(int? Count, double? Percent)
{
    public static bool TryParse(string text, out Amount amount)
    {
        amount = default;
        text = text.Trim();
        if (text.EndsWith('%'))
        {
            var percent = text.AsSpan(0, text.Length - 1).Trim();
            if (!double.TryParse(percent, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var share)) return false;
            amount = new(null, share);
            return share is > 0 and <= 100;
        }

        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return false;
        amount = new(number, null);
        return number >= 1;
    }
}
