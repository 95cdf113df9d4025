using System.Globalization;

namespace Dfu.BlueZ.Rig;

/// <summary>What <c>./test --rig</c> takes.</summary>
internal sealed record RigSettings
{
    public const string Usage =
        "./test --rig [--cache DIR] [--size KIB] [--connects N] [--processors N] [--kvm] [--keep DIR] [--only CHECK]... [--run COMMAND]";

    /// <summary>Where the machine's parts are kept.</summary>
    public string Cache { get; init; } = Path.Combine(Repository, ".dfu", "rig");

    /// <summary>KiB of an image.</summary>
    public int Size { get; init; } = 32;

    /// <summary>How often the product connects and disconnects for its memory to be measured.</summary>
    public int Connects { get; init; } = 200;
    public int Processors { get; init; } = Math.Clamp(Environment.ProcessorCount, 1, 4);

    /// <summary>With the processor's help instead of emulating one: some ten times as fast, where it works.</summary>
    public bool Kvm { get; init; }

    /// <summary>Gets what the commands in the machine said.</summary>
    public string? Keep { get; init; }

    /// <summary>Those steps whose name contains one of these; all when empty.</summary>
    public IReadOnlyList<string> Only { get; init; } = [];

    /// <summary>A shell command to run in the machine instead of the scenario.</summary>
    public string? Run { get; init; }

    private static string Repository => Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../../.."));

    /// <exception cref="ArgumentException">An argument is not understood; the message says which.</exception>
    public static RigSettings Parse(string[] arguments)
    {
        var settings = new RigSettings();
        for (var i = 0; i < arguments.Length; i++)
        {
            var name = arguments[i];
            settings = name switch
            {
                "--kvm" => settings with { Kvm = true },
                "--cache" => settings with { Cache = Path.GetFullPath(Value()) },
                "--size" => settings with { Size = Number(4, 512) },
                "--connects" => settings with { Connects = Number(40, 10_000) },
                "--processors" => settings with { Processors = Number(1, 16) },
                "--keep" => settings with { Keep = Path.GetFullPath(Value()) },
                "--only" => settings with { Only = [.. settings.Only, Value()] },
                "--run" => settings with { Run = Value() },
                _ => throw new ArgumentException($"'{name}' is not understood"),
            };

            string Value() => ++i < arguments.Length ? arguments[i] : throw new ArgumentException($"{name} takes a value");

            int Number(int least, int most) =>
                int.TryParse(Value(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
                ? number
                : throw new ArgumentException($"{name} takes a number from {least} to {most}");
        }

        return settings;
    }
}
