using System.CommandLine;
using System.Net;
using Dfu.Cli.Arguments;
using Dfu.Cli.Servers;
using Dfu.Fleet;
using Dfu.Fleet.Campaigns;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;
using Dfu.Server.Hosting;
using Dfu.Silo.Adapters;
using Dfu.Silo.Serve;
using Dfu.Silo.Storage.Files;
using Microsoft.Extensions.Logging;

namespace Dfu.Cli.Commands;

/// <summary><c>dfu serve</c>.</summary>
internal static class ServeCommand
{
    public static Command Create(Terminal terminal)
    {
        var name = Arguments.Option.Of<string?>(
            "--name",
            "What this member is called, and its radios by it; the machine's name unless given.",
            Name,
            "a name of letters, digits, '-', '_' and '.'",
            null,
            "NAME");
        var adapter = Arguments.Option.Many<string>(
            "--adapter",
            "A radio: bluez:* for all dongles of this host, or bridge:tcp://HOST:PORT; repeat it for more.",
            FlashCommand.Words,
            "an adapter",
            "SPEC");
        var dataDir = Arguments.Option.Text(
            "--data-dir",
            "Where state is kept; of a cluster's member that is byte counts and packages only "
                + "(default: ~/.local/share/dfu, and server-NAME in it for members).",
            "DIR");
        var cluster = new Choice<bool>("--cluster", "Serve alone, or as a member of the cluster in a database.", ("none", false), ("postgres", true));
        var connection = new ConnectionOption("The cluster's database");
        var concurrency = Arguments.Option.Number(
            "--max-concurrency",
            "Transfers at once over this member's radios, whatever their campaigns allow; radios learn their own limits.",
            1,
            10_000);
        var perAdapter = Arguments.Option.Number(
            "--max-per-adapter",
            "Transfers at once on each radio, whatever their campaigns allow; it learns how many it carries best, up to this.",
            1,
            CampaignLimits.MostPerAdapter);
        var golden = Arguments.Option.Of<BluetoothAddress?>(
            "--golden-unit",
            "A device near this member's radios that nobody updates: a radio that tests itself connects to it.",
            static (string text, out BluetoothAddress? device) =>
            {
                var read = BluetoothAddress.TryParse(text, out var parsed);
                device = parsed;
                return read;
            },
            "an address such as C0:98:76:54:32:10",
            null,
            "ADDRESS");
        var address = Arguments.Option.Of<IPAddress?>(
            "--address",
            "Where other members and clients reach this one; this machine only, or the address by which it reaches the database, unless given.",
            Address,
            "an IP address",
            null,
            "IP");
        var siloPort = Arguments.Option.Number("--silo-port", "For other members; a free one unless given.", 1, 65535);
        var gatewayPort = Arguments.Option.Number("--gateway-port", "For clients; a free one unless given.", 1, 65535);
        var drainFor = Arguments.Option.Time(
            "--drain-for",
            "When told to stop, begin no transfer and let those under way end, for so long; unless given they are interrupted, and go on where they were.",
            TimeSpan.FromHours(24),
            "a time such as 2m, up to 24h");
        var web = new WebOptions();
        var publicKey = KeyOption.Public("Refuse every package that is not signed for this P-256 key, whoever brings it.");
        var logLevel = LogLevels.Option(LogLevel.Warning);
        var onDashboard = DashboardCommand.Flag("Show traces, metrics and logs of it on a dashboard on this machine, for as long as it serves.");
        var tls = new TlsOptions();
        var insecure = Arguments.Option.Flag("--insecure-network", "Let whoever reaches this member over the network in: only on a network of its own.");
        var command = new Command("serve", "Serve radios to campaigns: alone, or with other members over PostgreSQL.")
        {
            name, adapter, dataDir, cluster, connection, concurrency, perAdapter, golden, address, siloPort, gatewayPort, publicKey, insecure, logLevel,
            drainFor, onDashboard,
        };
        var keep = new KeepOptions();
        keep.AddTo(command);
        tls.AddTo(command);
        web.AddTo(command);
        command.SetAction(async (result, _) =>
        {
            var member = cluster.Of(result);
            var given = connection.Of(result, terminal);
            if (member && given is null) throw new DfuException(DfuError.InvalidArgument, "--cluster postgres needs --connection");
            if (!member && given is not null) throw new DfuException(DfuError.InvalidArgument, "--connection goes with --cluster postgres");
            if (result.GetValue(siloPort) is { } taken && taken == result.GetValue(gatewayPort))
                throw new DfuException(DfuError.InvalidArgument, "--silo-port and --gateway-port must differ");
            using var key = publicKey.Read(result, terminal);
            using var signals = new StopSignals(terminal.ExitAtOnce);
            var called = result.GetValue(name) ?? Environment.MachineName;
            await using var dashboard = result.GetValue(onDashboard) ? await DashboardCommand.OpenAsync(terminal, signals.Token) : null;
            using var telemetry = CampaignRun.Telemetry(terminal, called, dashboard is null ? null : DashboardCommand.VariablesOf(dashboard, "dfu"));
            using var metrics = web.Metrics(result, called);
            Uri? url = null;
            var served = web.Of(result, metrics, listens => url = listens);
            await FleetServer.RunAsync(
                new()
                {
                    Name = called,
                    DataDirectory = result.GetValue(dataDir) ?? (member ? Path.Combine(DataDirectory.Default, $"server-{called}") : DataDirectory.Default),
                    Adapters = AdapterSpec.ParseAll(result.GetRequiredValue(adapter)),
                    Policy = new FleetPolicy
                    {
                        MaxConcurrency = result.GetValue(concurrency),
                        MaxTransfersPerAdapter = result.GetValue(perAdapter),
                        GoldenUnit = result.GetValue(golden),
                    },
                    Retention = keep.Wish(result),
                    CacheSize = keep.CacheSize(result),
                    Connection = given,
                    Address = result.GetValue(address),
                    PublicKey = key is null ? null : DfuKeys.PublicPem(key),
                    Tls = tls.Of(result),
                    InsecureNetwork = result.GetValue(insecure),
                    DrainFor = result.GetValue(drainFor) ?? TimeSpan.Zero,
                    SiloPort = result.GetValue(siloPort) ?? 0,
                    GatewayPort = result.GetValue(gatewayPort) ?? 0,
                    Silo = served is { OrleansDashboard: true } ? OrleansDashboard.AddTo : static _ => { },
                    Beside = served is null ? null : async (silo, stop) => await FleetWeb.StartAsync(served, silo, TimeProvider.System, stop),
                    Ready = gateway =>
                    {
                        terminal.Out.WriteLine($"ready {called} gateway {gateway}");
                        terminal.Out.Flush();
                        if (url is not null) terminal.Error.WriteLine($"dfu: {web.Line(result, url)}");
                        ServiceManager.Ready(Environment.GetEnvironmentVariable(ServiceManager.Variable), terminal.Error.WriteLine);
                    },
                    LogLevel = logLevel.Of(result),
                    Telemetry = telemetry,
                    Say = LogLevels.To(terminal),
                },
                TimeProvider.System,
                signals.Token);
            return ExitCode.Succeeded;
        });
        return command;
    }

    private static bool Name(string text, out string? name)
    {
        name = text;
        return text.Length is > 0 and <= 63 && text.All(static character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '.');
    }

    private static bool Address(string text, out IPAddress? address) =>
        IPAddress.TryParse(text, out address) && !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any);
}
