using System.CommandLine;
using Dfu.Cli.Dashboards;

namespace Dfu.Cli.Commands;

/// <summary><c>dfu dashboard</c>, and what the commands with <c>--dashboard</c> do of it.</summary>
internal static class DashboardCommand
{
    public static Command Create(Terminal terminal)
    {
        var port = Arguments.Option.Number("--port", "Of its page; 18888, or a free one where that is taken, unless given.", 1, 65535);
        var otlpPort = Arguments.Option.Number("--otlp-port", "For telemetry over HTTP; 4318, or a free one where that is taken, unless given.", 1, 65535);
        var command = new Command("dashboard", "Look at traces, metrics and logs on this machine: the Aspire dashboard, brought from NuGet the first time.")
        {
            port, otlpPort,
        };
        command.SetAction(async (result, _) =>
        {
            using var signals = new StopSignals(terminal.ExitAtOnce);
            await using var dashboard = await DashboardHome.Of(terminal).OpenAsync(result.GetValue(port), result.GetValue(otlpPort), signals.Token);
            terminal.Out.WriteLine($"dashboard {dashboard.Address.Page}");
            terminal.Out.WriteLine(dashboard.Address.Export);
            terminal.Out.Flush();
            terminal.Error.WriteLine(dashboard.IsOurs
                ? "dfu: commands that have this variable show there; demo and serve need only --dashboard - Ctrl-C ends it"
                : $"dfu: it runs already, process {dashboard.Process}");
            await dashboard.StayOpenAsync(signals.Token);
            return ExitCode.Succeeded;
        });
        return command;
    }

    /// <summary>The option of a command that is to be seen on a dashboard.</summary>
    public static Option<bool> Flag(string description) => Arguments.Option.Flag("--dashboard", description);

    /// <summary>The one that runs or a new one, and says where.</summary>
    public static async Task<OpenDashboard> OpenAsync(Terminal terminal, CancellationToken cancellationToken)
    {
        var dashboard = await DashboardHome.Of(terminal).OpenAsync(null, null, cancellationToken);
        terminal.Error.WriteLine($"dfu: dashboard {dashboard.Address.Page}{(dashboard.IsOurs ? "" : $", that of process {dashboard.Process}")}");
        return dashboard;
    }

    public static DashboardVariables VariablesOf(OpenDashboard dashboard, string service) =>
        DashboardVariables.Of(dashboard.Address, Environment.GetEnvironmentVariable, service);
}
