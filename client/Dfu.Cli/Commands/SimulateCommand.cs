using System.CommandLine;
using System.Globalization;
using System.Net;
using Dfu.Adapters.Simulated;
using Dfu.Cli.Arguments;
using Dfu.Protocol.Errors;
using Dfu.Silo.Simulation;
using Microsoft.Extensions.Logging;

namespace Dfu.Cli.Commands;

/// <summary><c>dfu simulate</c>.</summary>
internal static class SimulateCommand
{
    private static readonly BootloaderProfile[] Profiles =
    [
        BootloaderProfile.Sdk17, BootloaderProfile.Sdk153, BootloaderProfile.Sdk150, BootloaderProfile.Sdk14, BootloaderProfile.Sdk13, BootloaderProfile.Sdk12,
    ];

    public static Command Create(Terminal terminal)
    {
        var listen = Arguments.Option.Many<IPEndPoint>(
            "--listen",
            "Serve a bridge here; repeat it for more radios onto the same devices. Port 0 takes a free one.",
            Endpoint,
            "an address such as 127.0.0.1:7001",
            "HOST:PORT",
            required: true);
        var devices = Arguments.Option.Number("--devices", "Virtual devices.", 1, 10_000, 10);
        var bystanders = Arguments.Option.Number("--bystanders", "Others on the air that take no Secure DFU, for 'dfu scan' to tell.", 0, 1000, 0);
        var otherHardware = Arguments.Option.Number(
            "--other-hardware", "Of the devices: those with bootloaders for hardware 53 instead of 52, which refuse.", 0, 10_000, 0);
        var arrive = Arguments.Option.Time(
            "--arrive",
            "Put the devices on the air one after another, so far apart, as on a line; all at once unless given.",
            TimeSpan.FromHours(1),
            "a time from 1s to 1h");
        var outage = Arguments.Option.Many<Outage>(
            "--outage",
            "A radio that dies and comes back, such as 2:30s-60s: the second --listen, from half a minute after the start to a minute; repeat it for more.",
            ReadOutage,
            "an outage such as 2:30s-60s",
            "N:FROM-TO");
        var profile = new Choice<BootloaderProfile>("--profile", "Which SDK's bootloader they have.", [.. Profiles.Select(profile => (profile.Name, profile))]);
        var chip = new Choice<ChipModel>("--chip", "Which chip's flash they have.", ("nrf52840", ChipModel.Nrf52840), ("nrf52832", ChipModel.Nrf52832));
        var deaf = Arguments.Option.TrueOrFalse("--deaf", "Whether the radio is deaf while a flash page is erased.", false);
        var mode = new Choice<bool>(
            "--mode",
            "Whether they wait in their bootloader or run an application with buttonless DFU.",
            ("dfu", false),
            ("app", true));
        var bonds = Arguments.Option.Flag(
            "--bonds", "Their applications bond, and their bootloaders take only the radio whose bond they were given; implies --mode app.");
        var softDevice = Arguments.Option.Whole("--softdevice", "Id of the SoftDevice they run; any is accepted unless given.", WholeNumbers.ReadId, "0xID");
        var revision = Arguments.Option.Text(
            "--firmware-revision",
            "Their applications have a Device Information service that says this; after an update it says the new version.",
            "TEXT");
        var links = Arguments.Option.Number("--links", "Links that each radio holds at once.", 1, 4096, 8);
        var radios = Arguments.Option.Number("--radios", "Radios behind each stream, which share its links, as a bridge has them.", 1, 4096, 1);
        var state = Arguments.Option.Text(
            "--state",
            "Keep the devices' flash and counts in this folder over restarts; devices.json there tells what each has seen.",
            "DIR");
        var saveProgress = Arguments.Option.TrueOrFalse("--save-progress", "Whether the bootloader saves its progress; SDK 12 to 14 always do.", false);
        var dropAfter = Arguments.Option.Of<long?>(
            "--drop-after",
            "Drop each device's link once, after this many packet bytes.",
            Bytes,
            "a size such as 20000 or 20KiB",
            null,
            "BYTES");
        var dropRate = Arguments.Option.Of<double>(
            "--drop-rate",
            "Probability per data object (4 KiB) that a link drops.",
            Quantities.TryParseProbability,
            "a probability such as 0.02 or 2%",
            0,
            "P");
        var timeScale = Arguments.Option.Of<double>(
            "--time-scale",
            "Simulated seconds in a real one.",
            Quantities.TryParseFactor,
            "a factor such as 20",
            1,
            "X");
        var seed = Arguments.Option.Number("--seed", "Decides the addresses, the losses and the drops.", 0, int.MaxValue, 1);
        var publicKey = KeyOption.Public("The bootloaders' key; any signature is accepted unless given.");
        var logLevel = LogLevels.Option(LogLevel.Warning);
        var command = new Command("simulate", "Serve virtual devices over the bridge, for trying out and testing without hardware.")
        {
            listen, devices, bystanders, otherHardware, arrive, outage, profile, chip, deaf, mode, bonds, softDevice, revision, links, radios,
            state, saveProgress, dropAfter, dropRate, timeScale, seed, publicKey, logLevel,
        };
        command.SetAction(async (result, _) =>
        {
            using var key = publicKey.Read(result, terminal);
            var settings = new SimulationSettings
            {
                Devices = result.GetValue(devices)!.Value,
                Bystanders = result.GetValue(bystanders)!.Value,
                OtherHardware = result.GetValue(otherHardware)!.Value,
                Arrive = result.GetValue(arrive),
                Profile = profile.Of(result),
                Chip = chip.Of(result),
                SaveProgress = result.GetResult(saveProgress) is { Implicit: false } ? result.GetValue(saveProgress) : null,
                Deaf = result.GetValue(deaf),
                InApplication = mode.Of(result),
                Bonds = result.GetValue(bonds),
                SoftDevice = result.GetValue(softDevice),
                FirmwareRevision = result.GetValue(revision),
                DropAfter = result.GetValue(dropAfter),
                DropRate = result.GetValue(dropRate),
                Links = result.GetValue(links)!.Value,
                Radios = result.GetValue(radios)!.Value,
                TimeScale = result.GetValue(timeScale),
                Seed = result.GetValue(seed)!.Value,
                PublicKey = key,
            };
            if (settings.OtherHardware > settings.Devices)
                throw new DfuException(DfuError.InvalidArgument, $"--other-hardware {settings.OtherHardware} is more than there are devices");
            var (addresses, outages) = (result.GetRequiredValue(listen), result.GetValue(outage) ?? []);
            if (Array.Find(outages, outage => outage.Stream > addresses.Length) is { } nowhere)
                throw new DfuException(DfuError.InvalidArgument, $"--outage {nowhere.Stream}: there is no --listen number {nowhere.Stream}");
            using var signals = new StopSignals(terminal.ExitAtOnce);
            await using var simulator = new Simulator(settings, addresses, result.GetValue(state), TimeProvider.System)
            {
                Outages = outages,
                LogLevel = logLevel.Of(result),
                Say = LogLevels.To(terminal),
            };
            var bound = await simulator.StartAsync(signals.Token);
            terminal.Out.WriteLine($"ready {string.Join(' ', bound)}");
            await terminal.Out.FlushAsync(CancellationToken.None);
            await simulator.RunAsync(signals.Token);
            return ExitCode.Succeeded;
        });
        return command;
    }

    private static bool Endpoint(string text, out IPEndPoint endpoint)
    {
        if (text.StartsWith("localhost:", StringComparison.OrdinalIgnoreCase)) text = "127.0.0.1" + text["localhost".Length..];
        var read = IPEndPoint.TryParse(text, out var parsed) && (parsed.Port > 0 || text.EndsWith(":0", StringComparison.Ordinal));
        endpoint = parsed!;
        return read;
    }

    private static bool ReadOutage(string text, out Outage outage)
    {
        outage = new(0, default, default);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        if (colon < 0 || dash < colon || !int.TryParse(text.AsSpan(0, colon), NumberStyles.None, CultureInfo.InvariantCulture, out var stream)) return false;
        if (!Quantities.TryParseDuration(text[(colon + 1)..dash], out var from) || !Quantities.TryParseDuration(text[(dash + 1)..], out var to)) return false;
        outage = new(stream, from, to);
        return stream > 0 && from < to;
    }

    private static bool Bytes(string text, out long? bytes)
    {
        var read = Quantities.TryParseSize(text, out var value);
        bytes = value;
        return read && value > 0;
    }
}
