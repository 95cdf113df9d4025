using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Dfu.Adapters.Simulated;

namespace Dfu.BlueZ.Rig.VirtualControllers;

/// <summary>The options of <c>controllers</c>.</summary>
internal sealed record ControllersSettings
{
    public const string Usage = """
        usage: controllers [--controllers 1] [--devices 1] [--seed 1] [--fifo PATH] [--mode dfu|app] [--profile sdk17|sdk12|...]
                           [--save-progress] [--drop-rate 0..1] [--drop-after BYTES] [--packet-loss 0..1] [--mtu 247] [--max-links 8]
                           [--buffers 8] [--interval-ms 15] [--packets-per-event 3] [--connect-failure-rate 0..1] [--deaf]
        lines on standard input and the fifo: down N | up N | mute N | unmute N | cut DEVICE | power-cycle DEVICE | report FILE | quit
        """;

    private static readonly Dictionary<string, Func<ControllersSettings, string, ControllersSettings>> Values = new()
        {
            ["--controllers"] = (settings, text) => settings with { Controllers = Whole(text, 1, 16) },
            ["--devices"] = (settings, text) => settings with { Devices = Whole(text, 0, 10_000) },
            ["--seed"] = (settings, text) => settings with { Seed = Whole(text, int.MinValue, int.MaxValue) },
            ["--fifo"] = (settings, text) => settings with { Fifo = text },
            ["--mode"] = (settings, text) => settings with { InApplication = text switch { "app" => true, "dfu" => false, _ => throw new FormatException() } },
            ["--profile"] = (settings, text) =>
                settings with { Profile = BootloaderProfile.TryParse(text, out var profile) ? profile : throw new FormatException() },
            ["--drop-rate"] = (settings, text) => settings with { Link = settings.Link with { DropRate = Rate(text) } },
            ["--drop-after"] = (settings, text) => settings with { Link = settings.Link with { DropAfterBytes = Whole(text, 1, int.MaxValue) } },
            ["--packet-loss"] = (settings, text) => settings with { Link = settings.Link with { PacketLoss = Rate(text) } },
            ["--mtu"] = (settings, text) => settings with { Link = settings.Link with { Mtu = Whole(text, 23, 517) } },
            ["--interval-ms"] = (settings, text) => settings with { Link = settings.Link with { Interval = TimeSpan.FromMilliseconds(Whole(text, 1, 4000)) } },
            ["--packets-per-event"] = (settings, text) => settings with { Link = settings.Link with { PacketsPerEvent = Whole(text, 1, 64) } },
            ["--max-links"] = (settings, text) => settings with { Adapter = settings.Adapter with { MaxLinks = Whole(text, 1, 255) } },
            ["--connect-failure-rate"] = (settings, text) => settings with { Adapter = settings.Adapter with { ConnectFailureRate = Rate(text) } },
            ["--buffers"] = (settings, text) => settings with { Buffers = Whole(text, 1, 255) },
        };

    private static readonly Dictionary<string, Func<ControllersSettings, ControllersSettings>> Switches = new()
        {
            ["--save-progress"] = settings => settings with { SavesProgress = true },
            ["--deaf"] = settings => settings with { Deaf = true },
        };

    public int Controllers { get; init; } = 1;
    public int Devices { get; init; } = 1;
    public int Seed { get; init; } = 1;

    /// <summary>A named pipe to read lines from; made when it is not there.</summary>
    public string? Fifo { get; init; }
    public bool InApplication { get; init; }
    public BootloaderProfile Profile { get; init; } = BootloaderProfile.Sdk17;
    public bool SavesProgress { get; init; }
    public bool Deaf { get; init; }
    public LinkModel Link { get; init; } = LinkModel.Perfect;
    public AdapterModel Adapter { get; init; } = new();

    /// <summary>ACL buffers of a controller.</summary>
    public int Buffers { get; init; } = 8;

    /// <param name="trouble">The argument that is wrong.</param>
    public static bool TryParse(ReadOnlySpan<string> arguments, [NotNullWhen(true)] out ControllersSettings? settings, out string? trouble)
    {
        (settings, trouble) = (null, null);
        var read = new ControllersSettings();
        for (var i = 0; i < arguments.Length; i++)
        {
            trouble = arguments[i];
            if (Switches.TryGetValue(arguments[i], out var turn))
            {
                read = turn(read);
                continue;
            }

            if (!Values.TryGetValue(arguments[i], out var set) || i + 1 == arguments.Length) return false;
            try
            {
                read = set(read, arguments[++i]);
            }
            catch (FormatException)
            {
                trouble = $"{arguments[i - 1]} {arguments[i]}";
                return false;
            }
        }

        (settings, trouble) = (read, null);
        return true;
    }

    /// <summary>Device number <paramref name="index"/>, 0 and up: takes any signature, and hardware version 52 like Nordic's own.</summary>
    public VirtualDeviceOptions Device(int index) => new()
    {
        ApplicationAddress = VirtualDeviceOptions.AddressFor(Seed, index),
        Profile = SavesProgress ? Profile with { SaveProgress = true } : Profile,
        RadioDeafDuringErase = Deaf,
        StartsInApplication = InApplication,
        HwVersion = 52,
        RequireSigned = false,
        Rssi = -50 - (index * 7 % 30),
    };

    private static int Whole(string text, int least, int most) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most
            ? value
            : throw new FormatException();

    private static double Rate(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value is >= 0 and <= 1 ? value : throw new FormatException();
}
