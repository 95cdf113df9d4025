using System.CommandLine;
using Dfu.Adapters.BlueZ.Doctor;
using Dfu.Cli.Reports;

namespace Dfu.Cli.Commands;

/// <summary><c>dfu doctor</c>.</summary>
internal static class DoctorCommand
{
    public static Command Create(Terminal terminal)
    {
        var json = Arguments.Option.Flag("--json", "Print one JSON document.");
        var command = new Command("doctor", "Look at this host's Bluetooth: whether an update could work over its dongles, and what to change.") { json };
        command.SetAction(async (result, _) =>
        {
            using var signals = new StopSignals(terminal.ExitAtOnce);
            var checkup = await Examination.ExamineAsync(TimeProvider.System, signals.Token);
            if (result.GetValue(json)) terminal.Out.WriteLine(CheckupDocument.Of(checkup).ToJson());
            else CheckupSheet.Write(terminal.OutConsole, checkup);
            return checkup.Usable ? ExitCode.Succeeded : ExitCode.Environment;
        });
        return command;
    }
}
