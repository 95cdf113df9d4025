using System.Globalization;
using Dfu.Adapters;
using Dfu.Adapters.BlueZ.Kernel;
using Dfu.Adapters.Bridge.Client;
using Dfu.Adapters.Simulated;
using Dfu.Adapters.Simulated.Time;
using Dfu.Protocol.Errors;
using Dfu.Silo.Simulation;

namespace Dfu.Silo.Adapters;

/// <summary>An adapter as an operator writes it: <c>bluez:usb-1-1.2</c>, <c>bridge:tcp://HOST:PORT</c> or <c>sim:devices=20,drop-rate=0.02</c>.</summary>
public abstract record AdapterSpec(string Text)
{
    /// <summary>How many radios it stands for.</summary>
    public virtual int Radios => 1;

    /// <summary>Equal for every way to write the same radio.</summary>
    public virtual string Radio => Text;

    /// <summary>A radio behind a bridge.</summary>
    public sealed record Bridge(string Text, BridgeAddress Address) : AdapterSpec(Text)
    {
        public override string Radio =>
            string.Create(CultureInfo.InvariantCulture, $"bridge:{(Address.Host is "localhost" or "::1" ? "127.0.0.1" : Address.Host)}:{Address.Port}");

        public override IEnumerable<IAdapterSource> Open(ProcessAdapters radios)
        {
            radios.Take(Radio, Text);
            return [new BridgeAdapterSource(Text, radios.Time)];
        }
    }

    /// <summary>Radios over virtual devices inside this process; what the devices hold ends with it.</summary>
    public sealed record Simulated(string Text, SimulationSettings Settings, int Adapters) : AdapterSpec(Text)
    {
        public override int Radios => Adapters;

        public override IEnumerable<IAdapterSource> Open(ProcessAdapters radios)
        {
            var air = new SimulatedAir(Settings.TimeScale == 1 ? radios.Time : new ScaledTime(Settings.TimeScale, radios.Time), Settings.Link, Settings.Seed);
            radios.Own(air);
            Settings.Populate(air, options => air.Add(options));
            return Enumerable.Range(1, Adapters).Select(number => air.CreateAdapter(Adapters == 1 ? Text : $"{Text}#{number}", Settings.Adapter)).ToList();
        }
    }

    /// <summary>Takes the radio for this process and makes the source of it.</summary>
    /// <exception cref="DfuException">AdapterInUse.</exception>
    public abstract IEnumerable<IAdapterSource> Open(ProcessAdapters radios);

    /// <summary>All that one command was given.</summary>
    /// <exception cref="DfuException">InvalidArgument, also when a radio is among them twice; AdapterNotFound when there is no dongle.</exception>
    public static IReadOnlyList<AdapterSpec> ParseAll(IEnumerable<string> texts)
    {
        var (specs, radios) = (texts.SelectMany(Parse).ToArray(), new HashSet<string>());
        return Array.Find(specs, spec => !radios.Add(spec.Radio)) is { } twice
            ? throw new DfuException(DfuError.InvalidArgument, $"the adapter {twice.Text} is given twice")
            : specs;
    }

    /// <summary>What one text stands for; <c>bluez:*</c> is every dongle that is there now.</summary>
    /// <exception cref="DfuException">InvalidArgument; AdapterNotFound when there is no dongle.</exception>
    public static IReadOnlyList<AdapterSpec> Parse(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return (colon < 0 ? text : text[..colon]).ToLowerInvariant() switch
        {
            "bridge" => BridgeAddress.TryParse(text, out var address)
                ? [new Bridge(text, address)]
                : throw new DfuException(DfuError.InvalidArgument, $"'{text}' is not a bridge such as bridge:tcp://127.0.0.1:7001"),
            "sim" => [ParseSimulated(text, colon < 0 ? "" : text[(colon + 1)..])],
            "bluez" => DongleSpec.Parse(text, PresentControllers.List()),
            _ => throw new DfuException(DfuError.InvalidArgument, $"'{text}' is not an adapter such as bluez:hci0, bridge:tcp://HOST:PORT or sim:devices=20"),
        };
    }

    private static Simulated ParseSimulated(string text, string list)
    {
        var (settings, adapters) = (new SimulationSettings(), 1);
        foreach (var pair in list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            var (key, value) = equals < 0 ? (pair, "") : (pair[..equals].Trim().ToLowerInvariant(), pair[(equals + 1)..].Trim());
            if (key == "adapters" && Whole(value, 1, 64) is { } number) adapters = number;
            else settings = With(settings, key, value) ?? throw new DfuException(
                DfuError.InvalidArgument,
                $"'{pair}' in {text} is not understood; see docs/cli.md for what a sim: adapter takes");
        }

        return new Simulated(text, settings, adapters);
    }

    private static SimulationSettings? With(SimulationSettings settings, string key, string value) => key switch
    {
        "devices" when Whole(value, 1, 10_000) is { } devices => settings with { Devices = devices },
        "bystanders" when Whole(value, 0, 1000) is { } bystanders => settings with { Bystanders = bystanders },
        "seed" when Whole(value, 0, int.MaxValue) is { } seed => settings with { Seed = seed },
        "drop-rate" when Fraction(value) is >= 0 and <= 1 and var rate => settings with { DropRate = rate },
        "drop-after" when Whole(value, 1, int.MaxValue) is { } bytes => settings with { DropAfter = bytes },
        "time-scale" when Fraction(value) is > 0 and <= 100_000 and var scale => settings with { TimeScale = scale },
        "links" when Whole(value, 1, 4096) is { } links => settings with { Links = links },
        "radios" when Whole(value, 1, 4096) is { } radios => settings with { Radios = radios },
        "save-progress" when bool.TryParse(value, out var saves) => settings with { SaveProgress = saves },
        "deaf" when bool.TryParse(value, out var deaf) => settings with { Deaf = deaf },
        "bonds" when bool.TryParse(value, out var bonds) => settings with { Bonds = bonds },
        "mode" when value is "dfu" or "app" => settings with { InApplication = value == "app" },
        "firmware-revision" when value.Length is > 0 and <= 64 => settings with { FirmwareRevision = value },
        "keep-revision" when bool.TryParse(value, out var keeps) => settings with { KeepsRevision = keeps },
        "profile" when BootloaderProfile.TryParse(value, out var profile) => settings with { Profile = profile },
        "chip" when ChipModel.TryParse(value, out var chip) => settings with { Chip = chip },
        _ => null,
    };

    private static int? Whole(string text, int least, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most ? value : null;

    private static double? Fraction(string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) ? value : null;
}
