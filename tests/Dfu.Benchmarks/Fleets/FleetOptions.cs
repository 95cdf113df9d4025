using System.Globalization;

namespace Dfu.Benchmarks.Fleets;

/// <param name="Storage">Where grains keep their state: none, sqlite or postgres.</param>
/// <param name="Plots">Folder for the plot; null for none.</param>
internal sealed record FleetOptions(IReadOnlyList<int> Devices, IReadOnlyList<int> Adapters, IReadOnlyList<string> Storage, string? Plots)
{
    private static readonly string[] Storages = ["none", "sqlite", "postgres"];

    /// <returns>Null when they are not understood.</returns>
    public static FleetOptions? Parse(string[] arguments)
    {
        var options = new FleetOptions([1, 10, 100, 1000], [1, 4, 16, 64], Storages, null);
        for (var i = 0; i < arguments.Length; i += 2)
        {
            if (i + 1 == arguments.Length) return null;
            var values = arguments[i + 1].Split(',');
            switch (arguments[i])
            {
                case "--devices" when Numbers(values) is { } devices:
                    options = options with { Devices = devices };
                    break;
                case "--adapters" when Numbers(values) is { } adapters:
                    options = options with { Adapters = adapters };
                    break;
                case "--storage" when values.All(static value => Storages.Contains(value)):
                    options = options with { Storage = values };
                    break;
                case "--plots":
                    options = options with { Plots = arguments[i + 1] };
                    break;
                default:
                    return null;
            }
        }

        return options;
    }

    private static int[]? Numbers(string[] values)
    {
        var numbers = values.Select(Number).ToArray();
        return Array.TrueForAll(numbers, static number => number is > 0 and <= 10_000) ? numbers : null;
    }

    private static int Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
