using System.CommandLine;
using Dfu.Api.Http;
using Dfu.Cli.Scan;
using Dfu.Cli.Servers;
using Dfu.Fleet.Orders;
using Dfu.Protocol.Errors;
using Dfu.Silo.Adapters;
using Dfu.Silo.Scan;

namespace Dfu.Cli.Commands;

/// <summary><c>dfu scan</c>.</summary>
internal static class ScanCommand
{
    private static readonly TimeSpan Usual = TimeSpan.FromSeconds(10);

    public static Command Create(Terminal terminal)
    {
        var adapter = Arguments.Option.Many<string>(
            "--adapter",
            "A radio: bluez:* for all dongles of this host, bridge:tcp://HOST:PORT, or sim:devices=20,bystanders=4; repeat it for more.",
            FlashCommand.Words,
            "an adapter",
            "SPEC");
        var server = new HttpOptions();
        var timeOption = Arguments.Option.Time(
            "--time",
            "How long to listen, 1 s to 24 h; 10 s unless given, and not at all with --server, which knows.",
            TimeSpan.FromHours(24),
            "a time from 1s to 24h");
        var name = Arguments.Option.Text("--name", "Only devices whose name matches, whatever they are; * and ? as in a shell.", "GLOB");
        var all = Arguments.Option.Flag("--all", "Also devices that advertise no service of Nordic's.");
        var watch = Arguments.Option.Flag("--watch", "Go on until Ctrl-C, and tell who comes and leaves.");
        var json = Arguments.Option.Flag("--json", "Print one JSON document; with --watch a line of JSON for every change.");
        var command = new Command("scan", "Tell who is there: address, name, signal, what it runs, and which radio hears it best. Nothing is connected to.")
        {
            adapter, timeOption, name, all, watch, json,
        };
        server.AddTo(command);
        command.SetAction((result, _) =>
        {
            var (watches, length) = (result.GetValue(watch), result.GetValue(timeOption));
            if (watches && length is not null) throw new DfuException(DfuError.InvalidArgument, "--time goes without --watch, which ends by Ctrl-C");
            if (result.GetValue(name) is { } glob && !OrderRules.IsPattern(glob))
                throw new DfuException(DfuError.InvalidArgument, $"--name: {OrderRules.Patterns}");
            var url = FlashCommand.Server(result, server, [adapter]);
            var specs = AdapterSpec.ParseAll(result.GetRequiredValue(adapter));
            var filter = new ScanFilter(result.GetValue(name), result.GetValue(all));
            TimeSpan? time = watches ? null : length ?? (url is null ? Usual : TimeSpan.Zero);
            var progress = new ScanProgress(terminal, filter, time, result.GetValue(json), OutputReader.IsGone, TimeProvider.System);
            return url is null ? RunAsync(progress, terminal, specs) : RunAtAsync(progress, terminal, stop => server.OpenAsync(url, result, terminal, stop));
        });
        return command;
    }

    /// <summary>Asks a server what its adapters hear.</summary>
    private static async Task<int> RunAtAsync(ScanProgress progress, Terminal terminal, Func<CancellationToken, Task<FleetHttpClient>> open)
    {
        using var signals = new StopSignals(terminal.ExitAtOnce);
        await using var fleet = await open(signals.Token);
        var scan = new ServerScan(fleet, TimeProvider.System);
        var running = scan.RunAsync(progress.Length, signals.Token);
        if (progress.Length == TimeSpan.Zero) await running;
        else await progress.ShowAsync(scan.Snapshot, running);
        await running;
        return Report(progress, terminal, scan.Snapshot(steady: false), signals.Token.IsCancellationRequested);
    }

    private static async Task<int> RunAsync(ScanProgress progress, Terminal terminal, IReadOnlyList<AdapterSpec> specs)
    {
        using var signals = new StopSignals(terminal.ExitAtOnce);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(signals.Token);
        await using var run = await ScanRun.OpenAsync(specs, TimeProvider.System);
        var running = run.RunAsync(progress.Length, stop.Token);
        try
        {
            await progress.ShowAsync(run.Snapshot, running);
        }
        finally
        {
            stop.Cancel();
            await running;
        }

        return Report(progress, terminal, run.Snapshot(steady: false), signals.Token.IsCancellationRequested);
    }

    /// <summary>What was heard, for who has not watched it; the exit code.</summary>
    /// <exception cref="DfuException">NotHeard; AdapterNotFound when no radio is left.</exception>
    private static int Report(ScanProgress progress, Terminal terminal, ScanView view, bool stopped)
    {
        var wanted = progress.Wanted(view);
        var interrupted = stopped && progress.Length is not null;
        progress.Finish(view, wanted, interrupted);
        if (progress.Length is null) return ExitCode.Succeeded;
        if (interrupted) return ExitCode.Interrupted;
        if (view.Radios.IsEmpty)
            throw new DfuException(DfuError.AdapterNotFound, "the server has no adapter") { Remedy = "Give it one by 'dfu serve --adapter'." };
        if (view.Radios.All(static radio => radio.State == ScanRadioState.Lost))
            throw new DfuException(DfuError.AdapterNotFound, $"no adapter is left to listen with: {view.Radios[^1].Id}: {view.Radios[^1].Detail}");
        return wanted.Count > 0 ? ExitCode.Succeeded : throw progress.Filter.Nobody(view.Units, progress.Length.Value);
    }
}
