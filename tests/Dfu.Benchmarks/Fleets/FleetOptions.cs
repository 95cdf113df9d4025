using System.CommandLine;
using System.Globalization;
using Dfu.Cluster.Scenario;

namespace Dfu.Benchmarks.Fleets;

/// <param name="Storage">Where grains keep their state: none, sqlite or postgres.</param>
/// <param name="Plots">Folder for the plot; null for none.</param>
internal sealed record FleetOptions(IReadOnlyList<int> Devices, IReadOnlyList<int> Adapters, IReadOnlyList<string> Storage, string? Plots)
{
    private static readonly string[] Storages = ["none", "sqlite", "postgres"];

    public static Command Command(Func<FleetOptions, Task<int>> run)
    {
        var devices = Numbers("--devices", "at once, a run for each", [1, 10, 100, 1000]);
        var adapters = Numbers("--adapters", "with so many radios, a run for each", [1, 4, 16, 64]);
        var storage = Listed("--storage", $"where grains keep their state, of {string.Join(',', Storages)}", Storages, static text => text, Storages.Contains);
        var plots = CommandLines.Folder("--plots", "the folder that gets the plot; none unless given");
        var command = new Command("fleet", "Transfers at once in real time, against the model of devices and radios alone; eight minutes.")
        {
            devices, adapters, storage, plots,
        };
        command.SetAction((result, _) => run(new(
            result.GetRequiredValue(devices), result.GetRequiredValue(adapters), result.GetRequiredValue(storage), result.GetValue(plots))));
        return command;
    }

    private static Option<int[]> Numbers(string name, string description, int[] fallback) => Listed(
        name,
        $"{description}; each from 1 to 10000",
        fallback,
        static text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0,
        static number => number is > 0 and <= 10_000);

    private static Option<T[]> Listed<T>(string name, string description, T[] fallback, Func<string, T> read, Func<T, bool> isKnown) => new(name)
    {
        Description = description,
        HelpName = "LIST",
        DefaultValueFactory = _ => fallback,
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            T[] values = [.. text.Split(',').Select(read)];
            if (!values.All(isKnown)) result.AddError($"{name}: '{text}' is not understood");
            return values;
        },
        Arity = ArgumentArity.ExactlyOne,
    };
}
