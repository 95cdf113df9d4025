using System.Globalization;

namespace Dfu.Benchmarks.Endurance;

/// <param name="Svg">Where the plot is written; null writes none.</param>
internal sealed record EnduranceOptions(double Minutes, string? Svg)
{
    /// <returns>Null when they are not understood.</returns>
    public static EnduranceOptions? Parse(string[] arguments)
    {
        var options = new EnduranceOptions(60, null);
        for (var i = 0; i < arguments.Length; i += 2)
        {
            if (i + 1 == arguments.Length) return null;
            var value = arguments[i + 1];
            if (arguments[i] == "--svg") options = options with { Svg = value };
            else if (arguments[i] == "--minutes" && double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var minutes))
                options = options with { Minutes = minutes };
            else return null;
        }

        return options;
    }
}
