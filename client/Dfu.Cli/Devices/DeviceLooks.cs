using System.CommandLine;
using System.Globalization;
using Dfu.Cli.Campaigns;
using Dfu.Cli.Servers;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Errors;
using Spectre.Console;
using Option = Dfu.Cli.Arguments.Option;

namespace Dfu.Cli.Devices;

/// <summary><c>dfu device list</c>, <c>show</c> and <c>history</c>: what a running server knows of devices.</summary>
internal static class DeviceLooks
{
    public static Command List(Terminal terminal)
    {
        var server = new ServerOptions();
        var campaign = Option.Text("--campaign", "Only this campaign's: the beginning of its id, its name, or 'last'.", "ID");
        var json = Option.Flag("--json", "Print one JSON document.");
        var command = new Command("list", $"List the devices of the last {FoundDevice.MostCampaigns} campaigns, each as it stands in the newest.")
        {
            campaign, json,
        };
        server.AddTo(command);
        command.SetAction(async (result, _) =>
        {
            using var signals = new StopSignals(terminal.ExitAtOnce);
            await using var fleet = await server.OpenAsync(result, terminal, signals.Token);
            var campaigns = await fleet.CampaignsAsync(signals.Token);
            var asked = result.GetValue(campaign) is { } text ? [CampaignNames.Find(text, campaigns)] : campaigns.Reverse().Take(FoundDevice.MostCampaigns);
            var devices = await FoundDevice.ListAsync(fleet, asked, signals.Token);
            if (result.GetValue(json)) terminal.Out.WriteLine(new DeviceListDocument([.. devices.Select(DeviceRow.Of)]).ToJson());
            else if (devices.Count == 0) terminal.Error.WriteLine("dfu: no campaign had a device yet: 'dfu campaign create' makes one");
            else WriteList(terminal.OutConsole, devices, id => CampaignNames.Short(id, campaigns), TimeProvider.System.GetLocalNow());
            return ExitCode.Succeeded;
        });
        return command;
    }

    public static Command Show(Terminal terminal)
    {
        var server = new ServerOptions();
        var device = Device();
        var json = Option.Flag("--json", "Print one JSON document.");
        var command = new Command("show", "Show one device: how it stands, what is known of it, where its time went, and what to do if it failed.")
        {
            device, json,
        };
        server.AddTo(command);
        command.SetAction(async (result, _) =>
        {
            using var signals = new StopSignals(terminal.ExitAtOnce);
            await using var fleet = await server.OpenAsync(result, terminal, signals.Token);
            var found = await FoundDevice.FindAsync(fleet, result.GetRequiredValue(device), signals.Token);
            if (result.GetValue(json)) terminal.Out.WriteLine(DeviceDocument.Of(found).ToJson());
            else DeviceSheet.Write(terminal.OutConsole, found, TimeProvider.System.GetLocalNow());
            return ExitCode.Succeeded;
        });
        return command;
    }

    public static Command History(Terminal terminal)
    {
        var server = new ServerOptions();
        var device = Device();
        var json = Option.Flag("--json", "Print one JSON document.");
        var command = new Command("history", "Show what was decided about one device and what came of it, the oldest first.") { device, json };
        server.AddTo(command);
        command.SetAction(async (result, _) =>
        {
            using var signals = new StopSignals(terminal.ExitAtOnce);
            await using var fleet = await server.OpenAsync(result, terminal, signals.Token);
            var found = await FoundDevice.FindAsync(fleet, result.GetRequiredValue(device), signals.Token);
            var campaigns = await fleet.CampaignsAsync(signals.Token);
            if (result.GetValue(json)) terminal.Out.WriteLine(DeviceHistoryDocument.Of(found.Device.Name.ToString(), found.Device.History).ToJson());
            else WriteHistory(terminal.OutConsole, found.Device.History, id => CampaignNames.Short(id, campaigns), TimeProvider.System.LocalTimeZone);
            return ExitCode.Succeeded;
        });
        return command;
    }

    internal static void WriteList(
        IAnsiConsole console, IEnumerable<CampaignDevice> devices, Func<string, string> shorten, DateTimeOffset now) => Columns.Write(
        console,
        ["", "ADDRESS", "SERIAL", "STATE", "CAMPAIGN", "WHEN", ""],
        [
            .. devices.Select(one =>
            {
                var (view, state) = (one.View, UnitStates.Of(one.View.Outcome, one.View.Phase));
                var sign = UnitStates.Sign(state);
                return (IReadOnlyList<Cell>)
                [
                    new(Markup.Remove(sign), sign[1..sign.IndexOf(']', StringComparison.Ordinal)]),
                    view.Application.ToString(),
                    view.Label is { Serial.Length: > 0 } label ? label.Serial : "-",
                    UnitStates.Words(view.Outcome, view.Phase),
                    new(shorten(one.Campaign.Campaign), "grey"),
                    new((view.EndedAt ?? view.StartedAt) is { } at ? CampaignWords.Moment(at, now) : "-", "grey"),
                    view.Error == DfuError.None ? view.Label?.Label ?? "" : view.Error.Code(),
                ];
            }),
        ]);

    /// <param name="entries">Oldest first.</param>
    internal static void WriteHistory(
        IAnsiConsole console, IEnumerable<HistoryEntry> entries, Func<string, string> shorten, TimeZoneInfo zone) => Columns.Write(
        console,
        ["WHEN", "CAMPAIGN", "WHAT"],
        [
            .. entries.Select(entry => (IReadOnlyList<Cell>)
            [
                new(TimeZoneInfo.ConvertTime(entry.At, zone).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture), "grey"),
                new(shorten(entry.Campaign), "grey"),
                new(entry.Text, entry.Kind == "outcome" ? "bold" : ""),
            ]),
        ]);

    private static Argument<string> Device() => new("DEVICE")
    {
        Description = "Its address, application or bootloader, or its serial number in one of the last campaigns.",
    };
}
